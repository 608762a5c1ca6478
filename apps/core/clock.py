"""The one clock. Nothing else in the project asks for the time of day."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""Before every fact: times earlier than this are refused everywhere."""

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""Counts of microseconds begin here, as PostgreSQL's own do."""

INSTANT = "timestamptz '2000-01-01 00:00+00' + {} * interval '1 microsecond'"
"""`from_us` in SQL."""

_MICROSECOND = timedelta(microseconds=1)
_shift: ContextVar[timedelta] = ContextVar("clock_shift", default=timedelta())


def now() -> datetime:
    """The present instant, UTC."""
    return datetime.now(UTC) + _shift.get()


@contextmanager
def set_back(by: timedelta) -> Iterator[None]:
    """Within the block the clock stands `by` earlier; only the demo and tests turn it."""
    token = _shift.set(_shift.get() - by)
    try:
        yield
    finally:
        _shift.reset(token)


def to_us(instant: datetime) -> int:
    """Microseconds since 2000, exact; negative before."""
    return (instant - EPOCH) // _MICROSECOND


def from_us(microseconds: int) -> datetime:
    """The instant of a count of microseconds since 2000."""
    seconds, rest = divmod(microseconds, 1_000_000)  # half the price of a timedelta of so many microseconds
    return EPOCH + timedelta(0, seconds, rest)
