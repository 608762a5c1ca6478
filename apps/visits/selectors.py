"""Reading stored hits and visits."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet

from apps.core import clock
from apps.people.selectors import identities_of, owners
from apps.visits.models import Hit, Touched, Visit
from apps.visits.whose import holders, own_identities

__all__ = [
    "KnownHit",
    "Matchable",
    "are_touched",
    "hits_of",
    "last_hit",
    "latest_hits",
    "matchable",
    "visits",
    "visits_of",
]

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


def visits(*, account_id: int) -> QuerySet[Visit]:
    """The account's visits, as of the last minute or so; robots' too."""
    return Visit.objects.filter(account_id=account_id)


def visits_of(*, account_id: int, person_id: int) -> QuerySet[Visit]:
    """A person's visits on all counters, newest first; robots' left out."""
    found = visits(account_id=account_id).filter(person_id=person_id, visitor="", robot=False)
    return found.order_by("-started_at", "-pk")


class KnownHit(NamedTuple):
    """A hit of a person; `detail` is what is stored with it."""

    counter: int
    id: str
    time: datetime
    kind: int
    robot: bool
    url: str | None
    name: str | None
    detail: dict[str, Any] | None


def hits_of(
    *,
    account_id: int,
    person_id: int,
    since: datetime = clock.BEGINNING,
    before: datetime | None = None,
    limit: int = 200,
) -> list[KnownHit]:
    """A person's last hits on all counters before an instant, newest first; of an instant all or none."""
    ids = {one.pk for one in identities_of(account_id=account_id, person_id=person_id)}
    ids |= own_identities(account_id=account_id, people=[person_id]).keys()
    ids |= {identity for identity, _ in holders(account_id=account_id, people=[person_id])}
    who = owners(account_id=account_id, identities=ids)
    until = before or clock.now() + AHEAD
    found: list[KnownHit] = []
    while len(found) < limit:
        hits = Hit.objects.filter(account_id=account_id, identity_id__in=ids, time__gte=since, time__lt=until)
        rows = list(hits.order_by("-time")[:limit])
        if len(rows) == limit:  # the last instant may have more
            rows = [row for row in rows if row.time > rows[-1].time] or list(hits.filter(time=rows[-1].time))
        found += [_known(row) for row in rows if who.person(row.identity_id or 0, row.time) == person_id]
        if not rows:
            break
        until = min(row.time for row in rows)
    return found


def _known(row: Hit) -> KnownHit:
    return KnownHit(row.counter_id, row.id, row.time, row.kind, row.robot, row.url, row.name, row.detail)
