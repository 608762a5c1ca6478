"""From the spool into the database: records, and the position behind them, in one transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec
import psycopg
from django.db import DatabaseError, DataError, IntegrityError, transaction

from apps.collect.bodies import read
from apps.collect.frames import Record
from apps.collect.models import DeadLetter, Position
from apps.collect.segments import Hole
from apps.core import clock
from apps.counters.models import Counter
from apps.intake.records import Arrival, HitIn
from apps.intake.services import HitsStored, prepare, store_hits

__all__ = ["Item", "forget", "store"]

TROUBLE = (DatabaseError, psycopg.Error, MemoryError)
"""It is the database's fault, not the hit's, unless it is one of FAULT: try again later."""
FAULT = (DataError, IntegrityError, psycopg.DataError, psycopg.IntegrityError)  # COPY's come as they are
MOST_KEPT = 1 << 20  # bytes of a letter


@dataclass(frozen=True, slots=True)
class Item:
    """A record (or what is none) and the place in its segment that is reached with it."""

    segment: str
    found: Record | Hole


@dataclass(slots=True)
class _Job:
    """An item, or a part of it, with what becomes of it: arrivals to store, or a letter to keep."""

    item: Item
    arrivals: list[Arrival]
    letter: DeadLetter | None = None
    last: bool = True  # the part that completes the item: the position moves with it


def store(*, spool: str, items: Sequence[Item]) -> tuple[HitsStored, int]:
    """Store the hits of these items, in order, and count the letters that had to be kept instead.

    Raises only what another attempt may heal; to do it again after that doubles nothing.
    """
    counters = _counters(items)
    return _store(spool, [_job(item, counters) for item in items])


def forget(*, spool: str, segments: Iterable[str]) -> int:
    """Drop the positions of segments that are no more; how many."""
    count, _ = Position.objects.filter(spool=spool, segment__in=list(segments)).delete()
    return count


def _counters(items: Sequence[Item]) -> dict[int, Counter]:
    return Counter.objects.in_bulk({one.found.counter_id for one in items if isinstance(one.found, Record)})


def _job(item: Item, counters: dict[int, Counter]) -> _Job:
    found = item.found
    if isinstance(found, Hole):
        return _Job(item, [], _letter(None, f"{len(found.data)} bytes are no record", found.data))
    counter = counters.get(found.counter_id)
    if counter is None:
        return _Job(item, [], _letter(found.counter_id, "the counter is no more", found.json))
    try:
        hits = read(found.json)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        return _Job(item, [], _letter(found.counter_id, f"unreadable: {error}", found.json))
    if found.sender:
        _fill(hits, found.sender)
    arrived_at = clock.from_us(found.arrived_us)
    account_id, counter_id, user_ids = counter.account_id, counter.pk, counter.user_ids
    return _Job(item, [Arrival(account_id, counter_id, user_ids, arrived_at, hit) for hit in hits])


def _fill(hits: list[HitIn], sender: bytes) -> None:
    address, _, agent = sender.decode().partition("\n")
    for hit in hits:
        hit.ip = hit.ip or address or None
        hit.user_agent = hit.user_agent or agent or None


def _letter(counter_id: int | None, reason: str, record: bytes) -> DeadLetter:
    words = reason[:2000].replace("\0", "\\0").encode(errors="replace").decode()
    return DeadLetter(counter_id=counter_id, at=clock.now(), reason=words, record=record[:MOST_KEPT])


def _store(spool: str, jobs: list[_Job]) -> tuple[HitsStored, int]:
    """All in one transaction; if a hit is at fault, halves of it, down to that hit."""
    arrivals = [arrival for job in jobs for arrival in job.arrivals]
    letters = [job.letter for job in jobs if job.letter]
    try:
        if arrivals:
            prepare(arrivals=arrivals)
        with transaction.atomic():
            stored = store_hits(arrivals=arrivals) if arrivals else HitsStored(0, 0)
            DeadLetter.objects.bulk_create(letters)
            _move(spool, jobs)
        return stored, len(letters)
    except FAULT as error:
        return _store_less(spool, jobs, error)
    except TROUBLE:
        raise
    except Exception as error:  # noqa: BLE001 (a hit that breaks our own code must not stop the others)
        return _store_less(spool, jobs, error)


def _store_less(spool: str, jobs: list[_Job], error: Exception) -> tuple[HitsStored, int]:
    middle = len(jobs) // 2
    parts = [jobs[:middle], jobs[middle:]] if middle else [[job] for job in _parts(jobs[0], error)]
    stored = [_store(spool, part) for part in parts]
    sums = HitsStored(sum(one.stored for one, _ in stored), sum(one.duplicates for one, _ in stored))
    return sums, sum(letters for _, letters in stored)


def _parts(job: _Job, error: Exception) -> list[_Job]:
    """The hits of a record one by one; a hit by itself becomes a letter."""
    if not job.arrivals:
        raise error
    if len(job.arrivals) == 1:
        return [_Job(job.item, [], _blame(job.arrivals[0], error), last=job.last)]
    return [_Job(job.item, [arrival], last=arrival is job.arrivals[-1]) for arrival in job.arrivals]


def _blame(arrival: Arrival, error: Exception) -> DeadLetter:
    hit = msgspec.structs.replace(arrival.hit, ip=None)  # addresses are kept nowhere
    return _letter(arrival.counter_id, f"{type(error).__name__}: {error}", msgspec.json.encode(hit))


def _move(spool: str, jobs: Sequence[_Job]) -> None:
    """Positions move behind the last item of each segment."""
    ends = {job.item.segment: job.item.found.end for job in jobs if job.last}
    now = clock.now()
    Position.objects.bulk_create(
        [Position(spool=spool, segment=name, offset=end, moved_at=now) for name, end in ends.items()],
        update_conflicts=True,
        unique_fields=["spool", "segment"],
        update_fields=["offset", "moved_at"],
    )
