"""Days, weeks and months of a time zone, and whole hours, as instants: `[start, end)` in UTC. Pure.

The one place that turns dates into instants and back: SQL is handed instants and knows no zones, so that whatever the
zone files of the database and of the system say, there is one answer.
"""

import zoneinfo
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

# The pinned `tzdata` alone: the system's zone files may be years older, and PYTHONTZPATH may name any.
zoneinfo.reset_tzpath(to=())
ZoneInfo.clear_cache()

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SHOWN_DAYS = 30
"""So many days, today among them, a report covers unless others are named."""
FIRST, LAST = date(1, 1, 3), date(9999, 12, 29)
"""Dates beyond these stand for the beginning and the end of time: some zones could not write their midnights."""
BEGINNING, END = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_NO_PLACES = frozenset({"Factory", "localtime", "posixrules"})


class Period(NamedTuple):
    """From `start` on, before `end`; both UTC."""

    start: datetime
    end: datetime


@cache
def names() -> tuple[str, ...]:
    """The names of all time zones, UTC first."""
    return ("UTC", *sorted(zoneinfo.available_timezones() - _NO_PLACES - {"UTC"}))


def is_known(name: str) -> bool:
    """Whether there is a time zone of this name."""
    return name in _known_names()


@cache
def _known_names() -> frozenset[str]:
    return frozenset(names())


def zone(name: str) -> ZoneInfo:
    """The time zone of this name; UTC where the zone data has it no longer (`is_known` tells)."""
    return ZoneInfo(name if is_known(name) else "UTC")


def start_of_day(day: date, zone: tzinfo) -> datetime:
    """The first instant whose local date is this day: midnight, or where the clock jumped over it.

    A day that a zone left out (Apia had no 30 December 2011) begins where the next one does.
    """
    if not FIRST <= day <= LAST:
        return BEGINNING if day < FIRST else END
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    start = midnight.astimezone(UTC)
    if start.astimezone(zone).date() == day and midnight.utcoffset() == midnight.replace(fold=1).utcoffset():
        return start
    return _first_instant(day, midnight, zone)


def _first_instant(day: date, midnight: datetime, zone: tzinfo) -> datetime:
    """The start of a day about whose midnight the clock was changed."""
    first, second = midnight.astimezone(UTC), midnight.replace(fold=1).astimezone(UTC)
    if first <= second:  # midnight came twice
        return first
    low, high = int(second.timestamp()), int(first.timestamp())  # there was none: the jump is between these
    while low < high:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).date() < day:
            low = middle + 1
        else:
            high = middle
    return datetime.fromtimestamp(low, UTC)


def date_of(instant: datetime, zone: tzinfo) -> date:
    """The day that this instant lies in.

    Where a clock is set back over midnight, the evening that comes a second time belongs to the new day already:
    days never interleave.
    """
    local = instant.astimezone(zone)
    day = local.date()
    if local.fold and start_of_day(day + DAY, zone) <= instant:
        return day + DAY
    return day


def day(day: date, zone: tzinfo) -> Period:
    """One day."""
    return days(day, day, zone)


def days(first: date, last: date, zone: tzinfo) -> Period:
    """The days from first to last, both inclusive, whatever the clocks did in between."""
    return Period(start_of_day(first, zone), start_of_day(_after(last), zone))


def bounds(first: date, last: date, zone: tzinfo) -> list[datetime]:
    """The start of each of these days and, last, the end of the last one: what SQL sorts instants into days by."""
    return [start_of_day(one, zone) for one in [*dates(first, last), _after(last)]]


def dates(first: date, last: date) -> list[date]:
    """Every date from first to last, both inclusive."""
    return [first + number * DAY for number in range((last - first).days + 1)]


def week(day: date, zone: tzinfo) -> Period:
    """The week, from Monday on, that this day lies in."""
    monday = date.fromordinal(max(day.toordinal() - day.weekday(), 1))
    return Period(
        start_of_day(monday, zone), start_of_day(date.fromordinal(_ordinal(monday.toordinal() + 7)), zone)
    )


def month(day: date, zone: tzinfo) -> Period:
    """The calendar month that this day lies in."""
    first = day.replace(day=1)
    after = date.fromordinal(_ordinal(first.toordinal() + 31)).replace(day=1)
    return Period(start_of_day(first, zone), start_of_day(after if after > first else date.max, zone))


def today(now: datetime, zone: tzinfo) -> Period:
    """The day of `now`."""
    return day(date_of(now, zone), zone)


def last_dates(count: int, last: date) -> tuple[date, date]:
    """The first and the last of so many days that end with `last`."""
    return date.fromordinal(_ordinal(last.toordinal() - count + 1)), last


def last_days(count: int, now: datetime, zone: tzinfo) -> Period:
    """The last so many days, today among them."""
    return days(*last_dates(count, date_of(now, zone)), zone)


def hour(instant: datetime) -> Period:
    """The whole UTC hour that this instant lies in. (Zones with half hours still have whole UTC hours.)"""
    start = instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return Period(start, start + HOUR)


def last_complete_hour(instant: datetime) -> Period:
    """The newest whole UTC hour that has ended."""
    start = hour(instant).start - HOUR
    return Period(start, start + HOUR)


def _after(day: date) -> date:
    return date.fromordinal(_ordinal(day.toordinal() + 1))


def _ordinal(number: int) -> int:
    """Of a date that there is."""
    return min(max(number, 1), date.max.toordinal())
