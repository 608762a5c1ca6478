"""Advisory locks of PostgreSQL, held to the end of the transaction or block; their kinds are listed here only."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum

from django.db import DEFAULT_DB_ALIAS, connection, connections

PAUSE = 0.2  # seconds between two tries of `alone`


class Lock(IntEnum):
    """First key of the two-key advisory locks; the second is an id folded to 32 bits."""

    GOALS = 1  # storing facts and linking hold it shared, saving a goal version alone (second key: account)
    JUDGE = 2  # one judge for each share of an account's people (account and share, folded)
    PARTITIONS = 3  # making and dropping partitions (0)
    LEDGER = 4  # opening a run (account)
    VISITS = 7  # bringing stored visits up to date (account)
    IDEMPOTENCY = 5  # answering one Idempotency-Key (hash of caller and key, folded)
    MIGRATE = 11  # changing the schema (0)
    DEMO = 12  # filling the database with the demo (0)
    OPERATOR = 8  # making the first operator (0)
    CHATS = 10  # one who looks at an account's chats; taken before GOALS (account)


def _fold(key: int) -> int:
    return (key ^ (key >> 32)) & 0x7FFFFFFF


def take(kind: Lock, key: int) -> None:
    """Wait for the lock and hold it alone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [int(kind), _fold(key)])


def share(kind: Lock, key: int) -> None:
    """Wait for the lock and hold it together with others who share it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, %s)", [int(kind), _fold(key)])


def try_take(kind: Lock, key: int) -> bool:
    """Hold the lock alone if it is free now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [int(kind), _fold(key)])
        return bool(cursor.fetchone()[0])


@contextmanager
def alone(kind: Lock, database: str = DEFAULT_DB_ALIAS, *, waits: Callable[[], object]) -> Iterator[None]:
    """Hold the lock alone within the block, outside any transaction; `waits` is called once if it is taken.

    On a connection of its own, which what is done meanwhile cannot close; its end frees the lock. It asks again and
    again: a statement that waits would itself be waited for by CREATE INDEX CONCURRENTLY.
    """
    own = connections[database].copy()
    try:
        with own.cursor() as cursor:
            while True:
                cursor.execute("SELECT pg_try_advisory_lock(%s, 0)", [int(kind)])
                if cursor.fetchone()[0]:
                    break
                waits()
                waits = lambda: None  # noqa: E731
                time.sleep(PAUSE)
        yield
    finally:
        own.close()
