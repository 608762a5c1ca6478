"""COPY of many small rows, below psycopg's row-by-row interface, which costs more than the rows themselves."""

import struct
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from psycopg import ClientCursor, pq

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
NULL = struct.pack("!i", -1)
_INT8 = struct.Struct("!iq").pack
_LENGTH = struct.Struct("!i").pack


def copy_out(statement: str, params: Sequence[Any]) -> bytes:
    """What `COPY ... TO STDOUT (FORMAT BINARY)` says, without header and trailer: rows of packed columns."""
    connection.ensure_connection()
    raw = connection.connection
    pgconn = raw.pgconn
    query = ClientCursor(raw).mogrify(statement, params)
    result = pgconn.exec_(query.encode())
    if result.status != pq.ExecStatus.COPY_OUT:
        raise RuntimeError(f"COPY was refused: {result.get_error_message()}")
    chunks: list[memoryview] = []
    while True:
        size, data = pgconn.get_copy_data(0)
        if size < 0:
            break
        chunks.append(data)
    end = pgconn.get_result()
    while pgconn.get_result() is not None:
        pass
    if size == -2 or end is None or end.status != pq.ExecStatus.COMMAND_OK:
        raise RuntimeError(f"COPY broke off: {pgconn.get_error_message()}")
    return b"".join(chunks)[len(_HEADER) : -len(_TRAILER)]


def int8(value: int | None) -> bytes:
    """A packed bigint, or a timestamptz by its microseconds since 2000."""
    return NULL if value is None else _INT8(8, value)


def text(value: str | None) -> bytes:
    """A packed text."""
    if value is None:
        return NULL
    encoded = value.encode()
    return _LENGTH(len(encoded)) + encoded


def boolean(value: bool | None) -> bytes:  # noqa: FBT001 - a column's value
    """A packed boolean."""
    return NULL if value is None else b"\0\0\0\1" + (b"\1" if value else b"\0")


def copy_in(statement: str, rows: Iterable[bytes]) -> None:
    """Run `COPY ... FROM STDIN (FORMAT BINARY)` with packed rows."""
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(b"".join([_HEADER, *rows, _TRAILER]))
