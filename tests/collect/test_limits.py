"""Rate limits over several workers, with a real Valkey and without one."""

import time
from uuid import uuid4

import pytest
import redis
from django.conf import settings

from apps.collect.edge import Edge
from apps.collect.limits import WINDOW, Limits, bucket
from apps.collect.spool import Spool
from tests.collect.conftest import Door, hit, together

START = 1_700_000_040 * 1_000_000  # the beginning of a minute
SECOND = 1_000_000


@pytest.fixture
def worker():
    made = []

    def make(rate, **options):
        made.append(Limits(rate, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_visitors_whose_address_nobody_tells_do_not_share_a_limit(tmp_path, given_counters):
    spool = Spool(tmp_path / "spool")
    door = Door(Edge(spool=spool, counters=given_counters, limits=Limits(1)))
    for n in range(3):
        assert door.send(hit(f"a{n}"), REMOTE_ADDR="").status == 202
        assert (
            door.send(path="/pixel/7.gif", method="GET", QUERY_STRING="event=e", REMOTE_ADDR="").status == 200
        )
    assert len(door.records) == 6
    assert [door.send(hit(f"b{n}")).status for n in range(2)] == [202, 429]
    spool.close()


def passed(limits, count, at=START, key=(1, "a")):
    return sum(limits.wait(key, at) == 0 for _ in range(count))


def eventually(check):
    end = time.monotonic() + 5
    while not check():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_the_limit_is_exact_in_one_worker(worker):
    limits = worker(100)
    counts = []
    together(lambda n: counts.append(passed(limits, 50)), 8)
    assert sum(counts) == 100


def test_zero_switches_it_off(worker):
    assert passed(worker(0), 1000) == 1000


def test_counters_and_addresses_are_counted_apart(worker):
    limits = worker(2)
    assert [passed(limits, 5, key=key) for key in ((1, "a"), (1, "b"), (2, "a"))] == [2, 2, 2]


def test_the_minute_slides(worker):
    limits = worker(60)
    assert passed(limits, 100, START + 59 * SECOND) == 60
    assert passed(limits, 100, START + WINDOW) == 0  # not twice the limit around the full minute
    assert passed(limits, 100, START + WINDOW + 30 * SECOND) == 30
    assert passed(limits, 100, START + 3 * WINDOW) == 60


@pytest.mark.parametrize("after", [0, 1, 30, 59])
def test_who_waits_as_told_is_let_in(worker, after):
    limits = worker(60)
    at = START + after * SECOND
    passed(limits, 60, at)
    wait = limits.wait((1, "a"), at)
    assert limits.wait((1, "a"), at + (wait - 2) * SECOND) > 0
    assert limits.wait((1, "a"), at + wait * SECOND) == 0


def test_who_waits_as_told_in_the_next_minute_is_let_in(worker):
    limits = worker(60)
    passed(limits, 60, START)
    at = START + WINDOW
    passed(limits, 60, at + 20 * SECOND)
    wait = limits.wait((1, "a"), at + 20 * SECOND)
    assert limits.wait((1, "a"), at + (20 + wait) * SECOND) == 0


def test_workers_learn_of_each_other(worker):
    options = {"redis_url": settings.REDIS_URL, "secret": uuid4().hex}
    one, two = worker(100, **options), worker(100, **options)
    assert passed(one, 70) == 70
    eventually(lambda: one._now[1, "a"].known == 70)
    assert passed(two, 1) == 1
    eventually(lambda: two._now[1, "a"].known >= 71)
    assert passed(two, 100) == 29
    eventually(lambda: two._now[1, "a"].known == 100)
    assert passed(one, 1) == 1  # what the other let through since is learnt with the next request
    eventually(lambda: one._now[1, "a"].known == 101)
    assert passed(one, 10) == 0


def test_no_address_is_written_to_valkey_and_what_is_ends_by_itself(worker):
    secret = uuid4().hex
    limits = worker(100, redis_url=settings.REDIS_URL, secret=secret)
    limits.wait((4711, "192.0.2.77"), START)
    name = limits._name((4711, "192.0.2.77"), START // WINDOW)
    client = redis.Redis.from_url(settings.REDIS_URL)
    eventually(lambda: client.exists(name))
    assert "192.0.2.77" not in name
    assert 0 < client.ttl(name) <= 120
    assert worker(1, secret="other")._name((4711, "192.0.2.77"), START // WINDOW) != name
    client.close()


def test_without_valkey_each_worker_holds_the_limit_for_itself(worker, tmp_path, caplog):
    limits = worker(10, redis_url=f"unix://{tmp_path}/none.sock")
    assert passed(limits, 20) == 10
    eventually(lambda: caplog.records)
    assert passed(limits, 20, key=(1, "b")) == 10


def test_memory_is_bounded(worker, monkeypatch):
    monkeypatch.setattr("apps.collect.limits.MOST_KEYS", 10)
    limits = worker(1)
    for n in range(100):
        limits.wait((1, str(n)), START)
    assert len(limits._now) == 10


def test_an_address_is_a_bucket():
    assert bucket("192.0.2.1") == "192.0.2.1"
    assert bucket("2001:db8:1:2:3:4:5:6") == bucket("2001:db8:1:2::1") == "2001:db8:1:2::"
    assert bucket("::ffff:192.0.2.1") == "192.0.2.1"
    assert bucket("unix") == "unix"
