"""Judging: take the marks of some people, judge their open reaches anew, write the difference."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, islice
from operator import itemgetter

from django.db import connection, transaction

from apps.accounts.models import Account
from apps.conversions import crowds, facts
from apps.conversions.attribution import Limits, Terms, Thread, Verdict, credited, decide, same_second
from apps.conversions.models import Conversion
from apps.conversions.registry import Registry
from apps.conversions.services.writing import Result, Results, Taken, write_differences
from apps.core import clock
from apps.core.locks import Lock
from apps.core.memory import without_collecting
from apps.people.models import Mark

BUCKETS = 8
"""People are judged in this many shares at most, each by one judge at a time."""

CHUNK = 1000
"""People whose conversations are read at a time."""

CREDITED, UNCREDITED, SAME_SECOND, VISIT_LIMIT = (int(outcome) for outcome in Conversion.Outcome)
LIMITS = Limits()
Beyond = Mapping[int, Collection[crowds.Key]]
"""Of each person the reaches that the limit of a visit drops."""
NONE: frozenset[crowds.Key] = frozenset()
_TAKE = """
WITH gone AS (
    DELETE FROM people_mark WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM people_mark
        WHERE account_id = %(account)s AND person_id %% %(shares)s = %(share)s
        ORDER BY person_id LIMIT %(limit)s
    ))
    RETURNING person_id, since, reason
), people AS MATERIALIZED (
    SELECT person_id, greatest(date_trunc('second', min(since)), %(open)s) AS since,
        bit_or(reason) AS reasons,
        min(since) FILTER (WHERE reason = %(goal)s) AS edited
    FROM gone GROUP BY person_id
)
SELECT (SELECT count(*) FROM gone), p.person_id, p.edited, p.reasons, coalesce(r.goal_id, 0),
    (extract(epoch FROM r.time - timestamptz '2000-01-01 00:00+00') * 1000000)::bigint, r.counter_id, r.hit_id, r.version_id,
    c.version_id, c.person_id, c.outcome, c.conversation_id, c.agent_id, c.group_id, c.active, c.contact_us,
    c.agent_name, c.agent_email
FROM people p
LEFT JOIN goals_reach r
    ON r.account_id = %(account)s AND r.person_id = p.person_id AND r.time >= p.since
LEFT JOIN conversions_conversion c
    ON c.account_id = r.account_id AND c.goal_id = r.goal_id AND c.time = r.time
    AND c.counter_id = r.counter_id AND c.hit_id = r.hit_id
ORDER BY p.person_id, r.time, r.hit_id
"""


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


@transaction.atomic
def judge(
    *,
    account_id: int,
    run_started_at: datetime,
    share: int,
    shares: int,
    limit: int = 20_000,
    limits: Limits = LIMITS,
) -> Judged:
    """Take at most `limit` marks of a share and judge their people; fewer `marks` mean that none was left.

    `shares` divides `BUCKETS`. Results older than the closing period at `run_started_at` stay as they are.
    """
    _hold(account_id, share, shares)
    days = Account.objects.values_list("closing_days", flat=True).get(pk=account_id)
    results = Results(account_id, clock.now())
    with without_collecting():
        marks, rows = _take(account_id, share, shares, limit, run_started_at - timedelta(days=days))
        people = {row.person: row for row in rows}
        _judge_people(account_id, [row for row in rows if row.goal], results, limits)
        results.edited_since = min((row.edited for row in people.values() if row.edited), default=None)
        write_differences(results)
    return Judged(marks, len(people), *results.counts())


def _hold(account_id: int, share: int, shares: int) -> None:
    """Wait until no other judge works on these people."""
    if BUCKETS % shares or not 0 <= share < shares:
        raise ValueError(f"share {share} of {shares}: shares must divide {BUCKETS}")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, key) FROM unnest(%s::int[]) AS key",
            [
                int(Lock.JUDGE),
                [(account_id * BUCKETS + b) & 0x7FFFFFFF for b in range(share, BUCKETS, shares)],
            ],
        )


def _take(
    account_id: int, share: int, shares: int, limit: int, open_since: datetime
) -> tuple[int, list[Taken]]:
    """How many marks were taken, and the reaches of their people."""
    with connection.cursor() as cursor:
        cursor.execute(
            _TAKE,
            {
                "account": account_id,
                "shares": shares,
                "share": share,
                "limit": limit,
                "open": open_since,
                "goal": int(Mark.Reason.GOAL),
            },
        )
        rows = cursor.fetchall()
    return rows[0][0] if rows else 0, [Taken._make((*row[1:9], row[9:])) for row in rows]


def _judge_people(account_id: int, rows: Sequence[Taken], results: Results, limits: Limits) -> None:
    """While PostgreSQL reads conversations the first half is judged, and while it stores results the rest."""
    if not rows:
        return
    registry = facts.registry(account_id=account_id)
    terms = facts.terms(versions={row.version for row in rows})
    chunks = _chunks(rows)
    beyond = _beyond(account_id, rows, limits)
    read = facts.threads(account_id=account_id, chunks=[list(chunk) for chunk in chunks])
    rest = []
    for number, (chunk, threads) in enumerate(zip(chunks, read, strict=True)):
        if number < len(chunks) // 2:
            _judge_chunk(chunk, threads, terms, registry, beyond, results)
        else:
            rest.append((chunk, threads))
    with results.sending():
        for chunk, threads in rest:
            _judge_chunk(chunk, threads, terms, registry, beyond, results)


def _beyond(account_id: int, rows: Sequence[Taken], limits: Limits) -> Beyond:
    since = min(row.t for row in rows)
    return crowds.beyond(
        account_id=account_id, people={row.person for row in rows}, since=since, limits=limits
    )


def _chunks(rows: Iterable[Taken]) -> list[dict[int, list[Taken]]]:
    """{person: rows}, CHUNK people at a time; rows come by person."""
    by_person = groupby(rows, itemgetter(0))
    chunks = []
    while chunk := {person: list(group) for person, group in islice(by_person, CHUNK)}:
        chunks.append(chunk)
    return chunks


def _judge_chunk(
    chunk: dict[int, list[Taken]],
    threads: dict[int, list[Thread]],
    terms: dict[int, Terms],
    registry: Registry,
    beyond: Beyond,
    results: Results,
) -> None:
    for person, rows in chunk.items():
        over = beyond.get(person, NONE)
        if len(rows) == 1 and not over and person not in threads:  # most people: nothing to decide
            results.add(rows[0], Result(rows[0].version, person, UNCREDITED))
            continue
        for row, result in judge_person(person, rows, threads.get(person, ()), terms, registry, over):
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
