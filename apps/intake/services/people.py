"""Linking identities that an API caller knows to be one human's."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from apps.core.locks import Lock, share
from apps.intake.links import Sighting, link
from apps.people.services import CLIENT, USER, ensure_identities, hold


class KnownLink(NamedTuple):
    """A client ID that belongs to a user ID from an instant on."""

    client_id: str
    user_id: str
    at: datetime


@transaction.atomic
def take_links(*, account_id: int, links: Sequence[KnownLink]) -> None:
    """Record these links and have what they change judged again."""
    share(Lock.GOALS, account_id)
    names = {(CLIENT, one.client_id) for one in links} | {(USER, one.user_id) for one in links}
    ids = ensure_identities(account_id=account_id, names=names)
    sightings = [Sighting(ids[CLIENT, one.client_id], ids[USER, one.user_id], one.at) for one in links]
    hold(account_id=account_id, linked={one.client for one in sightings}, others=())
    link(account_id=account_id, sightings=sightings, source="api")
