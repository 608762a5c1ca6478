"""Notes of whose visits have to be made anew: one row a batch, so that storing hits pays next to nothing for it."""

from array import array
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

import msgspec
from django.db import connection

from apps.core import clock
from apps.core.clock import BEGINNING
from apps.visits.models import Touched

Visitor = tuple[int, str]
"""A counter and a visitor of a day who is known by nothing else."""


class Touches(NamedTuple):
    """Since when, in microseconds."""

    identities: dict[int, int]
    visitors: dict[Visitor, int]


def touch(
    *, account_id: int, identities: Mapping[int, datetime], visitors: Mapping[Visitor, datetime]
) -> None:
    """Have the visits of these made anew from these instants on. In the transaction that stores the hits."""
    if not identities and not visitors:
        return
    instants = [clock.to_us(at) for at in identities.values()]
    pairs = array("q", [number for pair in zip(identities, instants, strict=True) for number in pair])
    Touched.objects.create(
        account_id=account_id,
        identities=pairs.tobytes(),
        visitors=[[*visitor, clock.to_us(at)] for visitor, at in visitors.items()] or None,
    )


def touch_moved(*, account_id: int, identities: Collection[int]) -> None:
    """Whose these identities are has changed: in the transaction that changes it."""
    touch(account_id=account_id, identities=dict.fromkeys(sorted(identities), BEGINNING), visitors={})


def take_touches(*, account_id: int, rows: int) -> Touches | None:
    """Take some notes of an account, the oldest first; None if there are none. The caller holds the account's visits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM visits_touched WHERE id = ANY(ARRAY(SELECT id FROM visits_touched"
            " WHERE account_id = %s ORDER BY id LIMIT %s)) RETURNING identities, visitors::text",
            [account_id, rows],
        )
        found = cursor.fetchall()
    return _joined(found) if found else None


def _joined(rows: Iterable[tuple[bytes, str | None]]) -> Touches:
    touches = Touches({}, {})
    for packed, visitors in rows:
        pairs = array("q", bytes(packed))
        for identity, since in zip(pairs[::2], pairs[1::2], strict=True):
            touches.identities[identity] = min(since, touches.identities.get(identity, since))
        for counter, visitor, since in msgspec.json.decode(visitors) if visitors else ():
            key = counter, visitor
            touches.visitors[key] = min(since, touches.visitors.get(key, since))
    return touches
