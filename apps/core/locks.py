"""Advisory locks of PostgreSQL, held to the end of the transaction; their kinds are listed here only."""

from enum import IntEnum

from django.db import connection


class Lock(IntEnum):
    """First key of the two-key advisory locks; the second is an id folded to 32 bits."""

    GOALS = 1  # storing facts and linking hold it shared, saving a goal version alone (second key: account)
    JUDGE = 2  # one judge for each share of an account's people (account and share, folded)
    PARTITIONS = 3  # making and dropping partitions (0)
    LEDGER = 4  # opening a run (account)
    VISITS = 7  # bringing stored visits up to date (account)
    IDEMPOTENCY = 5  # answering one Idempotency-Key (hash of caller and key, folded)
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
