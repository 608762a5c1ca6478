"""A client ID is seen with a user ID: whose it is changes, and with it reaches and conversations."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from apps.conversations import services as conversations
from apps.core.clock import BEGINNING
from apps.goals import chat_marks, reaches
from apps.people.models import Mark
from apps.people.selectors import owners
from apps.people.services import NewLink, add_links, leave_marks


class Sighting(NamedTuple):
    """Two identities that were named together."""

    client: int
    user: int
    at: datetime


def link(*, account_id: int, sightings: Sequence[Sighting], source: str) -> None:
    """Record links and give what the client IDs did to whom they belong now.

    The caller is in a transaction, shares the account's goal lock and holds the client IDs alone
    (`people.services.hold`).
    """
    links = [NewLink(*sighting) for sighting in sightings]
    clients = add_links(account_id=account_id, links=links, source=source)
    if not clients:
        return
    who = owners(account_id=account_id, identities=clients)
    moved = reaches.reown(account_id=account_id, identities=clients, who=who)
    moved |= conversations.reown(account_id=account_id, identities=clients, who=who)
    chats_moved = reaches.reown_chats(account_id=account_id, identities=clients, who=who)
    chat_marks.mark_people(account_id=account_id, people=moved | chats_moved)
    leave_marks(
        account_id=account_id, marks=[(person, BEGINNING) for person in moved], reason=Mark.Reason.LINK
    )
