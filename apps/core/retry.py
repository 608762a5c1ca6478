"""Transactions that are done again because somebody else came first: the one place where that is decided."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import psycopg
from django.db import Error, OperationalError, connection, transaction
from psycopg import errors

Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")
TIMES = 8
_PASSING = (
    errors.DeadlockDetected,
    errors.SerializationFailure,
    errors.LockNotAvailable,
    # Somebody wrote the row between our reading and our writing: the next reading sees it, and refuses in words.
    errors.UniqueViolation,
)


class Overtaken(OperationalError):
    """What was read before a lock is no longer so under it: the transaction has to be done again."""


def retrying(act: Callable[[], Result]) -> Result:
    """Call a function that owns its transaction, again where another one came first.

    Inside a transaction it is called once: whoever owns that one does the whole of it again.
    """
    for _ in range(TIMES - 1):
        if connection.in_atomic_block:
            break
        try:
            return act()
        except (Error, psycopg.Error) as error:  # psycopg's own come out of COPY
            if not _passes(error):
                raise
    return act()


def _passes(error: Exception) -> bool:
    return isinstance(error, (Overtaken, *_PASSING)) or isinstance(error.__cause__, _PASSING)


def transactional(service: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Run a service in a transaction, as `transaction.atomic` does, and again where another one came first."""
    owning = transaction.atomic(service)

    @wraps(service)
    def done(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        return retrying(lambda: owning(*args, **kwargs))

    return done
