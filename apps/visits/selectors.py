"""Reading stored hits."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection

from apps.core import clock
from apps.visits.models import Hit

__all__ = ["PageView", "page_views"]

AHEAD = timedelta(hours=1)
"""No hit is that far ahead; a time that ends keeps the rest partition, which has no end, out of a plan."""


class PageView(NamedTuple):
    """What matching reads of a stored hit."""

    counter: int
    id: str
    time: datetime
    identity: int | None
    url: str


def page_views(*, account_id: int, since: datetime, chunk: int = 10_000) -> Iterator[list[PageView]]:
    """The account's page views from an instant on, robots' left out, in chunks. Must be in a transaction."""
    with connection.cursor() as plain:
        plain.execute(
            "DECLARE page_views NO SCROLL CURSOR FOR SELECT counter_id, id, time, identity_id, url"
            " FROM visits_hit WHERE account_id = %s AND time >= %s AND time < %s AND kind = %s AND NOT robot",
            [account_id, since, clock.now() + AHEAD, int(Hit.Kind.PAGEVIEW)],
        )
        while True:
            plain.execute(f"FETCH {chunk} FROM page_views")
            rows = [PageView(*row) for row in plain.fetchall()]
            if not rows:
                break
            yield rows
        plain.execute("CLOSE page_views")
