"""Bringing stored visits up to date with the hits: for whom a batch or a link touched, from the first visit touched on.

What is written is what `sessions.visits` says of all hits, whatever came first, late, twice or by another identity.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from itertools import islice
from time import monotonic
from typing import Any, TypeVar

from django.db import connection, transaction

from apps.core import clock
from apps.core.arrays import numbers
from apps.core.clock import from_us, to_us
from apps.core.locks import Lock, take, try_take
from apps.core.memory import without_collecting
from apps.people.models import Mark
from apps.people.selectors import owners
from apps.people.services import leave_marks
from apps.visits import sessions, stored
from apps.visits.models import MANY_HITS, Hit, Holder, Touched
from apps.visits.of_counters import sites, timeouts
from apps.visits.selectors import AHEAD
from apps.visits.sessions import Seen
from apps.visits.stored import Stream
from apps.visits.touching import Visitor, take_touches
from apps.visits.whose import holders, own_identities, own_people

ROWS = 40  # notes at once, each of a batch of hits: who is in several is looked at once
SITTING = 50.0  # seconds of one task; beat sends the next
PEOPLE = 5_000  # at once
DAY_US = 86_400 * sessions.SECOND_US
Key = TypeVar("Key")
PAGEVIEW = int(Hit.Kind.PAGEVIEW)
_HITS = """
SELECT h.identity_id, timestamptz_send(h.time), h.counter_id, h.robot, h.id, h.kind, h.url, h.detail::text
FROM unnest(%s::bigint[], %s::bigint[]) AS n(identity, since) JOIN visits_hit h
    ON h.account_id = %s AND h.identity_id = n.identity
    AND h.time >= timestamptz '2000-01-01 00:00+00' + n.since * interval '1 microsecond'
    AND h.time >= %s AND h.time < %s
"""
"""Times as PostgreSQL has them: to read one from its words takes ten times as long."""


@transaction.atomic
def keep_visits(*, account_id: int, wait: bool = True, many: int = MANY_HITS) -> bool:
    """Make some visits anew; whether there may be more to do. Without `wait` nothing is done while another is at it.

    People of whom a visit with more than `many` hits has changed are judged again: their conversions may be limited.
    """
    if wait:
        take(Lock.VISITS, account_id)
    elif not try_take(Lock.VISITS, account_id):
        return False
    touches = take_touches(account_id=account_id, rows=ROWS)
    if touches is None:
        return False
    with without_collecting():
        people, shared = _people(account_id, touches.identities)
        for part in _parts(people):
            _make_people(account_id, part, shared, many)
        for visitors in _parts(touches.visitors):
            _make_visitors(account_id, visitors)
    return True


def keep_all_visits() -> None:
    """Bring the visits of all accounts up to date, but for those that somebody is at, in turns, for a while."""
    began = monotonic()
    accounts = set(Touched.objects.values_list("account_id", flat=True).distinct())
    while accounts and monotonic() - began < SITTING:
        accounts = {one for one in sorted(accounts) if keep_visits(account_id=one, wait=False)}


def _parts(found: Mapping[Key, int]) -> Iterable[dict[Key, int]]:
    ordered = iter(sorted(found.items(), key=lambda item: item[1]))
    while part := dict(islice(ordered, PEOPLE)):
        yield part


def _people(account_id: int, touched: Mapping[int, int]) -> tuple[dict[int, int], dict[int, int]]:
    """Whose visits these identities' hits are in, or were in when last made; and the identities not always their own's."""
    since: dict[int, int] = {}

    def concern(person: int, at: int) -> None:
        since[person] = min(at, since.get(person, at))

    own = own_people(account_id=account_id, identities=touched)
    who = owners(account_id=account_id, identities=touched)
    shared = {}
    for identity, person in own.items():
        at = touched[identity]
        concern(person, at)
        if who.stretches(identity, person) != [(None, None)]:  # not at all times
            shared[identity] = at
    for identity, person in holders(account_id=account_id, identities=touched):
        concern(person, touched[identity])
    for identity, time in _times(account_id, shared):
        concern(who.person(identity, time), touched[identity])
    return since, shared


def _times(account_id: int, since: Mapping[int, int]) -> list[tuple[int, datetime]]:
    """When identities that are not only their own person's have hits."""
    if not since:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT h.identity_id, h.time FROM unnest(%s::bigint[], %s::timestamptz[]) AS n(identity, since)"
            " JOIN visits_hit h ON h.account_id = %s AND h.identity_id = n.identity AND h.time >= n.since"
            " AND h.time >= %s AND h.time < %s",
            [list(since), [from_us(at) for at in since.values()], account_id, *_span(since)],
        )
        found: list[tuple[int, datetime]] = cursor.fetchall()
        return found


def _span(since: Mapping[Any, int], *, before: int = 0) -> tuple[datetime, datetime]:
    """What a plan can leave out days by."""
    return from_us(min(since.values()) - before), clock.now() + AHEAD


