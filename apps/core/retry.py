"""Doing a transaction again that PostgreSQL broke off to end a deadlock or a conflict."""

from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connection
from psycopg import errors

Result = TypeVar("Result")
TIMES = 4


def retrying(transaction: Callable[[], Result]) -> Result:
    """Call a function that owns its transaction, again after a deadlock; inside another one only once."""
    for _ in range(TIMES - 1):
        if connection.in_atomic_block:
            break
        try:
            return transaction()
        except OperationalError as error:
            if not isinstance(error.__cause__, errors.DeadlockDetected | errors.SerializationFailure):
                raise
    return transaction()
