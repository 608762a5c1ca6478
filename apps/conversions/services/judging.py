"""Judging: take the marks of some people, judge their open reaches anew, write the difference."""

from collections import deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.db import connection

from apps.conversions import crowds, facts
from apps.conversions.attribution import Limits, Terms, Thread, Verdict, credited, decide, same_second
from apps.conversions.models import Conversion
from apps.conversions.registry import Registry
from apps.conversions.services.taking import Batch, Piece
from apps.conversions.services.writing import Result, Results, Taken, write_differences
from apps.core import clock
from apps.core.locks import Lock
from apps.core.memory import without_collecting
from apps.core.retry import transactional

BUCKETS = 8
"""People are judged in this many shares at most, each by one judge at a time."""

HELD_BACK = 0.25
"""Of what was read so far: about as much as is judged while PostgreSQL stores the results of the rest."""
SLICE = 250
"""People judged at a stretch: PostgreSQL, which works meanwhile, never waits long for the next word."""

CREDITED, UNCREDITED, SAME_SECOND, VISIT_LIMIT = (int(outcome) for outcome in Conversion.Outcome)
LIMITS = Limits()
NONE: frozenset[crowds.Key] = frozenset()
_HOLD = """
SELECT set_config('work_mem', '64MB', true), set_config('synchronous_commit', 'off', true),
    pg_advisory_xact_lock(%s, key)
FROM unnest(%s::int[]) AS key
"""
"""A crash that undoes the last results undoes the taking of their marks too, and whatever says later that they are there
is written after them: so a batch need not wait for the disk."""


@dataclass(slots=True)
class Judged:
    """What one batch did."""

    marks: int = 0
    people: int = 0
    reaches: int = 0
    credited: int = 0
    uncredited: int = 0
    dropped: int = 0
    corrected: int = 0


@transactional
def judge(
    *,
    account_id: int,
    run_started_at: datetime,
    share: int,
    shares: int,
    limit: int = 20_000,
    limits: Limits = LIMITS,
) -> Judged:
    """Take about `limit` marks of a share and judge their people; fewer `marks` mean that none was left.

    `shares` divides `BUCKETS`. Results older than the closing period at `run_started_at` stay as they are.
    """
    _hold(account_id, share, shares)
    batch = Batch(
        account_id=account_id,
        share=share,
        shares=shares,
        limit=limit,
        run_started_at=run_started_at,
        limits=limits,
    )
    results = Results(account_id, clock.now())
    with without_collecting():
        _judge_batch(batch, results)
        results.edited_since = batch.edited_since
        write_differences(results)
    return Judged(batch.marks, batch.people, *results.counts())


def _hold(account_id: int, share: int, shares: int) -> None:
    """Wait until no other judge works on these people."""
    if BUCKETS % shares or not 0 <= share < shares:
        raise ValueError(f"share {share} of {shares}: shares must divide {BUCKETS}")
    with connection.cursor() as cursor:
        cursor.execute(
            _HOLD,
            [
                int(Lock.JUDGE),
                [(account_id * BUCKETS + b) & 0x7FFFFFFF for b in range(share, BUCKETS, shares)],
            ],
        )


def _judge_batch(batch: Batch, results: Results) -> None:
    """While PostgreSQL reads ahead most people are judged, and while it stores their results the rest."""
    waiting: deque[Piece] = deque()
    slices = 0
    for piece in batch.pieces():
        for part in _slices(piece):
            waiting.append(part)
            slices += 1
        while len(waiting) > slices * HELD_BACK:
            _judge_slice(waiting.popleft(), results)
    if slices:
        with results.sending() as send:
            while waiting:
                send()
                _judge_slice(waiting.popleft(), results)


def _slices(piece: Piece) -> Iterator[Piece]:
    people = iter(piece.people.items())
    while some := dict(islice(people, SLICE)):
        yield piece._replace(people=some)


def _judge_slice(piece: Piece, results: Results) -> None:
    terms = facts.terms(versions={row.version for rows in piece.people.values() for row in rows})
    threads, beyond = piece.threads, piece.beyond
    for person, rows in piece.people.items():
        if len(rows) == 1 and person not in threads and person not in beyond:  # most: nothing to decide
            results.add_uncredited(rows[0])
            continue
        for row, result in judge_person(
            person, rows, threads.get(person, ()), terms, piece.registry, beyond.get(person, NONE)
        ):
            results.add(row, result)


def judge_person(
    person: int,
    rows: Sequence[Taken],
    threads: Sequence[Thread],
    terms: dict[int, Terms],
    registry: Registry,
    over: Collection[crowds.Key] = NONE,
) -> Iterator[tuple[Taken, Result]]:
    """The results of one person's reaches, which come in the order of (time, hit id); `over`: beyond a limit."""
    keys = [(row.goal, row.counter, row.t) for row in rows]
    dropped = same_second(keys) if person and len(rows) > 1 else [False] * len(rows)
    for row, drop in zip(rows, dropped, strict=True):
        if drop:
            yield row, Result(row.version, person, SAME_SECOND)
            continue
        if over and (row.goal, row.t, row.counter, row.hit) in over:
            yield row, Result(row.version, person, VISIT_LIMIT)
            continue
        winner = credited(decide(threads, row.t, terms[row.version], registry)) if threads else None
        yield row, _result(person, row, winner, registry)


def _result(person: int, row: Taken, winner: Verdict | None, registry: Registry) -> Result:
    if winner is None:
        return Result(row.version, person, UNCREDITED)
    agent = registry.agent(winner.agent, row.t)
    return Result(
        row.version,
        person,
        CREDITED,
        winner.thread.conversation,
        winner.agent,
        winner.group,
        winner.active,
        row.t - winner.held_since,
        agent.name,
        agent.email,
    )
