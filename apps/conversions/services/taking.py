"""Taking marks, and reading what they concern, piece by piece: PostgreSQL works ahead of the judge."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from django.db import connection
from psycopg import Cursor

from apps.conversions import crowds, facts
from apps.conversions.attribution import Limits, Thread
from apps.conversions.registry import Registry
from apps.conversions.services.writing import Taken
from apps.people.models import Mark

SMALLEST, LARGEST = 500, 2000
"""Marks of the first piece and of later ones: the judge begins early, and has few questions to wait for."""

_from_bytes = int.from_bytes
_TAKE = """
WITH last AS (
    SELECT max(person_id) AS person_id FROM (
        SELECT person_id FROM people_mark
        WHERE account_id = %(account)s AND person_id > %(after)s AND coalesce(person_id %% %(shares)s = %(share)s, false)
        ORDER BY person_id LIMIT %(limit)s
    ) AS following
), gone AS (
    DELETE FROM people_mark m USING last
    WHERE m.account_id = %(account)s AND m.person_id > %(after)s AND m.person_id <= last.person_id
        AND m.person_id %% %(shares)s = %(share)s
    RETURNING m.person_id, m.since, m.reason
), people AS MATERIALIZED (
    SELECT person_id, greatest(date_trunc('second', min(since)), (
            SELECT %(started)s - make_interval(days => closing_days) FROM accounts_account WHERE id = %(account)s
        )) AS since,
        bit_or(reason) AS reasons, min(since) FILTER (WHERE reason = %(goal)s) AS edited, count(*) AS marks
    FROM gone GROUP BY person_id
)
SELECT p.person_id, p.marks, p.edited, p.reasons, coalesce(r.goal_id, 0), timestamptz_send(r.time), r.counter_id,
    r.hit_id, r.version_id, CASE WHEN c.version_id IS NOT NULL THEN jsonb_build_array(c.version_id, c.person_id,
        c.outcome, c.conversation_id, c.agent_id, c.group_id, c.active, c.contact_us, c.agent_name, c.agent_email) END
FROM people p
LEFT JOIN goals_reach r
    ON r.account_id = %(account)s AND r.person_id = p.person_id AND r.time >= p.since
LEFT JOIN conversions_conversion c
    ON c.account_id = r.account_id AND c.goal_id = r.goal_id AND c.time = r.time
    AND c.counter_id = r.counter_id AND c.hit_id = r.hit_id
ORDER BY p.person_id, r.time, r.hit_id
"""
"""All marks of the next people; a person's marks are never in two pieces. `coalesce` has the planner guess that half of
the rows are of the share and read them in order; of a bare comparison it guesses one in 200, and sorts them all."""


class Piece(NamedTuple):
    """Some people, whole."""

    registry: Registry  # as it was when their marks were taken, or later
    people: dict[int, list[Taken]]  # their reaches, in the order of (time, hit id)
    threads: dict[int, list[Thread]]  # their conversations
    beyond: crowds.Beyond


class _Taking(NamedTuple):
    marks: "Cursor[Any]"
    registry: "Cursor[Any]"  # asked after the marks: it is never older than what left them


class _Asked(NamedTuple):
    registry: Registry
    people: dict[int, list[Taken]]
    threads: "Cursor[Any]"
    visits: "Cursor[Any]"


class Batch:
    """About `limit` marks of one share; once its pieces are read it knows what was taken."""

    def __init__(
        self,
        *,
        account_id: int,
        share: int,
        shares: int,
        limit: int,
        run_started_at: datetime,
        limits: Limits,
    ) -> None:
        self._account = account_id
        self._wanted: dict[str, Any] = {
            "account": account_id,
            "shares": shares,
            "share": share,
            "started": run_started_at,
            "goal": int(Mark.Reason.GOAL),
            "after": -1,
            "limit": min(SMALLEST, limit),
        }
        self._limit, self._limits = limit, limits
        self._done = False
        self.marks = 0
        self.people = 0
        self.edited_since: datetime | None = None
        """A goal was edited: results from then on may have lost their reach."""

    def pieces(self) -> Iterator[Piece]:
        """The people with reaches. Until the last piece the connection is in a pipeline: whoever asks, waits in line."""
        connection.ensure_connection()
        with connection.wrap_database_errors, connection.connection.pipeline():
            asked = self._ask(*self._receive(self._take()))
            taking = self._take()
            while asked or taking:
                ready = asked
                rows, registry = self._receive(taking)
                taking = self._take()
                asked = self._ask(rows, registry)
                if ready:  # PostgreSQL works on the next while the judge looks at this
                    yield self._read(ready)

    def _take(self) -> "_Taking | None":
        if self._done:
            return None
        cursor = Cursor(connection.connection)  # Django's own cursors know no binary results
        cursor.execute(_TAKE, self._wanted, binary=True)
        return _Taking(cursor, facts.ask_registry(account_id=self._account))

    def _receive(self, taking: "_Taking | None") -> tuple[list[tuple[Any, ...]], Registry | None]:
        rows = taking.marks.fetchall() if taking else []
        marks, last, previous = 0, self._wanted["after"], None
        for row in rows:
            if row[0] != previous:
                last, some, edited = row[:3]
                previous = last
                marks += some
                self.people += 1
                if edited and (self.edited_since is None or edited < self.edited_since):
                    self.edited_since = edited
        self.marks += marks
        self._done = marks < self._wanted["limit"] or self.marks >= self._limit
        self._wanted |= {"after": last, "limit": min(2 * self._wanted["limit"], LARGEST)}
        return rows, facts.registry_of(taking.registry, account_id=self._account) if taking and rows else None

    def _ask(self, rows: Sequence[tuple[Any, ...]], registry: Registry | None) -> _Asked | None:
        taken = [
            Taken(person, reasons, goal, _from_bytes(t, "big", signed=True), counter, hit, version, old)
            for person, _marks, _edited, reasons, goal, t, counter, hit, version, old in rows
            if goal
        ]
        if not taken or registry is None:
            return None
        people = {person: list(group) for person, group in groupby(taken, itemgetter(0))}
        since = min(row.t for row in taken)
        return _Asked(
            registry,
            people,
            facts.ask_threads(account_id=self._account, people=people),
            crowds.ask_visits(account_id=self._account, since=since, limits=self._limits),
        )

    def _read(self, asked: _Asked) -> Piece:
        threads = facts.threads_of(asked.threads)
        visits = [row for row in asked.visits.fetchall() if row[0] in asked.people]
        beyond = crowds.beyond(account_id=self._account, visits=visits, limits=self._limits)
        return Piece(asked.registry, asked.people, threads, beyond)
