"""The drain with a real database: everything acknowledged is stored once, whatever lies in between."""

import io
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection

from apps.accounts.models import Account
from apps.collect import drain, frames, segments, services
from apps.collect.drain import Deal, Drain
from apps.collect.models import DeadLetter, Position
from apps.collect.selectors import drain_state, oldest_waiting, waiting
from apps.collect.spool import Spool
from apps.core import clock
from apps.counters.models import Counter
from apps.intake.selectors import mended
from apps.intake.services import store_hits
from apps.people.models import Identity
from apps.visits.models import Hit
from tests.collect.conftest import SHOP, hit
from tests.collect.draining import feed_all, in_thread, offsets, once, put, stored

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_facts")]
ROOT = Path(__file__).parents[2]


def test_what_was_acknowledged_is_stored(shop, counter):
    shop.send({"hits": [hit("a", client_id="7", title="Shoes"), hit("b", type="event", name="cart")]})
    state = once()
    assert (state.stored, state.duplicates, state.letters) == (2, 0, 0)
    first, second = Hit.objects.order_by("id")
    assert (first.account_id, first.counter_id, first.url) == (counter.account_id, counter.pk, SHOP + "/")
    assert first.identity_id
    assert first.detail == {"title": "Shoes"}
    assert (second.kind, second.name) == (Hit.Kind.EVENT, "cart")
    assert offsets() == [shop.records[0].end]


def test_the_first_of_a_key_counts_and_the_rest_are_duplicates(shop):
    one = hit("a")
    for title in ("first", "second"):
        shop.send({**one, "title": title})
        once()
    shop.send({**one, "title": "third"})
    shop.send({**one, "title": "fourth"})
    assert once().duplicates == 2
    assert [row.detail for row in Hit.objects.all()] == [{"title": "first"}]


def test_a_browsers_agent_tells_robots(shop):
    robot = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
    shop.send(hit("a"), HTTP_ORIGIN=SHOP, HTTP_USER_AGENT=robot)
    shop.send(hit("b", user_agent="Mozilla/5.0 Firefox/130"), HTTP_ORIGIN=SHOP, HTTP_USER_AGENT=robot)
    shop.send(hit("c"), HTTP_USER_AGENT=robot)  # a server's own agent says nothing about the visitor
    once()
    assert list(Hit.objects.order_by("id").values_list("robot", flat=True)) == [True, False, False]


def test_details_that_were_dropped_are_counted_by_kind_and_identities_are_trimmed(shop, counter):
    bad = {"client_id": "null", "value": "49,90"}
    shop.send({"hits": [hit("a", **bad), hit("b", **bad), hit("c", user_id="\u200b u1\n")], "lenient": True})
    shop.send(path=f"/pixel/{counter.pk}.gif", method="GET", QUERY_STRING="event=e&user_id=%28not+set%29")
    assert once().stored == 4
    since = clock.now() - timedelta(minutes=1)
    assert mended(account_id=counter.account_id, since=since) == {"client_id": 2, "value": 2, "user_id": 1}
    assert list(Identity.objects.values_list("value", flat=True)) == ["u1"]


def test_addresses_are_nowhere_in_the_database(shop):
    shop.send(hit("a"), HTTP_ORIGIN=SHOP, REMOTE_ADDR="203.0.113.77")
    shop.send(hit("b", ip="203.0.113.77"))
    gone = Counter.objects.create(account=Account.objects.create(name="Gone"), name="Gone", site=SHOP)
    put(shop.edge.spool, gone, "c", ip="203.0.113.77")
    gone.delete()
    record = frames.pack(7, 0, 1, b"203.0.113.77\nMozilla", b"{}")
    shop.edge.spool.append(record[:-1] + b"x")
    shop.send(hit("d"), HTTP_ORIGIN=SHOP, REMOTE_ADDR="203.0.113.77")
    shop.edge.spool.close()
    once()
    assert stored() == ["a", "b", "d"]
    assert DeadLetter.objects.count() == 2
    for letter in DeadLetter.objects.all():
        assert b"203.0.113" not in bytes(letter.record)
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE %s', ["%203.0.113%"])
            assert cursor.fetchone() == (0,), table


