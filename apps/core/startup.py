"""Refusals to start become words on standard error and exit code 1, in every process of the portal.

Each entry (`manage.py`, config/wsgi.py, config/celery.py, `python -m apps.core.embedded`) wraps its beginning.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from apps.core.embedded.errors import EmbeddedError
from apps.core.env import BadSetting

CONNECTING = ("08", "28", "3D000", "53300", "57P03")
"""SQLSTATEs of a server that does not let us in; psycopg has none where nobody answers."""


@contextmanager
def refusals() -> Iterator[None]:
    """Say why it cannot start, without a traceback; a fault of the program keeps its own."""
    try:
        yield
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        raise SystemExit(130) from None
    except Exception as error:
        if (reason := _reason(error)) is None:
            raise
        print(reason.encode(errors="backslashreplace").decode(), file=sys.stderr)
        raise SystemExit(1) from None


def _reason(error: Exception) -> str | None:
    """What to say of a refusal; None for anything else."""
    if isinstance(error, BadSetting | EmbeddedError):
        return str(error)
    cause = error.__cause__ or error
    if type(error).__name__ == "OperationalError" and _is_of("psycopg", cause):
        state = getattr(cause, "sqlstate", None)
        if state is None or state.startswith(CONNECTING):
            return f"PostgreSQL cannot be used. Correct DATABASE_URL, or start it.\n    {str(cause).strip()}"
    if type(error).__name__ == "ConnectionError" and _is_of("redis", error):
        return f"Valkey or Redis cannot be reached. Correct REDIS_URL, or start it.\n    {error}"
    return None


def _is_of(package: str, error: BaseException) -> bool:
    """Whether the error, or what it derives from, comes from this package, which may not be installed."""
    return any(kind.__module__.partition(".")[0] == package for kind in type(error).__mro__)
