"""A person's newest hits, in no stored visit yet: visits are made each minute, and a chat begins sooner than that."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from apps.core import clock
from apps.core.clock import from_us, to_us
from apps.visits import sessions, stored
from apps.visits.models import Hit, Visit
from apps.visits.of_counters import sites, timeouts
from apps.visits.of_person import OF_STRETCHES, Stretch, arguments
from apps.visits.opened import NO_OPENING
from apps.visits.selectors import AHEAD
from apps.visits.sessions import Seen
from apps.visits.sources import NO_SITES

MOST = 200
_NEWER = (
    "SELECT h.counter_id, h.time, h.id, h.kind, h.url, h.detail::text"
    + OF_STRETCHES
    + f" WHERE NOT h.robot AND {NO_OPENING} AND h.time > %(after)s AND h.time < %(before)s"
    " ORDER BY h.time DESC, h.id DESC LIMIT %(most)s"
)


class NewHit(NamedTuple):
    """A hit of a person, none of a robot; `detail` is JSON."""

    counter: int
    time: datetime
    id: str
    kind: int
    url: str | None
    detail: str | None


def newer_hits(*, account_id: int, stretches: Sequence[Stretch], after: datetime) -> list[NewHit]:
    """A person's hits after an instant, the newest first, so many at most."""
    bounds = {"after": after, "before": clock.now() + AHEAD, "most": MOST}
    with connection.cursor() as cursor:
        cursor.execute(_NEWER, arguments(account_id, stretches) | bounds)
        return [NewHit(*row) for row in cursor.fetchall()]


def coming_visits(*, account_id: int, person_id: int, hits: Iterable[NewHit]) -> list[Visit]:
    """The visits that these hits of somebody without any will make, newest first. They are not stored."""
    streams: dict[int, list[Seen]] = defaultdict(list)
    for hit in hits:
        pageview = hit.kind == Hit.Kind.PAGEVIEW
        streams[hit.counter].append(Seen(to_us(hit.time), hit.id, pageview, hit.url, hit.detail))
    if not streams:
        return []
    waits, own = timeouts(streams), sites(streams)
    made = [
        _row(account_id, person_id, counter, visit)
        for counter, seen in streams.items()
        for visit in sessions.visits(seen, waits[counter], own=own.get(counter, NO_SITES))
    ]
    return sorted(made, key=lambda visit: visit.started_at, reverse=True)


def _row(account_id: int, person_id: int, counter: int, visit: sessions.Visit) -> Visit:
    said = dict(zip(stored.COLUMNS, stored.values(visit), strict=True)) | {"ended_at": from_us(visit.ended)}
    return Visit(
        account_id=account_id,
        person_id=person_id,
        counter_id=counter,
        robot=False,
        started_at=from_us(visit.started),
        **said,
    )
