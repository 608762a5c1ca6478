"""Making the visits of some streams anew, out of glimpses of their hits, and writing the difference."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from apps.core.clock import from_us
from apps.people.models import Mark
from apps.people.services import leave_marks
from apps.visits import glimpses, sessions, stored, written
from apps.visits.glimpses import Glimpse, Wanted
from apps.visits.of_counters import sites, timeouts
from apps.visits.sessions import Before, Outline, Seen, Timeouts, Visit
from apps.visits.sources import NO_SITES
from apps.visits.stored import Stream

Streams = Mapping[Stream, Sequence[Glimpse]]
EVERY = 1 << 40


class Draft(NamedTuple):
    """A visit of a stream before what its hits say is read."""

    stream: Stream
    outline: Outline
    wanted: tuple[Wanted, ...]


def replace(
    *, account_id: int, streams: Streams, since: Mapping[Stream, int], old: stored.Rows, many: int
) -> None:
    """Write the visits of these streams from these instants on, and have those judged again whom it may concern."""
    waits = timeouts({stream.counter for stream in streams})
    drafts = list(_drafts(streams, waits))
    heard = _heard(account_id, drafts)
    earlier = stored.before(account_id=account_id, since={stream: since[stream] for stream in streams})
    made = _visits(account_id, streams, list(zip(drafts, heard, strict=True)), earlier, waits)
    new = {(stream, visit.started): stored.values(visit) for stream, visit in made}
    changed = written.write(account_id=account_id, old=old, new=new)
    marks = [
        (stream.person, from_us(started))
        for stream, started in changed
        if stream.person and not stream.robot
        for row in (new.get((stream, started)), old.get((stream, started), (0, None))[1])
        if row is not None and stored.hits_of(row) > many
    ]
    leave_marks(account_id=account_id, marks=marks, reason=Mark.Reason.HIT)


def _drafts(streams: Streams, waits: Mapping[int, Timeouts]) -> Iterator[Draft]:
    for stream, seen in streams.items():
        times, sorts = _together(seen)
        for outline in sessions.outlines(times, sorts, waits[stream.counter]):
            wanted = (_wanted(one, t) for t in outline.telling for one in seen)
            yield Draft(stream, outline, tuple(one for one in wanted if one))


def _together(seen: Sequence[Glimpse]) -> tuple[Sequence[int], bytes]:
    if len(seen) == 1:
        return seen[0].times, seen[0].sorts
    return glimpses.in_order([t for one in seen for t in one.times], b"".join(one.sorts for one in seen))


def _wanted(seen: Glimpse, t: int) -> Wanted | None:
    """What to read of these hits at an instant: the first, unless there are several and they are not of one sort."""
    start, end = seen.at(t)
    if start == end:
        return None
    one_sort = end - start == 1 or len(set(seen.sorts[start:end])) == 1
    return Wanted(seen.who, seen.counter, seen.robot, t, 1 if one_sort else EVERY)


def _heard(account_id: int, drafts: Sequence[Draft]) -> list[list[Seen]]:
    """Of each draft the hits that are wanted; none if any of them went meanwhile: retention waits for nobody."""
    found = iter(
        glimpses.said(account_id=account_id, wanted=[one for draft in drafts for one in draft.wanted])
    )
    told = [[next(found) for _ in draft.wanted] for draft in drafts]
    return [[hit for hits in one for hit in hits] if all(one) else [] for one in told]


def _visits(
    account_id: int,
    streams: Streams,
    drafts: Sequence[tuple[Draft, Sequence[Seen]]],
    earlier: Mapping[Stream, Before],
    waits: Mapping[int, Timeouts],
) -> Iterator[tuple[Stream, Visit]]:
    own = sites({stream.counter for stream in streams})
    before = dict(earlier)
    for draft, hits in drafts:
        stream, outline = draft.stream, draft.outline
        mine, last = own.get(stream.counter, NO_SITES), before.get(stream)
        visit = sessions.finished(outline, hits, own=mine, before=last)
        made = [visit]
        if visit is None:
            every = _every_hit(account_id, outline, streams[stream])
            made = [*sessions.visits(every, waits[stream.counter], own=mine, before=last)]
        for one in filter(None, made):
            before[stream] = sessions.handed_on(one)
            yield stream, one


def _every_hit(account_id: int, outline: Outline, seen: Sequence[Glimpse]) -> list[Seen]:
    wanted = [
        Wanted(one.who, one.counter, one.robot, t, EVERY)
        for one in seen
        for t in sorted(set(one.times))
        if outline.started <= t <= outline.ended
    ]
    return [hit for found in glimpses.said(account_id=account_id, wanted=wanted) for hit in found]