def _make_people(account_id: int, people: Mapping[int, int], shared: Mapping[int, int], many: int) -> None:
    starts = stored.starts(account_id=account_id, since={(person, ""): at for person, at in people.items()})
    since = {stream: min(to_us(at), people[stream.person]) for stream, at in starts.items()}
    earliest = dict(people)
    for stream, at in since.items():
        earliest[stream.person] = min(earliest[stream.person], at)
    own, read_from = _identities(account_id, earliest, shared)
    who = owners(account_id=account_id, identities=own)
    streams: dict[Stream, list[Seen]] = defaultdict(list)
    held = set()
    for identity, time, counter, robot, seen in _hits(account_id, read_from):
        if identity not in own:  # it is being erased, and its hits are the next to go
            continue
        person = who.person(identity, time)
        if person not in people:
            continue
        if person != own[identity]:
            held.add((identity, person))
        stream = Stream(person, "", counter, robot)
        if seen.t >= since.setdefault(stream, people[person]):
            streams[stream].append(seen)
    _hold(account_id, held)
    _replace(account_id, streams, since, many)


def _identities(
    account_id: int, earliest: Mapping[int, int], shared: Mapping[int, int]
) -> tuple[dict[int, int], dict[int, int]]:
    """Identities whose hits may be these people's: each with its own person, and with the instant to read from."""
    own = own_identities(account_id=account_id, people=earliest)
    read_from = {identity: earliest[person] for identity, person in own.items()}
    others = holders(account_id=account_id, people=earliest)
    concerned = [(identity, earliest[person]) for identity, person in others] + list(shared.items())
    for identity, at in concerned:
        read_from[identity] = min(at, read_from.get(identity, at))
    own |= own_people(account_id=account_id, identities=read_from.keys() - own.keys())
    return own, read_from


def _hits(account_id: int, since: Mapping[int, int]) -> Iterable[tuple[int, datetime, int, bool, Seen]]:
    """Hits of these identities from these instants on."""
    if not since:
        return
    with connection.cursor() as cursor:
        cursor.execute(_HITS, [numbers(since), numbers(since.values()), account_id, *_span(since)])
        for identity, time, counter, robot, hit, kind, url, detail in cursor:
            t = int.from_bytes(time, "big", signed=True)
            yield identity, from_us(t), counter, robot, Seen(t, hit, kind == PAGEVIEW, url, detail)


def _make_visitors(account_id: int, visitors: Mapping[Visitor, int]) -> None:
    """The same for those who are known for a day only, on one counter, by no identity."""
    starts = stored.starts(account_id=account_id, since={(0, name): at for (_, name), at in visitors.items()})
    since = {
        stream: min(to_us(at), visitors[visitor])
        for stream, at in starts.items()
        if (visitor := (stream.counter, stream.visitor)) in visitors
    }
    streams: dict[Stream, list[Seen]] = defaultdict(list)
    for name, counter, robot, seen in _visitors_hits(account_id, visitors):
        stream = Stream(0, name, counter, robot)
        if seen.t >= since.setdefault(stream, visitors[counter, name]):
            streams[stream].append(seen)
    _replace(account_id, streams, since, MANY_HITS)


def _visitors_hits(account_id: int, visitors: Mapping[Visitor, int]) -> Iterable[tuple[str, int, bool, Seen]]:
    """All that a day's visitors did on these counters: a day is little."""
    counters, names = zip(*visitors, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT h.detail->>'visitor', h.counter_id, h.robot, h.time, h.id, h.kind, h.url, h.detail::text"
            " FROM unnest(%s::bigint[], %s::text[]) AS n(counter, visitor) JOIN visits_hit h"
            " ON h.account_id = %s AND h.identity_id IS NULL AND h.detail->>'visitor' = n.visitor"
            " AND h.counter_id = n.counter AND h.time >= %s AND h.time < %s",
            [list(counters), list(names), account_id, *_span(visitors, before=DAY_US)],
        )
        for visitor, counter, robot, time, hit, kind, url, detail in cursor:
            yield visitor, counter, robot, Seen(to_us(time), hit, kind == PAGEVIEW, url, detail)


def _replace(
    account_id: int, streams: Mapping[Stream, list[Seen]], since: Mapping[Stream, int], many: int
) -> None:
    """Write the visits of these streams from these instants on, and have those judged again whom it may concern."""
    instants = {stream: from_us(at) for stream, at in since.items()}
    old = stored.rows(account_id=account_id, since=instants)
    earlier = stored.before(account_id=account_id, since=instants)
    numbers = {stream.counter for stream in streams}
    waits, own = timeouts(numbers), sites(numbers)
    new = {
        (stream, from_us(visit.started)): stored.values(visit)
        for stream, hits in streams.items()
        for visit in sessions.visits(
            hits, waits[stream.counter], site=own.get(stream.counter), before=earlier.get(stream)
        )
    }
    changed = stored.write(account_id=account_id, old=old, new=new)
    marks = [
        (stream.person, started)
        for stream, started in changed
        if stream.person and not stream.robot
        for row in (new.get((stream, started)), old.get((stream, started), (0, None))[1])
        if row is not None and stored.hits_of(row) > many
    ]
    leave_marks(account_id=account_id, marks=marks, reason=Mark.Reason.HIT)


def _hold(account_id: int, held: Collection[tuple[int, int]]) -> None:
    if held:
        Holder.objects.bulk_create(
            [Holder(account_id=account_id, identity_id=one, person_id=person) for one, person in held],
            ignore_conflicts=True,
        )
