"""Days, weeks, months and hours of every time zone, against a plain second writing that walks minute by minute."""

import os
import subprocess
import sys
import zoneinfo
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.core import periods
from tests.guards.source import ROOT

DAY, HOUR, MINUTE, SECOND = (timedelta(seconds=seconds) for seconds in (86400, 3600, 60, 1))
FIRST, LAST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2041, 1, 1, tzinfo=UTC)
ODD = [  # half hours and three quarters, changes at midnight, days left out, an evening that comes twice
    "Asia/Kathmandu", "Australia/Eucla", "Pacific/Chatham", "Australia/Lord_Howe", "Asia/Kolkata", "America/St_Johns",
    "America/Havana", "Asia/Beirut", "America/Santiago", "Pacific/Apia", "Pacific/Kwajalein", "Pacific/Kiritimati",
    "Africa/Casablanca", "America/Sao_Paulo", "Asia/Amman", "Asia/Pyongyang", "Asia/Gaza", "Antarctica/Troll",
    "America/Vancouver", "Pacific/Auckland", "Europe/Berlin", "UTC",
]  # fmt: skip


@cache
def changes(name):
    """When the clocks of a zone were changed: the first minutes after it."""
    zone, found, step = periods.zone(name), [], 12 * DAY
    at, offset = FIRST, FIRST.astimezone(zone).utcoffset()
    while at < LAST:
        at, earlier = at + step, offset
        if (offset := at.astimezone(zone).utcoffset()) != earlier:
            low, high = 0, step // MINUTE
            while high - low > 1:
                middle = (low + high) // 2
                same = (at - step + middle * MINUTE).astimezone(zone).utcoffset() == earlier
                low, high = (middle, high) if same else (low, middle)
            found.append(at - step + high * MINUTE)
    return found


def walked(day, zone):
    """The minutes of a day by a walk through two and a half of them: the calendar on the wall never turns back a page."""
    at, minutes = datetime(day.year, day.month, day.day, tzinfo=UTC) - 15 * HOUR, []
    page, until = (at - DAY).astimezone(zone).date(), at + 55 * HOUR
    while at < until:
        page = max(page, at.astimezone(zone).date())
        if page == day:
            minutes.append(at)
        at += MINUTE
    return minutes


def agrees(day, zone):
    start, end = periods.day(day, zone)
    minutes = walked(day, zone)
    assert (end - start) == len(minutes) * MINUTE, (day, zone)
    if minutes:
        assert (start, end) == (minutes[0], minutes[-1] + MINUTE)
        assert {periods.date_of(minutes[0], zone), periods.date_of(minutes[-1], zone)} == {day}


@st.composite
def days_about_changes(draw):
    name = draw(st.sampled_from(ODD) | st.sampled_from(periods.names()))
    about = draw(st.sampled_from(changes(name) or [FIRST + 3000 * DAY]) | st.datetimes(
        FIRST.replace(tzinfo=None), LAST.replace(tzinfo=None), timezones=st.just(UTC)
    ))  # fmt: skip
    return name, about.date() + draw(st.integers(-1, 1)) * DAY


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(days_about_changes())
def test_a_day_is_what_the_calendar_on_the_wall_shows(case):
    name, day = case
    agrees(day, periods.zone(name))


@pytest.mark.parametrize(
    ("name", "day", "start", "hours"),
    [
        ("UTC", date(2026, 3, 2), "2026-03-02T00:00", 24),
        ("Europe/Berlin", date(2026, 3, 29), "2026-03-28T23:00", 23),
        ("Europe/Berlin", date(2026, 10, 25), "2026-10-24T22:00", 25),
        ("Asia/Kathmandu", date(2026, 3, 2), "2026-03-01T18:15", 24),
        ("Australia/Lord_Howe", date(2026, 4, 5), "2026-04-04T13:00", 24.5),
        ("Asia/Beirut", date(2025, 3, 30), "2025-03-29T22:00", 23),  # no midnight that day
        ("America/Santiago", date(2026, 9, 6), "2026-09-06T04:00", 23),
        ("America/Santiago", date(2026, 4, 4), "2026-04-04T03:00", 25),  # set back at its end
        ("America/Havana", date(2025, 11, 2), "2025-11-02T04:00", 25),  # midnight twice
        ("Pacific/Apia", date(2011, 12, 30), "2011-12-30T10:00", 0),  # left out
        ("Pacific/Apia", date(2011, 12, 31), "2011-12-30T10:00", 24),
        ("America/St_Johns", date(2010, 11, 7), "2010-11-07T02:30", 25),  # 00:01 became 23:01
        ("America/Vancouver", date(2026, 11, 1), "2026-11-01T07:00", 24),  # not set back any more
    ],
)
def test_known_days(name, day, start, hours):
    zone = periods.zone(name)
    assert periods.day(day, zone).start == datetime.fromisoformat(f"{start}+00:00")
    assert periods.day(day, zone).end - periods.day(day, zone).start == timedelta(hours=hours)
    agrees(day, zone)


