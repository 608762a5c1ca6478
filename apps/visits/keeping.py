"""Bringing stored visits up to date with the hits: for whom a batch or a link touched, from the first visit touched on.

What is written is what `sessions.visits` says of all hits, whatever came first, late, twice or by another identity.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from itertools import islice
from time import monotonic
from typing import TypeVar

from django.db import connection

from apps.core.clock import from_us
from apps.core.locks import Lock, take, try_take
from apps.core.memory import without_collecting
from apps.core.retry import transactional
from apps.people.owners import Owners
from apps.people.selectors import owners
from apps.visits import glimpses, stored
from apps.visits.glimpses import Glimpse
from apps.visits.making import replace
from apps.visits.models import MANY_HITS, Holder, Touched
from apps.visits.stored import Stream
from apps.visits.touching import Visitor, take_touches
from apps.visits.whose import holders, own_identities, own_people

ROWS = 40  # notes at once, each of a batch of hits: who is in several is looked at once
SITTING = 50.0  # seconds of one task; beat sends the next
PEOPLE = 5_000  # at once
Key = TypeVar("Key")


@transactional
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
        who = owners(account_id=account_id, identities=touches.identities)
        people, shared = _people(account_id, touches.identities, who)
        for part in _parts(people):
            _make_people(account_id, part, shared, touches.identities, who, many)
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


def _people(
    account_id: int, touched: Mapping[int, int], who: Owners
) -> tuple[dict[int, int], dict[int, int]]:
    """Whose visits these identities' hits are in, or were in when last made; and the identities not always their own's."""
    since: dict[int, int] = {}

    def concern(person: int, at: int) -> None:
        since[person] = min(at, since.get(person, at))

    own = own_people(account_id=account_id, identities=touched)
    shared = {}
    for identity, person in own.items():
        at = touched[identity]
        concern(person, at)
        if who.always(identity) != person:
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
            [list(since), [from_us(at) for at in since.values()], account_id, *glimpses.span(since)],
        )
        found: list[tuple[int, datetime]] = cursor.fetchall()
        return found


def _make_people(
    account_id: int,
    people: Mapping[int, int],
    shared: Mapping[int, int],
    touched: Collection[int],
    who: Owners,
    many: int,
) -> None:
    """`who`: whose the touched identities are. If that changes meanwhile, the note of it has them made anew."""
    old = stored.rows(account_id=account_id, since={(person, ""): at for person, at in people.items()})
    since: dict[Stream, int] = {}
    earliest = dict(people)
    for stream, started in old:
        since[stream] = min(started, since.get(stream, people[stream.person]))
        earliest[stream.person] = min(started, earliest[stream.person])
    own, read_from = _identities(account_id, earliest, shared)
    if not all(one in touched for one in own):  # these people have others too
        who = owners(account_id=account_id, identities=own)
    streams: dict[Stream, list[Glimpse]] = defaultdict(list)
    held = set()
    for seen in glimpses.of_identities(account_id=account_id, since=read_from):
        identity = int(seen.who)
        if identity not in own:  # it is being erased, and its hits are the next to go
            continue
        for person, part in _by_person(who, identity, seen):
            if person not in people:
                continue
            if person != own[identity]:
                held.add((identity, person))
            stream = Stream(person, "", seen.counter, seen.robot)
            if rest := part.since(since.setdefault(stream, people[person])):
                streams[stream].append(rest)
    _hold(account_id, held)
    replace(account_id=account_id, streams=streams, since=since, old=old, many=many)


def _by_person(who: Owners, identity: int, seen: Glimpse) -> Iterable[tuple[int, Glimpse]]:
    """Hits of an identity by whose they are."""
    person = who.always(identity)
    if person is not None:
        return [(person, seen)]
    persons = [who.person(identity, from_us(t)) for t in seen.times]
    return [(person, seen.only([one == person for one in persons])) for person in set(persons)]


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


def _make_visitors(account_id: int, visitors: Mapping[Visitor, int]) -> None:
    """The same for those who are known for a day only, on one counter, by no identity."""
    first: dict[tuple[int, str], int] = {}
    for (_, name), at in visitors.items():
        first[0, name] = min(at, first.get((0, name), at))
    rows = stored.rows(account_id=account_id, since=first)
    old = {key: row for key, row in rows.items() if (key[0].counter, key[0].visitor) in visitors}
    since: dict[Stream, int] = {}
    for stream, started in old:
        since[stream] = min(started, since.get(stream, visitors[stream.counter, stream.visitor]))
    streams: dict[Stream, list[Glimpse]] = {}
    for seen in glimpses.of_visitors(account_id=account_id, visitors=visitors):
        name = str(seen.who)
        stream = Stream(0, name, seen.counter, seen.robot)
        if rest := seen.since(since.setdefault(stream, visitors[seen.counter, name])):
            streams[stream] = [rest]
    replace(account_id=account_id, streams=streams, since=since, old=old, many=MANY_HITS)


def _hold(account_id: int, held: Collection[tuple[int, int]]) -> None:
    if held:
        Holder.objects.bulk_create(
            [Holder(account_id=account_id, identity_id=one, person_id=person) for one, person in held],
            ignore_conflicts=True,
        )
