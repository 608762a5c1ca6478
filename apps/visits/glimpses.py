"""Reading hits for visits: when they were and of what sort all of them are, then what those say that tell something."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import compress
from operator import itemgetter
from struct import unpack
from typing import Any, NamedTuple

from django.db import connection

from apps.core import clock
from apps.core.arrays import numbers, texts
from apps.core.clock import INSTANT, from_us
from apps.visits.models import Hit
from apps.visits.opened import NO_OPENING
from apps.visits.selectors import AHEAD
from apps.visits.sessions import COUNTRY, DEVICE, PAGEVIEW, Seen
from apps.visits.touching import Visitor

DAY_US = 86_400_000_000
KIND = int(Hit.Kind.PAGEVIEW)
_PACKED = f"""
h.counter_id, h.robot, string_agg(timestamptz_send(h.time), ''), string_agg(chr(ascii('0')
    + CASE h.kind WHEN {KIND} THEN {PAGEVIEW} ELSE 0 END
    + CASE WHEN h.detail ? 'device' THEN {DEVICE} ELSE 0 END
    + CASE WHEN h.detail ? 'country' THEN {COUNTRY} ELSE 0 END), '')
"""
_OF_IDENTITIES = f"""
SELECT h.identity_id, {_PACKED} FROM unnest(%s::bigint[], %s::bigint[]) AS n(identity, since) JOIN visits_hit h
    ON h.account_id = %s AND h.identity_id = n.identity AND h.time >= {INSTANT.format("n.since")}
    AND h.time >= %s AND h.time < %s AND {NO_OPENING}
GROUP BY h.identity_id, h.counter_id, h.robot
"""
_OF_VISITORS = f"""
SELECT n.visitor, {_PACKED} FROM unnest(%s::text[], %s::bigint[]) AS n(visitor, counter) JOIN visits_hit h
    ON h.account_id = %s AND h.identity_id IS NULL AND h.detail->>'visitor' = n.visitor
    AND h.counter_id = n.counter AND h.time >= %s AND h.time < %s AND {NO_OPENING}
GROUP BY n.visitor, h.counter_id, h.robot
"""
_SAID = f"""
SELECT n.index, h.id, h.kind = {KIND}, h.url, h.detail::text
FROM unnest(%s::{{type}}[], %s::bigint[], %s::boolean[], %s::bigint[], %s::bigint[])
    WITH ORDINALITY AS n(who, counter, robot, t, most, index)
CROSS JOIN LATERAL (
    SELECT h.id, h.kind, h.url, h.detail FROM visits_hit h
    WHERE h.account_id = %s AND {{of}} AND h.time = {INSTANT.format("n.t")}
    AND h.counter_id = n.counter AND h.robot = n.robot AND h.time >= %s AND h.time < %s AND {NO_OPENING}
    ORDER BY h.id LIMIT n.most
) h
"""
_SAID_BY_IDENTITIES = _SAID.format(type="bigint", of="h.identity_id = n.who")
_SAID_BY_VISITORS = _SAID.format(type="text", of="h.identity_id IS NULL AND h.detail->>'visitor' = n.who")


class Glimpse(NamedTuple):
    """The hits of an identity, or of a visitor of a day, on a counter; robots' apart."""

    who: int | str
    counter: int
    robot: bool
    times: Sequence[int]  # microseconds since 2000, in order
    sorts: bytes  # of `sessions`

    def since(self, t: int) -> "Glimpse | None":
        """Those from an instant on, if there are any."""
        start = bisect_left(self.times, t)
        if start == len(self.times):
            return None
        return self if start == 0 else self._replace(times=self.times[start:], sorts=self.sorts[start:])

    def only(self, wanted: Sequence[bool]) -> "Glimpse":
        """Some of them."""
        return self._replace(
            times=list(compress(self.times, wanted)), sorts=bytes(compress(self.sorts, wanted))
        )

    def at(self, t: int) -> tuple[int, int]:
        """From which to before which index they are of an instant."""
        return bisect_left(self.times, t), bisect_right(self.times, t)


class Wanted(NamedTuple):
    """The hits of an instant, the first `most` of them by id."""

    who: int | str
    counter: int
    robot: bool
    t: int
    most: int


def of_identities(*, account_id: int, since: Mapping[int, int]) -> Iterable[Glimpse]:
    """Hits of these identities from these instants on."""
    if since:
        said = [numbers(since), numbers(since.values()), account_id, *span(since)]
        yield from _glimpses(_OF_IDENTITIES, said)


def of_visitors(*, account_id: int, visitors: Mapping[Visitor, int]) -> Iterable[Glimpse]:
    """All that a day's visitors did on these counters: a day is little."""
    if visitors:
        counters, names = zip(*visitors, strict=True)
        said = [texts(names), numbers(counters), account_id, *span(visitors, before=DAY_US)]
        yield from _glimpses(_OF_VISITORS, said)


def _glimpses(question: str, said: list[Any]) -> Iterable[Glimpse]:
    with connection.cursor() as cursor:
        cursor.execute(question, said)
        for who, counter, robot, times, sorts in cursor:
            yield Glimpse(who, counter, robot, *in_order(unpack(f"!{len(sorts)}q", times), sorts.encode()))


def in_order(times: Sequence[int], sorts: bytes) -> tuple[Sequence[int], bytes]:
    """Instants in order, with their sorts; of one instant in any order."""
    ordered = sorted(times)
    if ordered == list(times):
        return times, sorts
    return ordered, bytes(sort for _, sort in sorted(zip(times, sorts, strict=True), key=itemgetter(0)))


def said(*, account_id: int, wanted: Sequence[Wanted]) -> list[list[Seen]]:
    """Of each that is wanted the hits."""
    found: list[list[Seen]] = [[] for _ in wanted]
    if not wanted:
        return found
    people, counters, robots, times, most = zip(*wanted, strict=True)
    known = isinstance(people[0], int)
    asked: list[Any] = [
        numbers(people) if known else texts(people), numbers(counters), numbers(map(int, robots)),
        numbers(times), numbers(most), account_id, from_us(min(times)), from_us(max(times) + 1),
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_SAID_BY_IDENTITIES if known else _SAID_BY_VISITORS, asked)
        for index, hit, pageview, url, detail in cursor:
            found[index - 1].append(Seen(times[index - 1], hit, pageview, url, detail))
    return found


def span(since: Mapping[Any, int], *, before: int = 0) -> tuple[datetime, datetime]:
    """What a plan can leave out days by."""
    return from_us(min(since.values()) - before), clock.now() + AHEAD
