"""Senders' clocks: hits are stored at the corrected time, and once, however often and with what clock they come."""

import json
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from apps.collect import sender
from apps.collect.bodies import Taken, take
from apps.core.errors import Problem
from apps.intake.models import Moved, Tally
from apps.visits.models import Hit
from tests.api.calls import Api
from tests.collect.conftest import hit
from tests.collect.draining import once, stored

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def body(sent_at, *times, **fields):
    hits = [hit(f"h{n}", time=time.isoformat(), **fields) for n, time in enumerate(times)]
    return json.dumps({"hits": hits, "sent_at": sent_at.isoformat()}).encode()


def taken(body_):
    found = take(body_ if isinstance(body_, bytes) else json.dumps(body_).encode(), arrived_at=NOW)
    assert isinstance(found, Taken)
    return found


def codes(found):
    return [one.code for one in found.rejected]


@pytest.mark.parametrize(
    ("ahead", "shift_us"),
    [
        (timedelta(), 0),
        (timedelta(seconds=9.9), 0),
        (timedelta(seconds=-9.9), 0),
        (timedelta(seconds=10), -10_000_000),
        (timedelta(hours=-3), 3 * 3600 * 10**6),
        (timedelta(days=4000), -4000 * 86400 * 10**6),
        (timedelta(days=-9000), 9000 * 86400 * 10**6),
    ],
)
def test_what_the_clock_is_off_by_is_what_the_times_are_off_by(ahead, shift_us):
    sent_at = NOW + ahead
    found = taken(body(sent_at, sent_at - timedelta(seconds=3)))
    assert (found.shift_us, found.count, found.rejected) == (shift_us, 1, ())


def test_a_body_that_tells_no_clock_is_believed():
    for nothing in ({}, {"sent_at": None}):
        found = taken({"hits": [hit(time=NOW.isoformat())], **nothing})
        assert (found.shift_us, found.count) == (None, 1)


def test_a_bare_hit_may_tell_the_clock_too():
    sent_at = (NOW - timedelta(hours=1)).isoformat()
    found = taken(hit(time=sent_at, sent_at=sent_at))
    assert (found.shift_us, found.count) == (3600 * 10**6, 1)


def test_the_future_begins_five_minutes_after_the_corrected_present():
    late = NOW + timedelta(days=1)
    found = taken(body(late, late, late + timedelta(minutes=4), late + timedelta(minutes=6), NOW))
    assert (found.count, codes(found)) == (3, ["time_in_future"])
    early = NOW - timedelta(days=1)
    found = taken(body(early, early, NOW))
    assert (found.count, codes(found)) == (1, ["time_in_future"])


def test_old_times_are_corrected_as_well_and_1970_is_the_beginning():
    long_ago = datetime(1971, 1, 1, tzinfo=UTC)
    assert taken(body(long_ago, long_ago)).count == 1
    found = taken(body(NOW + timedelta(days=36_000), long_ago))
    assert codes(found) == ["time_too_old"]


@pytest.mark.parametrize(
    "sent_at",
    ["2026-05-04T12:00:00", "yesterday", 1_777_000_000, 1_777_000_000_000, "", "0001-01-01T00:00:00+23:59",
     "9999-12-31T23:59:59-23:59", "1969-12-31T23:59:59Z", True, [], {}, "NaN"],
)  # fmt: skip
def test_a_clock_that_cannot_be_read_is_told_by_name(sent_at):
    for told in ({"hits": [hit(time=NOW.isoformat())]}, hit(time=NOW.isoformat())):
        found = take(json.dumps({**told, "sent_at": sent_at}).encode(), arrived_at=NOW)
        assert isinstance(found, Problem)
        assert found.code in {"invalid", "no_offset"}
        assert "sent_at" in str(found.detail)


