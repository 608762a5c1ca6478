"""Days of an account's calendar as instants. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def span(first_day: date, last_day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """`[start, end)` of the days from first to last, both inclusive, whatever the clocks did in between."""
    return _start(first_day, zone), _start(last_day + timedelta(days=1), zone)


def _start(day: date, zone: ZoneInfo) -> datetime:
    """The first instant whose local date is this day: midnight, or where the clock jumped over it."""
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
