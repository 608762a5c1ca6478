"""Hits under load while web, drain and PostgreSQL are killed and the disk is full; and without PostgreSQL for a while.

What was acknowledged is stored, each once.
"""

import hashlib
import http.client
import json
import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from apps.core.embedded import processes
from tests.faults.clients import Sender, batches
from tests.faults.stand import PROJECT, Stand
from tests.faults.test_kill_everything import send_and_kill

PARTS = (
    "web process",
    "drain",
    "full disk",
    "postmaster",
    "web process",
    "full disk",
    "drain",
    "web",
    "postgres",
)
SENDERS = 4


@pytest.fixture(scope="module")
def stand(tmp_path_factory):
    made = Stand(tmp_path_factory.mktemp("stand") / "var", only=frozenset({"web", "drain"}))
    made.inside("manage.py", "migrate", "-v", "0")
    yield made
    made.close()


@pytest.fixture
def counter(stand):
    found = stand.ask("tests.faults.counted", want="counter")["counter"]
    stand.wait_until_up()
    stand.killed.clear()
    return found


def a_hit(number):
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    said = {"id": f"h{number}", "time": now, "type": "pageview", "url": f"https://shop.example/{number}"}
    return said | {"client_id": f"c{number % 500}"}


def requests(counter, hits, rng):
    found = batches([a_hit(number) for number in range(hits)], lambda: rng.choice([1, 1, 2, 5, 10]))
    return [
        (f"/collect/{counter}", batch[0] if len(batch) == 1 else {"hits": batch}, len(batch))
        for batch in found
    ]


def lose_nothing(stand, counter, *, hits, kills, seed):
    rng = random.Random(seed)
    todo = requests(counter, hits, rng)
    threads = [Sender(stand.port, todo[number::SENDERS], {}, kills=kills) for number in range(SENDERS)]
    send_and_kill(stand, threads, hits, kills, rng, parts=PARTS)
    assert len(stand.killed) == kills
    refused = sum(thread.refusals.get("503", 0) for thread in threads)
    assert refused > 0 or "full disk" not in stand.killed
    stand.tick()
    stand.inside("manage.py", "drain", "--once")
    found = stand.ask("tests.faults.counted", want="hits", counter=counter)
    names = sorted((f"h{number}" for number in range(hits)), key=str.encode)
    digest = hashlib.md5(" ".join(names).encode()).hexdigest()
    assert found == {"rows": hits, "different": hits, "letters": 0, "digest": digest}


@pytest.mark.faults
def test_what_was_acknowledged_is_stored_once_whatever_dies_and_however_full_the_disk(stand, counter):
    lose_nothing(stand, counter, hits=6_000, kills=10, seed=3)


@pytest.mark.faults
@pytest.mark.long
def test_the_same_fifty_times(stand, counter):
    lose_nothing(stand, counter, hits=25_000, kills=50, seed=4)


def load(stand, counter, seconds, seed, *rate):
    argv = [stand.port, f"/collect/{counter}", seconds, seed, 1, *rate]
    said = subprocess.check_output([sys.executable, "-m", "tests.bench.load", *map(str, argv)], cwd=PROJECT)
    return json.loads(said)


def wait_until_stored(stand, patience):
    """Seconds until nothing waits in the spool any more."""
    began = time.monotonic()
    while stand.waiting():
        assert time.monotonic() < began + patience
        time.sleep(0.05)
    return time.monotonic() - began


def be_without_database(stand, counter, seconds):
    first = load(stand, counter, 1, 1)  # both web processes know the counter now
    wait_until_stored(stand, 60)
    measured = load(stand, counter, 3, 2)
    sustained = measured["taken"] / (measured["seconds"] + wait_until_stored(stand, 60))
    with stand.without_database(seconds):
        sent = load(stand, counter, seconds, 3, sustained / 3)
    took = wait_until_stored(stand, 10 * seconds)
    print(f"{sustained:,.0f} stored a second; {sent['taken']:,} hits meanwhile, stored {took:.1f} s after")
    assert sent["others"] == {}
    assert sent["taken"] > sustained / 3 * seconds * 0.9
    assert took <= seconds
    found = stand.ask("tests.faults.counted", want="hits", counter=counter)
    assert found["rows"] == found["different"] == first["taken"] + measured["taken"] + sent["taken"]


@pytest.mark.faults
def test_without_database_nothing_is_refused_and_all_is_stored_soon_after(stand, counter):
    be_without_database(stand, counter, 15)


@pytest.mark.faults
@pytest.mark.long
def test_the_same_for_a_minute(stand, counter):
    be_without_database(stand, counter, 60)


def ask(stand, path):
    """`(status, body, seconds)` of a new connection's answer."""
    link = http.client.HTTPConnection("127.0.0.1", stand.port, timeout=20)
    began = time.monotonic()
    try:
        link.request("GET", path, headers={"Cookie": "sessionid=abcdefghijklmnopqrstuvwxyz012345"})
        answer = link.getresponse()
        return answer.status, answer.read().decode(), time.monotonic() - began
    finally:
        link.close()


def ask_at_once(stand, path, count):
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda _: ask(stand, path), range(count)))


@pytest.mark.faults
def test_while_database_and_broker_are_frozen_tags_and_hits_work_and_health_is_prompt(stand, counter):
    assert ask(stand, f"/tag/{counter}.js")[0] == 200
    file = stand.home / "spool" / "counters.json"
    assert processes.wait_until(lambda: f'"number":{counter},' in file.read_text(), 30)
    with stand.frozen():
        blocked = ask_at_once(stand, "/workspace/", 8)  # as many as the web processes have threads
        assert {status for status, _, _ in blocked} == {503}
        assert max(seconds for _, _, seconds in blocked) < 5
        status, words, seconds = ask(stand, "/healthz/ready")
        assert (status, json.loads(words)["checks"]["database"]) == (503, "no answer")
        assert json.loads(words)["checks"]["broker"] != "ok"
        assert seconds < 2
        stand.kill_all_web_processes()  # those that come after them have never seen the counter
        assert {status for status, _, _ in ask_at_once(stand, f"/tag/{counter}.js", 8)} == {200}
        assert load(stand, counter, 1, 7)["others"] == {}
    assert ask(stand, "/tag/999999.js")[0] == 404