@pytest.mark.parametrize("shift_us", [None, 0, -5, 10**15])
@pytest.mark.parametrize("signals", ["", "d", "dg"])
def test_a_record_keeps_what_is_told_of_its_sender(shift_us, signals):
    who = sender.unpack(sender.pack("192.0.2.1", "Mozilla", shift_us, signals))
    assert who == sender.Sender("192.0.2.1", "Mozilla", shift_us, "d" in signals, "g" in signals)


def test_records_of_before_are_still_read():
    assert sender.unpack(b"192.0.2.1\nMozilla") == sender.Sender("192.0.2.1", "Mozilla")
    assert sender.unpack(b"") == sender.Sender()
    assert sender.pack("", "") == b""


# -- stored --------------------------------------------------------------------------------------------------------


def send(shop, time, clock, name="h"):
    """One attempt to send the hit, made at `time` by a clock that is ahead by `clock` seconds."""
    sent_at = datetime.now(UTC) + timedelta(seconds=clock)
    told = {"hits": [hit(name, time=time.isoformat())], "sent_at": sent_at.isoformat()}
    assert shop.send(told).status == 202


@pytest.mark.django_db(transaction=True)
def test_hits_are_stored_at_the_corrected_time(shop):
    real = datetime.now(UTC) - timedelta(minutes=10)
    for name, clock in (("right", 0), ("ahead", 7200), ("behind", -86400 * 400)):
        send(shop, real + timedelta(seconds=clock), clock, name)
    once()
    for stored_hit in Hit.objects.all():
        assert abs(stored_hit.time - real) < timedelta(seconds=5), stored_hit.id
    assert Hit.objects.get(id="right").time == real
    assert sorted(Moved.objects.values_list("id", flat=True)) == ["ahead", "behind"]


ATTEMPTS = [*sorted(set(permutations([0, 3600, 3605, -90]))), (3600, 3600, 0, 0), (0, 0, -11, 9)]
"""What the clock is ahead by at each attempt to send the same hit."""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("together", [True, False])
def test_sent_again_with_another_clock_it_is_the_same_hit(shop, together):
    time = datetime.now(UTC) - timedelta(minutes=30)
    for round_ in range(4):
        for clocks in ATTEMPTS:
            for _ in range(2):
                send(shop, time, clocks[round_], str(clocks))
        if not together:
            once()
    once()
    assert stored() == sorted(map(str, ATTEMPTS))
    assert sum(Tally.objects.values_list("duplicates", flat=True)) == 7 * len(ATTEMPTS)
    if not together:
        for clocks in ATTEMPTS:
            moved = Hit.objects.get(id=str(clocks)).time
            assert abs(moved - (time - timedelta(seconds=clocks[0]))) < timedelta(seconds=20)


@pytest.mark.django_db(transaction=True)
def test_different_times_are_different_hits_whatever_the_clock(shop):
    time = datetime.now(UTC) - timedelta(minutes=30)
    for n in range(3):
        send(shop, time + timedelta(seconds=n), 3600)
    once()
    assert stored() == ["h", "h", "h"]


@pytest.mark.django_db
def test_the_api_takes_the_senders_clock_too(cast):
    api, path = Api(cast, "ingest"), f"counters/{cast.counter.pk}/hits/"
    time = datetime.now(UTC) - timedelta(minutes=3)
    for clock in (-7200, -7260, 0):
        sent_at = (datetime.now(UTC) + timedelta(seconds=clock)).isoformat()
        one = hit("h", time=(time - timedelta(hours=2)).isoformat())
        told = api.post(path, {"hits": [one], "sent_at": sent_at}).json()
        assert (told["accepted"], told["duplicates"]) == ((1, 0) if clock == -7200 else (0, 1))
    assert abs(Hit.objects.get().time - time) < timedelta(seconds=5)
    for wrong in ("now", "2026-01-01T00:00:00", "9999-12-31T00:00:00Z"):
        answer = api.post(path, {"hits": [hit()], "sent_at": wrong})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "#/sent_at")
