"""Hits into their table, as PostgreSQL's own binary rows: half of what text costs here, and less there."""

import struct
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
import psycopg
from django.db import connection, transaction

from apps.core import clock

HitKey = tuple[int, int, str, datetime]
"""(account, counter, id, time)"""
DOUBTS = 20
_doubts = 0


class HitRow(msgspec.Struct, frozen=True, gc=False):
    """A hit as it is stored; `detail` is JSON."""

    account: int
    counter: int
    id: str
    time: datetime
    identity: int | None
    kind: int
    robot: bool
    url: str | None
    name: str | None
    detail: bytes | None


def insert_hits(*, rows: Sequence[HitRow]) -> set[HitKey] | None:
    """Store hits, the first of each key; the keys that are new, or None if all of them are.

    Must be in a transaction.
    """
    packed = pack(rows)
    with connection.cursor() as cursor:
        return None if _insert_all(cursor, packed) else _insert_new(cursor, packed, len(rows))


def _insert_all(cursor: Any, packed: bytes) -> bool:
    """Store the whole batch if none of it is known: half the price of being prepared for those that are.

    A batch that holds a known hit pays for it, so after one the next few are not tried this way.
    """
    global _doubts  # noqa: PLW0603 (a guess of this process about what comes)
    if _doubts:
        _doubts -= 1
        return False
    try:
        with transaction.atomic():
            _copy(cursor, "visits_hit", packed)
    except psycopg.IntegrityError:
        _doubts = DOUBTS
        return False
    return True


def _insert_new(cursor: Any, packed: bytes, count: int) -> set[HitKey] | None:
    cursor.execute(
        "CREATE TEMPORARY TABLE IF NOT EXISTS incoming_hit (account_id bigint, counter_id bigint,"
        " id text, time timestamptz, identity_id bigint, kind smallint, robot boolean, url text,"
        " name text, detail jsonb) ON COMMIT DELETE ROWS"
    )
    _copy(cursor, "incoming_hit", packed)
    cursor.execute(
        "INSERT INTO visits_hit SELECT * FROM incoming_hit ON CONFLICT DO NOTHING"
        " RETURNING account_id, counter_id, id, time"
    )
    fresh = None if cursor.rowcount == count else set(cursor.fetchall())
    cursor.execute("TRUNCATE incoming_hit")
    return fresh


def _copy(cursor: Any, table: str, packed: bytes) -> None:
    with cursor.copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy:
        copy.write(packed)


# PostgreSQL, "COPY", binary format: for each row the number of fields, then each field's length and bytes.
_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = struct.pack("!h", -1)
_FIELDS = len(HitRow.__struct_fields__)
_key = struct.Struct("!h iq iq i").pack  # fields, account, counter, length of the id
_plain = struct.Struct("!iq iq ih i?").pack  # time, identity, kind, robot
_nobody = struct.Struct("!iq i ih i?").pack
_length = struct.Struct("!i").pack
_NULL = _length(-1)
_JSONB = b"\x01"  # its version


def pack(rows: Iterable[HitRow]) -> bytes:
    """The rows for COPY, their columns in the order of `HitRow` and of the table."""
    parts = [_HEADER]
    for row in rows:
        id_, url, name, detail = row.id.encode(), row.url, row.name, row.detail
        us = clock.to_us(row.time)  # as PostgreSQL counts
        parts += (
            _key(_FIELDS, 8, row.account, 8, row.counter, len(id_)),
            id_,
            _nobody(8, us, -1, 2, row.kind, 1, row.robot)
            if row.identity is None
            else _plain(8, us, 8, row.identity, 2, row.kind, 1, row.robot),
            _NULL if url is None else _text(url),
            _NULL if name is None else _text(name),
            _NULL if detail is None else _length(len(detail) + 1) + _JSONB + detail,
        )
    parts.append(_TRAILER)
    return b"".join(parts)


def _text(value: str) -> bytes:
    data = value.encode()
    return _length(len(data)) + data
