"""Hits are written here."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import IntegrityError, connection, transaction

from apps.visits import partitions
from apps.visits.retention import drop_old_hits

__all__ = ["HitRow", "drop_old_hits", "insert_hits", "keep_partitions", "prepare_days"]

HitKey = tuple[int, int, str, datetime]
"""(account, counter, id, time)"""
WORTH_TRYING = 500  # hits a batch
DOUBTS = 20
_doubts = 0


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
        fresh = None if _insert_all(cursor, len(rows)) else _insert_new(cursor, len(rows))
        cursor.execute("TRUNCATE incoming_hit")
    return fresh


def _insert_all(cursor: Any, count: int) -> bool:
    """Store the whole batch if none of it is known: a third cheaper than to be prepared for those that are.

    A batch that holds a known hit pays for it, so after one the next few are not tried this way.
    """
    global _doubts  # noqa: PLW0603 (a guess of this process about what comes)
    if count < WORTH_TRYING:
        return False
    if _doubts:
        _doubts -= 1
        return False
    try:
        with transaction.atomic():
            cursor.execute("INSERT INTO visits_hit SELECT * FROM incoming_hit")
    except IntegrityError:
        _doubts = DOUBTS
        return False
    return True


def _insert_new(cursor: Any, count: int) -> set[HitKey] | None:
    cursor.execute(
        "INSERT INTO visits_hit SELECT * FROM incoming_hit ON CONFLICT DO NOTHING"
        " RETURNING account_id, counter_id, id, time"
    )
    return None if cursor.rowcount == count else set(cursor.fetchall())


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
