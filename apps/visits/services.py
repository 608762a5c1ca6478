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
            copy.write("".join([_line(row) for row in rows]))
        cursor.execute(
            "INSERT INTO visits_hit SELECT * FROM incoming_hit ON CONFLICT DO NOTHING"
            " RETURNING account_id, counter_id, id, time"
        )
        fresh = None if cursor.rowcount == len(rows) else set(cursor.fetchall())
        cursor.execute("TRUNCATE incoming_hit")
    return fresh


_NULL = r"\N"
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def _line(row: HitRow) -> str:
    """A row in COPY's text format; by hand, because writing value by value costs three times as much."""
    account, counter, hit, time, identity, kind, robot, url, name, detail = row
    return (
        f"{account}\t{counter}\t{_text(hit)}\t{time.isoformat()}\t{_NULL if identity is None else identity}"
        f"\t{kind}\t{'t' if robot else 'f'}\t{_text(url)}\t{_text(name)}\t{_text(detail)}\n"
    )


def _text(value: str | None) -> str:
    if value is None:
        return _NULL
    if "\\" in value or "\t" in value or "\n" in value or "\r" in value:
        return value.translate(_ESCAPES)
    return value