def test_every_day_of_every_zone_begins_at_the_first_instant_of_its_date():
    """About every change of clocks from 1990 to 2040; elsewhere a day is midnight to midnight."""
    files = {resources.files("tzdata.zoneinfo").joinpath(name).read_bytes(): name for name in periods.names()}
    for name in files.values():  # many zones have several names
        zone = periods.zone(name)
        for at in changes(name):
            for day in (at.astimezone(zone).date() + n * DAY for n in (-1, 0, 1)):
                start = periods.start_of_day(day, zone)
                assert start.astimezone(zone).date() >= day > (start - SECOND).astimezone(zone).date(), (
                    name,
                    day,
                )
                assert periods.date_of(start, zone) == start.astimezone(zone).date()
                assert periods.date_of(start - SECOND, zone) < day


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no slow strategy
@given(st.sampled_from(ODD), st.datetimes(datetime(1990, 1, 1), datetime(2040, 12, 31)), st.integers(0, 400))  # noqa: DTZ001
def test_days_lie_side_by_side_and_every_instant_in_one(name, naive, length):
    zone, at = periods.zone(name), naive.replace(tzinfo=UTC)
    day = periods.date_of(at, zone)
    start, end = periods.day(day, zone)
    assert start <= at < end
    assert periods.today(at, zone) == (start, end)
    first, last = periods.last_dates(length + 1, day)
    bounds = periods.bounds(first, last, zone)
    assert (
        (bounds[0], bounds[-1]) == periods.days(first, last, zone) == periods.last_days(length + 1, at, zone)
    )
    assert bounds == sorted(bounds)
    assert len(bounds) == len(periods.dates(first, last)) + 1 == length + 2
    assert bounds[-2:] == [start, end]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(ODD), st.dates(date(1990, 1, 1), date(2040, 12, 31)))
def test_weeks_begin_on_monday_and_months_on_the_first(name, day):
    zone = periods.zone(name)
    monday, first = day - day.weekday() * DAY, day.replace(day=1)
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    assert periods.week(day, zone) == periods.days(monday, monday + 6 * DAY, zone)
    assert periods.month(day, zone) == periods.days(first, following - DAY, zone)


def test_hours_are_whole_hours_of_utc_in_zones_with_half_ones_too():
    at = datetime(2026, 5, 4, 12, 59, 59, 999_999, tzinfo=UTC)
    noon = at.replace(minute=0, second=0, microsecond=0)
    assert (
        periods.hour(at)
        == periods.hour(at.astimezone(periods.zone("Asia/Kathmandu")))
        == (noon, noon + 60 * MINUTE)
    )
    assert periods.last_complete_hour(at) == (noon - 60 * MINUTE, noon)


@pytest.mark.parametrize("name", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_the_ends_of_the_calendar_are_days_too(name):
    zone = periods.zone(name)
    for make in (periods.day, periods.week, periods.month):
        for day in (date.min, date.max):
            start, end = make(day, zone)
            assert start <= end
    assert periods.days(date.min, date.max, zone) == (periods.BEGINNING, periods.END)
    assert periods.last_dates(30, date.min) == (date.min, date.min)


def test_a_zone_that_there_is_not_is_utc_and_known_as_such():
    for name in ("Mars/Base", "", "../etc/passwd", "America", "Factory", "localtime"):
        assert not periods.is_known(name)
        assert periods.zone(name).key == "UTC"
    assert {"UTC", "Europe/Berlin", "America/Vancouver"} <= set(periods.names())


ASKED = """
import zoneinfo
before = zoneinfo.ZoneInfo("America/Vancouver")  # as a library may that is loaded first
import config
from datetime import datetime
from apps.core import periods
at = datetime(2026, 12, 1)
print(*(zone.utcoffset(at) for zone in (before, zoneinfo.ZoneInfo("America/Vancouver"), periods.zone("America/Vancouver"))))
print(zoneinfo.TZPATH, periods.is_known("Mars/Base"), "Mars/Base" in zoneinfo.available_timezones())
"""


def test_the_pinned_zone_data_wins_over_the_systems_and_the_environments(tmp_path: Path):
    """An older system's Vancouver still sets its clocks back; here it is UTC, so that nobody mistakes it."""
    old = resources.files("tzdata.zoneinfo").joinpath("UTC").read_bytes()
    for name in ("America/Vancouver", "Mars/Base"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(old)
    env = {**os.environ, "PYTHONTZPATH": str(tmp_path), "DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run(
        [sys.executable, "-c", ASKED], cwd=ROOT, env=env, capture_output=True, text=True, check=True
    )
    offsets, rest = done.stdout.splitlines()
    assert offsets == "0:00:00 -1 day, 17:00:00 -1 day, 17:00:00"
    assert rest == "() False False"


def test_here_too_the_system_is_not_asked():
    assert zoneinfo.TZPATH == ()
