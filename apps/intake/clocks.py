"""Clocks of senders. Pure.

A body may say when it was sent by its sender's own clock. What that clock is off by is what the body's hits are off
by too, and they are stored at the corrected time; their key stays what was sent.
"""

from datetime import UTC, datetime, timedelta

from apps.core.clock import BEGINNING
from apps.core.errors import Problem
from apps.intake import records
from apps.intake.records import HitIn

RIGHT = timedelta(seconds=10)
"""A clock that is off by less is taken as right: the way through the network may take as long."""
LATEST = datetime(9000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def shift_us(*, sent_at: datetime, arrived_at: datetime) -> int | Problem:
    """What to add to this sender's times, microseconds."""
    if sent_at.tzinfo is None:
        return Problem(
            "sent_at", "no_offset", f"sent_at {sent_at.isoformat()} has no offset; write Z or +00:00."
        )
    if not BEGINNING <= sent_at < LATEST:
        return Problem("sent_at", "invalid", f"sent_at {sent_at.isoformat()} is before 1970 or after 9000.")
    shift = arrived_at - sent_at
    return 0 if abs(shift) < RIGHT else shift // _MICROSECOND


def check_hit(hit: HitIn, *, arrived_at: datetime, shift_us: int | None) -> Problem | None:
    """The first rule that this hit breaks, its time taken as corrected."""
    if not shift_us:
        return records.check_hit(hit, arrived_at=arrived_at)
    sent_at = arrived_at - timedelta(microseconds=shift_us)
    return records.check_hit(hit, arrived_at=sent_at) or _corrected(hit.time, shift_us)


def time_problem(time: datetime, *, arrived_at: datetime, shift_us: int | None) -> Problem | None:
    """Why a hit that arrives then cannot be of this time by its sender's clock, if so."""
    if not shift_us:
        return records.time_problem(time, arrived_at)
    sent_at = arrived_at - timedelta(microseconds=shift_us)
    return records.time_problem(time, sent_at) or _corrected(time, shift_us)


def _corrected(time: datetime, shift_us: int) -> Problem | None:
    try:
        if time + timedelta(microseconds=shift_us) >= BEGINNING:
            return None
    except OverflowError:
        pass
    return Problem("time", "time_too_old", f"time {time.isoformat()}, corrected by sent_at, is before 1970.")
