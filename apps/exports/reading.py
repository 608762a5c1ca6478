"""Reading a goal's credited conversions: one moment of the database, one row at a time."""

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from django.db import connection
from psycopg import IsolationLevel

from apps.conversations.models import Event
from apps.conversions.models import Conversion
from apps.exports.rows import Credited

WHERE = "c.account_id = %(account)s AND c.goal_id = %(goal)s AND c.outcome = %(credited)s AND c.time >= %(start)s AND c.time < %(end)s"

COUNT = f"SELECT count(*) FROM conversions_conversion c WHERE {WHERE}"

# What is counted is there: a conversation may have been erased with another person, and its conversion stays.
# The rating is found through the key alone (kind is included in it) and fetched once.
ROWS = f"""
COPY (
    SELECT c.time, c.goal_id, v.name, a.external_id, c.agent_name, c.agent_email, coalesce(k.ticket, ''),
           v.transaction_value, v.currency, r.detail -> 'score', c.contact_us
    FROM conversions_conversion c
    JOIN goals_goalversion v ON v.id = c.version_id
    JOIN accounts_agent a ON a.id = c.agent_id
    LEFT JOIN conversations_conversation k ON k.id = c.conversation_id
    LEFT JOIN LATERAL (
        SELECT e.account_id, e.conversation_id, e.time, e.seq, e.id FROM conversations_event e
        WHERE e.account_id = c.account_id AND e.conversation_id = c.conversation_id
          AND e.kind = %(rating)s AND e.time <= %(now)s
        ORDER BY e.time DESC, e.seq DESC, e.id DESC LIMIT 1
    ) last ON true
    LEFT JOIN conversations_event r
        ON (r.account_id, r.conversation_id, r.time, r.seq, r.id)
            = (last.account_id, last.conversation_id, last.time, last.seq, last.id)
    WHERE {WHERE}
    ORDER BY c.time, c.goal_id, c.hit_id, c.counter_id
) TO STDOUT (FORMAT BINARY)
"""
TYPES = ["timestamptz", "int8", "text", "text", "text", "text", "text", "numeric", "text", "jsonb", "int8"]


@dataclass(frozen=True)
class Wanted:
    """Which conversions: those of a goal in `[start, end)`, with ratings as they stood at `now`."""

    account_id: int
    goal_id: int
    start: datetime
    end: datetime
    now: datetime

    def parameters(self) -> dict[str, Any]:
        return {
            "account": self.account_id,
            "goal": self.goal_id,
            "start": self.start,
            "end": self.end,
            "now": self.now,
            "credited": Conversion.Outcome.CREDITED.value,
            "rating": Event.Kind.RATING.value,
        }


class Snapshot:
    """One consistent moment of the database, on a connection of its own."""

    def __init__(self, link: psycopg.Connection[Any]) -> None:
        self.link = link

    def count(self, wanted: Wanted) -> int:
        found = self.link.execute(COUNT, wanted.parameters()).fetchone()
        assert found
        return int(found[0])

    def rows(self, wanted: Wanted) -> Generator[Credited, None, None]:
        """In order of (time, goal, hit id). Whoever stops early must close the generator: it ends the COPY."""
        with self.link.cursor() as cursor, cursor.copy(ROWS, wanted.parameters()) as copy:
            copy.set_types(TYPES)
            for row in copy.rows():
                yield Credited(*row)


@contextmanager
def snapshot() -> Iterator[Snapshot]:
    """A read-only transaction beside Django's, so that progress noted there is seen while this one lasts."""
    parameters = connection.get_connection_params()
    for name in ("cursor_factory", "context", "prepare_threshold"):
        parameters.pop(name, None)
    with closing(psycopg.connect(**parameters)) as link:
        link.isolation_level = IsolationLevel.REPEATABLE_READ
        link.read_only = True
        yield Snapshot(link)
