"""Reading stored hits."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection

from apps.core import clock
from apps.visits.models import Hit, Touched

__all__ = ["Matchable", "are_touched", "last_hit", "latest_hits", "matchable"]

AHEAD = timedelta(hours=1)
"""No hit is that far ahead; a time that ends keeps the rest partition, which has no end, out of a plan."""


class Matchable(NamedTuple):
    """What matching reads of a stored hit."""

    counter: int
    id: str
    time: datetime
    identity: int | None
    url: str | None  # of a page view
    name: str | None  # of an event


def matchable(*, account_id: int, since: datetime, chunk: int = 10_000) -> Iterator[list[Matchable]]:
    """The account's hits from an instant on, robots' left out, in chunks. Must be in a transaction."""
    with connection.cursor() as plain:
        plain.execute(
            "DECLARE matchable NO SCROLL CURSOR FOR SELECT counter_id, id, time, identity_id,"
            " CASE kind WHEN %s THEN url END, CASE kind WHEN %s THEN name END"
            " FROM visits_hit WHERE account_id = %s AND time >= %s AND time < %s AND NOT robot",
            [int(Hit.Kind.PAGEVIEW), int(Hit.Kind.EVENT), account_id, since, clock.now() + AHEAD],
        )
        while True:
            plain.execute(f"FETCH {chunk} FROM matchable")
            rows = [Matchable(*row) for row in plain.fetchall()]
            if not rows:
                break
            yield rows
        plain.execute("CLOSE matchable")


def are_touched(*, account_id: int) -> bool:
    """Whether stored visits wait to be made anew."""
    return Touched.objects.filter(account_id=account_id).exists()


LOOKED_BACK = (timedelta(minutes=5), timedelta(hours=1), timedelta(days=1), timedelta(days=35))


def latest_hits(*, account_id: int, counter_id: int, since: datetime, most: int) -> list[Hit]:
    """A counter's hits from an instant on, the newest first."""
    hits = Hit.objects.filter(account_id=account_id, counter_id=counter_id, time__gte=since)
    return list(hits.filter(time__lt=clock.now() + AHEAD).order_by("-time", "id")[:most])


def last_hit(*, account_id: int, counter_id: int) -> Hit | None:
    """A counter's newest hit of the last 35 days: looked for where it most likely is, that is, lately."""
    now = clock.now()
    for back in LOOKED_BACK:
        if found := latest_hits(account_id=account_id, counter_id=counter_id, since=now - back, most=1):
            return found[0]
    return None
