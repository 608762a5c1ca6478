"""Another session of the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection


@contextmanager
def elsewhere(statement: str, *values: Any) -> Iterator[None]:
    """Run this in another session, which ends with the block."""
    wanted = connection.get_connection_params()
    other = psycopg.connect(
        **{name: wanted[name] for name in ("dbname", "user", "password", "host", "port") if name in wanted}
    )
    try:
        other.execute(statement, list(values))
        yield
    finally:
        other.rollback()
        other.execute("SELECT pg_advisory_unlock_all()")  # the server notices later that nobody is there
        other.close()