def test_segments_go_when_they_are_stored_and_their_positions_too(shop):
    shop.send(hit("a"))
    once()
    assert len(segments.names(settings.COLLECT_SPOOL)) == 1  # the writer lives: more may come
    shop.edge.spool.close()
    once()
    assert segments.names(settings.COLLECT_SPOOL) == []
    assert offsets() == []
    assert stored() == ["a"]


def test_a_new_drain_goes_on_where_the_last_one_stopped(shop):
    shop.send(hit("a"))
    once()
    shop.send(hit("b"))
    state = once()
    assert (state.stored, state.duplicates) == (1, 0)


def test_a_lost_position_doubles_nothing(shop):
    shop.send({"hits": [hit("a"), hit("b")]})
    once()
    Position.objects.all().delete()
    assert once().duplicates == 2
    assert stored() == ["a", "b"]


def test_hits_and_position_are_one_transaction(shop, monkeypatch):
    shop.send(hit("a"))
    real = services._move

    def fail(*args):
        real(*args)
        assert Hit.objects.exists()
        raise OperationalError("the server is away")

    monkeypatch.setattr(services, "_move", fail)
    item = feed_all().gather()
    with pytest.raises(OperationalError):
        services.store(spool="x", portions=item)
    assert (stored(), offsets()) == ([], [])


def test_a_torn_end_of_a_dead_writer_is_dropped(counter):
    spool = Spool(settings.COLLECT_SPOOL)
    put(spool, counter, "a")
    spool.close()
    path = settings.COLLECT_SPOOL / segments.names(settings.COLLECT_SPOOL)[0]
    path.write_bytes(path.read_bytes() * 2 + path.read_bytes()[:-1])
    assert once().letters == 0
    assert stored() == ["a"]
    assert segments.names(settings.COLLECT_SPOOL) == []


def test_the_database_may_be_away_for_a_while(shop, monkeypatch):
    shop.send(hit("a"))
    real, failures = store_hits, [1, 1, 1]

    def store(*, arrivals):
        if failures:
            failures.pop()
            raise OperationalError("the server is away")
        return real(arrivals=arrivals)

    monkeypatch.setattr(services, "store_hits", store)
    assert once().stored == 1
    assert stored() == ["a"]
    assert DeadLetter.objects.count() == 0


def test_while_it_is_away_the_drain_says_so_and_can_be_ended(shop, monkeypatch):
    def away(**_):
        raise OperationalError("the server is away")

    shop.send(hit("a"))
    monkeypatch.setattr(services, "store_hits", away)
    worker = Drain(settings.COLLECT_SPOOL)
    thread = in_thread(worker.run)
    end = time.monotonic() + 5
    while not ((state := drain_state()) and state.trouble):
        assert time.monotonic() < end
        time.sleep(0.01)
    assert state.trouble == "the server is away"
    worker.stop.set()
    thread.join(5)
    assert not thread.is_alive()
    assert waiting().hits == 1


def test_batches_are_bounded_and_nothing_is_left_behind(counter, monkeypatch):
    monkeypatch.setattr(drain, "FULL", 10)
    monkeypatch.setattr(segments, "CHUNK", 2000)
    spool = Spool(settings.COLLECT_SPOOL)
    for n in range(33):
        put(spool, counter, f"{n:02d}a", f"{n:02d}b")
    spool.close()
    feed = feed_all()
    sizes = []
    while portions := feed.gather():
        sizes.append(drain.count(portions))
        assert feed.tidy() == [] or sum(sizes) == 66
    feed.close()
    assert sum(sizes) == 66
    assert len(sizes) > 3


