"""Web, drain, worker, PostgreSQL and Valkey are killed -9 at random while hits and events come in.

Every acknowledged fact must be there exactly once, and the conversions must be those of a plain recount.
"""

import random
import time
from dataclasses import asdict
from datetime import timedelta

import pytest

from apps.core import clock
from tests.conversions.pure_worlds import event_json, instant
from tests.faults import shop
from tests.faults.clients import Sender, batches
from tests.faults.stand import Stand
from tests.oracle import plain
from tests.oracle.world import EPOCH, to_json

PARTS = ("web process", "drain", "postmaster", "worker", "valkey", "web", "postgres")


@pytest.fixture
def stand(tmp_path):
    made = Stand(tmp_path / "var")
    yield made
    made.close()


def hit_json(hit):
    said = {"id": hit.id, "time": instant(hit.time).isoformat(), "type": hit.type, "url": hit.url}
    said |= {"client_id": hit.client_id} | ({"user_id": hit.user_id} if hit.user_id else {})
    return said | ({"name": "cart"} if hit.type == "event" else {})


def hit_requests(world, made, rng):
    """Bare hits and small batches, to both counters."""
    requests = []
    for number, pk in made["counters"].items():
        facts = [hit_json(hit) for hit in world.hits if hit.counter == int(number)]
        for batch in batches(facts, lambda: rng.choice([1, 1, 2, 5, 20])):
            body = batch[0] if len(batch) == 1 else {"hits": batch}
            requests.append((f"/collect/{pk}", body, len(batch)))
    rng.shuffle(requests)
    return requests


def event_requests(world, rng):
    """Batches of events, and now and then a run asked for, so that the worker has work."""
    facts = [event_json(event) for event in world.events]
    rng.shuffle(facts)
    requests = []
    for batch in batches(facts, lambda: rng.randint(1, 10)):
        requests.append(("/api/v1/conversation-events/", {"events": batch}, len(batch)))
        if rng.random() < 0.1:
            requests.append(("/api/v1/runs/", {}, 0))
    return requests


def senders(stand, world, made, rng, kills):
    hits = hit_requests(world, made, rng)
    half = len(hits) // 2
    token = {"Authorization": f"Bearer {made['token']}"}
    return [
        Sender(stand.port, hits[:half], {}, kills=kills),
        Sender(stand.port, hits[half:], {}, kills=kills),
        Sender(stand.port, event_requests(world, rng), token, kills=kills),
    ]


def send_and_kill(stand, threads, total, kills, rng, parts=PARTS):
    """Kill a part each time that so many more facts are acknowledged, with all senders at work, until all are."""
    plan = [parts[n % len(parts)] for n in range(kills)]
    rng.shuffle(plan)
    for thread in threads:
        thread.gate = 1 / (kills + 1)
        thread.start()
    while any(thread.is_alive() for thread in threads) and not any(thread.wrong for thread in threads):
        done = sum(thread.acknowledged for thread in threads)
        if plan and done >= total * (kills - len(plan) + 0.5) / (kills + 1):
            stand.kill(plan.pop(), rng)
            for thread in threads:
                thread.gate = (kills - len(plan) + 1) / (kills + 1)
        stand.tick()
        time.sleep(0.02)
    assert [thread.wrong for thread in threads] == [[]] * len(threads)
    assert sum(thread.acknowledged for thread in threads) == total
    assert plan == []


def recount(world):
    """Row by row as the plain reading of the rules has it."""
    rows = [row for one in shop.by_person(world) for row in plain.judge(one)]
    return sorted(rows, key=lambda row: (row.goal, row.time, row.counter, row.hit.encode()))


def as_told(rows):
    return [{name: value if value is None else str(value) for name, value in row.items()} for row in rows]


def kill_everything(stand, *, hits, events, kills, seed):
    rng = random.Random(seed)
    now = (clock.now() - EPOCH) // timedelta(microseconds=1)
    world = shop.empty(now)
    stand.inside("manage.py", "migrate", "-v", "0")
    made = stand.ask("tests.faults.inside", world=to_json(world))
    shop.fill(world, now=now, hits=hits, events=events, people=1000, seed=seed)
    stand.wait_until_up()
    send_and_kill(stand, senders(stand, world, made, rng, kills), hits + events, kills, rng)
    stand.tick()
    stand.inside("manage.py", "drain", "--once")
    stand.stop()
    stand.tick_servers()
    found = stand.ask("tests.faults.inside", world=to_json(world), made=made)
    assert found["letters"] == 0
    assert sorted(found["hits"]) == sorted([hit.id, hit.time] for hit in world.hits)
    assert sorted(found["events"]) == sorted([event.id, event.time] for event in world.events)
    expected = recount(world)
    assert as_told(found["rows"]) == as_told([asdict(row) for row in expected])
    assert {row.outcome for row in expected} >= {"credited", "uncredited"}
    assert len(stand.killed) == kills


@pytest.mark.faults
def test_every_acknowledged_fact_is_there_once_and_conversions_equal_a_recount(stand):
    kill_everything(stand, hits=20_000, events=2_000, kills=7, seed=7)


@pytest.mark.faults
@pytest.mark.long
@pytest.mark.parametrize("seed", range(5))
def test_the_same_with_many_more_kills(stand, seed):
    kill_everything(stand, hits=20_000, events=2_000, kills=25, seed=seed)
