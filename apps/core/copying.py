"""COPY of many small rows, below psycopg's row-by-row interface, which costs more than the rows themselves."""

import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from django.db import connection

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
NULL = struct.pack("!i", -1)
_LENGTH = struct.Struct("!i").pack


def text(value: str | None) -> bytes:
    """A packed text."""
    if value is None:
        return NULL
    encoded = value.encode()
    return _LENGTH(len(encoded)) + encoded


def jsonb(encoded: bytes) -> bytes:
    """Packed JSON: the version of the format goes before it."""
    return _LENGTH(len(encoded) + 1) + b"\x01" + encoded


@contextmanager
def copying_in(statement: str) -> Iterator[Callable[[Iterable[bytes]], None]]:
    """Run `COPY ... FROM STDIN (FORMAT BINARY)`: PostgreSQL stores what is sent while more is made."""
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(_HEADER)
        yield lambda rows: copy.write(b"".join(rows))
        copy.write(_TRAILER)
