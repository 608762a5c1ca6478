"""Writing the difference between what is recorded and what the rules say now."""

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connection

from apps.conversions.models import Conversion, Correction
from apps.core.clock import from_us
from apps.core.copying import NULL, copying_in, text
from apps.people.models import Mark

_PARCEL = 1000  # rows: about what the connection takes without waiting
_COLUMNS = (
    "account_id, goal_id, time, counter_id, hit_id, version_id, person_id, outcome, conversation_id, agent_id,"
    " group_id, active, contact_us, agent_name, agent_email"
)


class Result(NamedTuple):
    """What the rules say of a reach; the columns of a conversion after its key."""

    version: int
    person: int
    outcome: int
    conversation: int | None = None
    agent: int | None = None
    group: int | None = None
    active: bool | None = None
    contact_us: int | None = None
    agent_name: str | None = None
    agent_email: str | None = None


class Taken(NamedTuple):
    """A person's reach to be judged, with the result recorded before (`old`, the values of a `Result`) if there is one."""

    person: int
    reasons: int  # bits of people.models.Mark.Reason
    goal: int
    t: int  # microseconds since 2000
    counter: int
    hit: str
    version: int
    old: list[Any] | None


class Results:
    """The results of one batch: new ones, changed ones, and since when some may have lost their reach.

    New ones wait until `sending`, and are then stored while others are still made.
    """

    def __init__(self, account_id: int, at: datetime) -> None:
        self.account_id = account_id
        self.at = at
        self.new: list[bytes] = []  # packed
        self.changed: list[tuple[Taken, Result]] = []
        self.edited_since: datetime | None = None
        self.removed = 0
        self.reaches = 0
        self._outcomes = dict.fromkeys(Conversion.Outcome.values, 0)

    def add(self, row: Taken, result: Result) -> None:
        """Note a result, beside what was recorded before."""
        self.reaches += 1
        if row.old is None:
            self._outcomes[result.outcome] += 1
            self.new.append(_packed(self.account_id, row, result))
        elif row.old != list(result):
            self.changed.append((row, result))

    def add_uncredited(self, row: Taken) -> None:
        """The same for the result that most reaches have."""
        if row.old is None:
            self.reaches += 1
            self._outcomes[_UNCREDITED] += 1
            self.new.append(_begin(self.account_id, row, row.version, row.person, _UNCREDITED) + _NO_CREDIT)
        else:
            self.add(row, Result(row.version, row.person, _UNCREDITED))

    @contextmanager
    def sending(self) -> Iterator[Callable[[], None]]:
        """Store the new results: some with each call of what is given, the rest, also of those added meanwhile, at the end.

        In the order of the key, in which their packed bytes are too: neighbours in an index are stored for half the price.
        """
        with copying_in(f"COPY conversions_conversion ({_COLUMNS}) FROM STDIN (FORMAT BINARY)") as store:

            def send() -> None:
                store(self.new[:_PARCEL])
                del self.new[:_PARCEL]

            self.new.sort()
            yield send
            self.new.sort()
            store(self.new)
            self.new = []

    def counts(self) -> tuple[int, int, int, int, int]:
        """Reaches judged; new results credited, uncredited, dropped; results corrected."""
        outcome = Conversion.Outcome
        return (
            self.reaches,
            self._outcomes[outcome.CREDITED],
            self._outcomes[outcome.UNCREDITED],
            sum(self._outcomes[dropped] for dropped in Conversion.DROPPED),
            len(self.changed) + self.removed,
        )


def write_differences(results: Results) -> None:
    """Change results in place, remove those whose reach is gone, and record each correction."""
    if results.changed:
        _change(results)
    if results.edited_since is not None:
        _remove(results, results.edited_since)


_UNCREDITED = int(Conversion.Outcome.UNCREDITED)
_CREDIT = struct.Struct("!iq iq iq iB iq").pack
_NO_CREDIT = NULL * 7
_repeated_text = lru_cache(maxsize=10_000)(text)


@lru_cache(maxsize=1000)
def _until_outcome(hit: int) -> Callable[..., bytes]:
    """Packs the columns up to the outcome, of a row whose hit id has so many bytes."""
    return struct.Struct(f"!h iq iq iq iq i{hit}s iq iq ih").pack


def _begin(account: int, row: Taken, version: int, person: int, outcome: int) -> bytes:
    hit = row.hit.encode()
    size = len(hit)
    return _until_outcome(size)(
        15, 8, account, 8, row.goal, 8, row.t, 8, row.counter, size, hit, 8, version, 8, person, 2, outcome
    )


def _packed(account: int, row: Taken, result: Result) -> bytes:
    """A row of COPY BINARY: the number of columns, then each column's length in bytes and value."""
    begin = _begin(account, row, result.version, result.person, result.outcome)
    if result.agent is None:
        return begin + _NO_CREDIT
    _, _, _, conversation, agent, group, active, contact_us, name, email = result
    middle = _CREDIT(8, conversation, 8, agent, 8, group, 1, active, 8, contact_us)
    return b"".join((begin, middle, _repeated_text(name), _repeated_text(email)))


def _change(results: Results) -> None:
    keys = [(row.goal, from_us(row.t), row.counter, row.hit) for row, _ in results.changed]
    columns = [list(column) for column in zip(*keys, strict=True)]
    columns += [list(column) for column in zip(*(result for _, result in results.changed), strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE conversions_conversion c SET version_id = n.version, person_id = n.person,"
            " outcome = n.outcome, conversation_id = n.conversation, agent_id = n.agent, group_id = n.grp,"
            " active = n.active, contact_us = n.contact, agent_name = n.name, agent_email = n.email"
            " FROM unnest(%s::bigint[], %s::timestamptz[], %s::bigint[], %s::text[], %s::bigint[], %s::bigint[],"
            " %s::smallint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::boolean[], %s::bigint[], %s::text[],"
            " %s::text[]) AS n(goal, time, counter, hit, version, person, outcome, conversation, agent, grp,"
            " active, contact, name, email)"
            " WHERE c.account_id = %s AND c.goal_id = n.goal AND c.time = n.time"
            " AND c.counter_id = n.counter AND c.hit_id = n.hit",
            [*columns, results.account_id],
        )
    Correction.objects.bulk_create(
        _correction(results, row, Result(*(row.old or ())), result) for row, result in results.changed
    )


def _correction(results: Results, row: Taken, before: Result, after: Result) -> Correction:
    return Correction(
        account_id=results.account_id,
        goal_id=row.goal,
        time=from_us(row.t),
        counter_id=row.counter,
        hit_id=row.hit,
        at=results.at,
        why=", ".join(reason.name.lower() for reason in Mark.Reason if row.reasons & reason),
        before=before._asdict(),
        after=after._asdict(),
    )


def _remove(results: Results, since: datetime) -> None:
    """Results whose reach is gone: the goal was edited before the hit's time. Edits are recent, so this is little."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH gone AS (DELETE FROM conversions_conversion c WHERE c.account_id = %s AND c.time >= %s"
            " AND NOT EXISTS (SELECT 1 FROM goals_reach r WHERE r.account_id = c.account_id"
            " AND r.goal_id = c.goal_id AND r.time = c.time AND r.counter_id = c.counter_id"
            " AND r.hit_id = c.hit_id) RETURNING c.*)"
            " INSERT INTO conversions_correction (account_id, goal_id, time, counter_id, hit_id, at, why, before)"
            " SELECT account_id, goal_id, time, counter_id, hit_id, %s, 'goal', to_jsonb(gone) FROM gone",
            [results.account_id, since, results.at],
        )
        results.removed = cursor.rowcount