def test_two_lanes_share_the_segments_and_store_each_hit_once(counter):
    writers = [Spool(settings.COLLECT_SPOOL) for _ in range(5)]
    for n in range(300):
        put(writers[n % 5], counter, f"{n}", f"{n}", f"same{n % 7}", client_id=f"{n % 11}")
    for writer in writers:
        writer.close()
    assert once(lanes=2).stored == Hit.objects.count()
    assert {f"{n}" for n in range(300)} < set(stored())
    assert segments.names(settings.COLLECT_SPOOL) == []


def test_segments_are_dealt_evenly_and_stay_with_their_lane(tmp_path):
    for name in "abcd":
        (tmp_path / f"{name}.seg").touch()
    deal = Deal(tmp_path, 2, {})
    assert [deal.hand(0), deal.hand(1)] == [["a.seg", "c.seg"], ["b.seg", "d.seg"]]
    (tmp_path / "a.seg").unlink()
    (tmp_path / "c.seg").unlink()
    (tmp_path / "e.seg").touch()
    assert [deal.hand(1), deal.hand(0)] == [["b.seg", "d.seg"], ["e.seg"]]


def test_a_lane_that_breaks_ends_the_drain(shop, monkeypatch):
    def broken(_):
        raise OSError(5, "Input/output error")

    shop.send(hit("a"))
    monkeypatch.setattr(segments.Segment, "read", broken)
    with pytest.raises(OSError, match="Input/output"):
        Drain(settings.COLLECT_SPOOL).run()
    monkeypatch.undo()
    assert once().stored == 1


def test_what_waits_is_told(shop):
    assert (waiting().bytes, waiting().hits, waiting().oldest, oldest_waiting()) == (0, 0, None, None)
    before = clock.now()
    shop.send({"hits": [hit("a"), hit("b")]})
    after = clock.now()
    shop.send(hit("c"))
    found = waiting()
    assert found.hits == 3
    assert found.bytes == shop.records[-1].end
    assert found.oldest
    assert before <= found.oldest <= after
    assert oldest_waiting() == found.oldest
    once()
    assert (waiting().bytes, waiting().hits, oldest_waiting()) == (0, 0, None)
    shop.send(hit("d"))
    assert waiting().hits == 1


def test_the_drain_says_that_it_lives(shop):
    assert drain_state() is None
    shop.send(hit("a"))
    once()
    state = drain_state()
    assert state
    assert (state.pid, state.stored, state.trouble) == (os.getpid(), 1, "")
    assert clock.now() - state.at < timedelta(seconds=5)


def test_once_waits_for_another_drain_to_finish(shop):
    office = segments.elect(settings.COLLECT_SPOOL)
    assert office is not None
    shop.send(hit("a"))
    thread = in_thread(once)
    time.sleep(0.3)
    assert thread.is_alive()
    assert stored() == []
    os.close(office)
    thread.join(5)
    assert stored() == ["a"]


def test_the_command_stores_once(shop):
    shop.send(hit("a"))
    out = io.StringIO()
    handlers = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    call_command("drain", "--once", stdout=out)
    for number, handler in zip((signal.SIGTERM, signal.SIGINT), handlers, strict=True):
        signal.signal(number, handler)
    assert out.getvalue() == "1 hits stored, 0 were there already, 0 dead letters.\n"


def test_the_command_ends_on_sigterm_after_its_batch(shop):
    shop.send(hit("a"))
    name = settings.DATABASES["default"]["NAME"]
    script = (
        "import django; from django.conf import settings; from pathlib import Path; import sys;"
        f"settings.DATABASES['default']['NAME'] = {name!r};"
        f"settings.COLLECT_SPOOL = Path({str(settings.COLLECT_SPOOL)!r});"
        "django.setup(); from django.core.management import call_command; call_command('drain')"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"},
    )
    try:
        end = time.monotonic() + 30
        while stored() != ["a"]:
            assert time.monotonic() < end
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=10)
    finally:
        process.kill()
    assert (process.returncode, out) == (0, b"1 hits stored, 0 were there already, 0 dead letters.\n")
