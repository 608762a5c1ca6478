"""Hits are written here."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from django.db import connection

from apps.visits import partitions

__all__ = ["HitRow", "insert_hits", "keep_partitions", "prepare_days"]

HitKey = tuple[int, int, str, datetime]
"""(account, counter, id, time)"""


class HitRow(NamedTuple):
    """A hit as it is stored; `detail` is JSON text."""

    account: int
    counter: int
    id: str
    time: datetime
    identity: int | None
    kind: int
    robot: bool
    url: str | None
    name: str | None
    detail: str | None


def prepare_days(*, times: Sequence[datetime]) -> None:
    """Make the partitions that hits of these times need. Call before the storing transaction."""
    partitions.ensure_days({time.astimezone(UTC).date() for time in times})


def keep_partitions() -> None:
    """Make partitions ahead of time."""
    partitions.keep()


def insert_hits(*, rows: Sequence[HitRow]) -> set[HitKey] | None:
    """Store hits, the first of each key; the keys that are new, or None if all of them are.

    Must be in a transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE IF NOT EXISTS incoming_hit (account_id bigint, counter_id bigint,"
            " id text, time timestamptz, identity_id bigint, kind smallint, robot boolean, url text,"
            " name text, detail jsonb) ON COMMIT DELETE ROWS"
        )
        with cursor.copy("COPY incoming_hit FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(
            "INSERT INTO visits_hit SELECT * FROM incoming_hit ON CONFLICT DO NOTHING"
            " RETURNING account_id, counter_id, id, time"
        )
        fresh = None if cursor.rowcount == len(rows) else set(cursor.fetchall())
        cursor.execute("TRUNCATE incoming_hit")
    return fresh
