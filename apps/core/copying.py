"""COPY of many small rows, below psycopg's row-by-row interface, which costs more than the rows themselves."""

import struct
from collections.abc import Iterable

from django.db import connection

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
NULL = struct.pack("!i", -1)
_INT8 = struct.Struct("!iq").pack
_LENGTH = struct.Struct("!i").pack


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
