"""From the spool into the database: records, and the position behind them, in one transaction."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

import msgspec
import psycopg
from django.db import DatabaseError, DataError, IntegrityError

from apps.collect.bodies import read
from apps.collect.frames import Record
from apps.collect.models import DeadLetter, Position
from apps.collect.segments import Hole
from apps.collect.sender import unpack
from apps.core import clock
from apps.core.retry import transactional
from apps.counters.models import Counter
from apps.intake.records import Arrival
from apps.intake.services import Arrivals, prepare, store_hits

__all__ = ["Portion", "Stored", "forget", "forget_letters", "store"]

TROUBLE = (DatabaseError, psycopg.Error, MemoryError)
"""It is the database's fault, not the hit's, unless it is one of FAULT: try again later."""
FAULT = (DataError, IntegrityError, psycopg.DataError, psycopg.IntegrityError)  # COPY's come as they are
MOST_KEPT = 1 << 20  # bytes of a letter
LETTERS_KEPT = timedelta(days=90)

Counters = dict[int, Counter]


@dataclass(frozen=True, slots=True)
class Portion:
    """What follows each other in a segment; the position moves behind the last of it."""

    segment: str
    found: Sequence[Record | Hole]


@dataclass(frozen=True, slots=True)
class Stored:
    """New hits, those that were there already, and the letters that had to be kept."""

    hits: int = 0
    duplicates: int = 0
    letters: int = 0

    def __add__(self, other: "Stored") -> "Stored":
        return Stored(
            self.hits + other.hits, self.duplicates + other.duplicates, self.letters + other.letters
        )


def store(*, spool: str, portions: Sequence[Portion]) -> Stored:
    """Store the hits of these portions; what can never be stored is kept as a letter.

    Raises only what another attempt may heal; to do it again after that doubles nothing.
    """
    numbers = {one.counter_id for part in portions for one in part.found if isinstance(one, Record)}
    return _store(spool, portions, Counter.objects.in_bulk(numbers))


def forget(*, spool: str, segments: Iterable[str]) -> int:
    """Drop the positions of segments that are no more; how many."""
    count, _ = Position.objects.filter(spool=spool, segment__in=list(segments)).delete()
    return count


def forget_letters() -> int:
    """Delete letters that nobody wanted for long; how many."""
    count, _ = DeadLetter.objects.filter(at__lt=clock.now() - LETTERS_KEPT).delete()
    return count


def _store(spool: str, portions: Sequence[Portion], counters: Counters) -> Stored:
    """All in one transaction; if a hit is at fault, halves of it, down to that hit."""
    arrivals, letters = _read(portions, counters)
    try:
        return _write(spool, arrivals, letters, portions)
    except Exception as error:
        if not _is_hits_fault(error):
            raise
    pairs = [(part.segment, one) for part in portions for one in part.found]
    if len(pairs) == 1:
        return _store_each(spool, portions, arrivals, letters)
    middle = len(pairs) // 2
    return _store(spool, _joined(pairs[:middle]), counters) + _store(spool, _joined(pairs[middle:]), counters)


def _is_hits_fault(error: Exception) -> bool:
    """Whether it would happen again; a hit that breaks our own code must not stop the others either."""
    return isinstance(error, FAULT) or not isinstance(error, TROUBLE)


def _joined(pairs: Sequence[tuple[str, Record | Hole]]) -> list[Portion]:
    groups = groupby(pairs, key=lambda pair: pair[0])
    return [Portion(segment, [one for _, one in group]) for segment, group in groups]


def _store_each(
    spool: str, portions: Sequence[Portion], arrivals: list[Arrival], letters: list[DeadLetter]
) -> Stored:
    """The hits of a single record one by one; its position moves when all are settled."""
    stored = Stored()
    for arrival in arrivals:
        try:
            stored += _write(spool, [arrival], [], [])
        except Exception as error:
            if not _is_hits_fault(error):
                raise
            letters.append(_blame(arrival, error))
    return stored + _write(spool, [], letters, portions)


def _write(
    spool: str, arrivals: list[Arrival], letters: list[DeadLetter], portions: Sequence[Portion]
) -> Stored:
    if arrivals:
        prepare(arrivals=arrivals)
    return _write_prepared(spool, arrivals, letters, portions)


@transactional
def _write_prepared(
    spool: str, arrivals: list[Arrival], letters: list[DeadLetter], portions: Sequence[Portion]
) -> Stored:
    done = store_hits(arrivals=arrivals) if arrivals else None
    DeadLetter.objects.bulk_create(letters)
    _move(spool, portions)
    return Stored(done.stored if done else 0, done.duplicates if done else 0, len(letters))


def _move(spool: str, portions: Sequence[Portion]) -> None:
    """Positions move behind the last record of each segment."""
    ends = {part.segment: part.found[-1].end for part in portions}
    now = clock.now()
    Position.objects.bulk_create(
        [Position(spool=spool, segment=name, offset=end, moved_at=now) for name, end in ends.items()],
        update_conflicts=True,
        unique_fields=["spool", "segment"],
        update_fields=["offset", "moved_at"],
    )


def _read(portions: Sequence[Portion], counters: Counters) -> tuple[list[Arrival], list[DeadLetter]]:
    arrivals: list[Arrival] = []
    letters: list[DeadLetter] = []
    arriving = Arrivals(counters.values())
    for part in portions:
        for one in part.found:
            if isinstance(one, Hole):
                told = _ADDRESS_LINE.sub(b"-", one.data)
                letters.append(_letter(None, f"{len(one.data)} bytes are no record", told))
                continue
            counter = counters.get(one.counter_id)
            if counter is None:
                letters.append(
                    _letter(one.counter_id, "the counter is no more", _IP.sub(b'"ip":null', one.json))
                )
                continue
            try:
                arrivals += _arrive(arriving, counter, one)
            except TROUBLE:
                raise
            except Exception as error:  # noqa: BLE001 (a record that breaks our own code stops nobody)
                told = _IP.sub(b'"ip":null', one.json)
                letters.append(_letter(one.counter_id, f"unreadable: {error}", told))
    return arrivals, letters


_IP = re.compile(rb'"ip"\s*:\s*"[^"]*"')
_ADDRESS_LINE = re.compile(rb"[0-9A-Fa-f:.]{3,45}(?=\n)")
"""Addresses are kept nowhere: where a hit may name one, and at the head of a record."""


def _arrive(arriving: Arrivals, counter: Counter, record: Record) -> list[Arrival]:
    hits = read(record.json)
    who, at = unpack(record.sender), clock.from_us(record.arrived_us)
    if who.address or who.agent:
        for hit in hits:
            hit.ip = hit.ip or who.address or None
            hit.user_agent = hit.user_agent or who.agent or None
    return [
        arriving.of(
            counter,
            hit,
            at,
            shift_us=who.shift_us,
            mended="" if index else who.mended,  # the letters of all the record's hits, counted once
            dnt=who.dnt,
            gpc=who.gpc,
        )
        for index, hit in enumerate(hits)
    ]


def _blame(arrival: Arrival, error: Exception) -> DeadLetter:
    hit = msgspec.structs.replace(arrival.hit, ip=None)  # addresses are kept nowhere
    return _letter(arrival.counter_id, f"{type(error).__name__}: {error}", msgspec.json.encode(hit))


def _letter(counter_id: int | None, reason: str, record: bytes) -> DeadLetter:
    words = reason[:2000].replace("\0", "\\0").encode(errors="replace").decode()
    return DeadLetter(counter_id=counter_id, at=clock.now(), reason=words, record=record[:MOST_KEPT])
