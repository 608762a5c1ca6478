"""What cannot be stored is kept with its reason, and keeps nothing else from being stored."""

import json

import msgspec
import psycopg
import pytest
from django.conf import settings
from django.db import OperationalError

from apps.collect import bodies, segments, services
from apps.collect.models import DeadLetter
from apps.collect.spool import Spool
from apps.intake.services import store_hits
from tests.collect.draining import feed_all, offsets, once, put, stored

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_facts")]


def test_a_hole_is_kept_as_a_letter_and_what_follows_is_stored(counter):
    spool = Spool(settings.COLLECT_SPOOL)
    put(spool, counter, "a")
    spool.close()
    path = settings.COLLECT_SPOOL / segments.names(settings.COLLECT_SPOOL)[0]
    path.write_bytes(b"rubbish" + path.read_bytes())
    assert once().letters == 1
    assert stored() == ["a"]
    letter = DeadLetter.objects.get()
    assert (bytes(letter.record), letter.reason, letter.counter_id) == (
        b"rubbish",
        "7 bytes are no record",
        None,
    )


def test_hits_of_a_counter_that_is_no_more_are_kept_as_letters(counter):
    spool = Spool(settings.COLLECT_SPOOL)
    put(spool, counter, "a")
    counter.pk += 1
    put(spool, counter, "b")
    spool.close()
    once()
    assert stored() == ["a"]
    letter = DeadLetter.objects.get()
    assert (letter.counter_id, letter.reason) == (counter.pk, "the counter is no more")
    assert json.loads(bytes(letter.record))[0]["id"] == "b"


def poison(monkeypatch, reason):
    """Storing fails whenever the batch has the hit named poison."""
    real = store_hits

    def store(*, arrivals):
        if any(one.hit.id == "poison" for one in arrivals):
            raise reason
        return real(arrivals=arrivals)

    monkeypatch.setattr(services, "store_hits", store)


@pytest.mark.parametrize(
    "trouble", [psycopg.errors.DeadlockDetected("x"), OperationalError("x"), MemoryError()]
)
def test_what_is_not_the_hits_fault_makes_no_letter(counter, monkeypatch, trouble):
    spool = Spool(settings.COLLECT_SPOOL)
    put(spool, counter, "poison")
    spool.close()
    poison(monkeypatch, trouble)
    with pytest.raises(type(trouble)):
        services.store(spool="x", portions=feed_all().gather())
    assert not DeadLetter.objects.exists()


@pytest.mark.parametrize("reason", [ValueError("\0 is not\ud800 storable"), KeyError("surprise")])
def test_a_poisonous_hit_becomes_a_letter_and_stops_nobody(counter, monkeypatch, reason):
    spool = Spool(settings.COLLECT_SPOOL)
    for n in range(9):
        put(spool, counter, f"{n}a", f"{n}b")
    put(spool, counter, "9a", "poison", "9b", ip="203.0.113.77")
    for n in range(10, 14):
        put(spool, counter, f"{n}a")
    spool.close()
    poison(monkeypatch, reason)
    state = once()
    assert (state.stored, state.letters) == (24, 1)
    assert "poison" not in stored()
    assert len(stored()) == 24
    letter = DeadLetter.objects.get()
    assert type(reason).__name__ in letter.reason
    assert json.loads(bytes(letter.record))["id"] == "poison"
    assert b"203.0.113" not in bytes(letter.record)


def test_what_postgresql_refuses_becomes_a_letter(counter, monkeypatch):
    def read(json):
        return [msgspec.structs.replace(one, url="\0") for one in bodies.read(json)]

    monkeypatch.setattr(services, "read", read)
    spool = Spool(settings.COLLECT_SPOOL)
    put(spool, counter, "a", "b")
    spool.close()
    assert once().letters == 2
    assert all("0x00" in letter.reason for letter in DeadLetter.objects.all())
    assert stored() == []


def test_a_kill_in_the_middle_of_a_poisoned_record_loses_none_of_its_hits(counter, monkeypatch):
    spool = Spool(settings.COLLECT_SPOOL)
    put(spool, counter, "a", "poison", "b")
    spool.close()
    poison(monkeypatch, ValueError("no"))
    monkeypatch.setattr(services, "_blame", lambda *_: (_ for _ in ()).throw(OperationalError("killed here")))
    items = feed_all().gather()
    with pytest.raises(OperationalError):
        services.store(spool="x", portions=items)
    assert (stored(), offsets()) == (["a"], [])
    monkeypatch.undo()
    services.store(spool="x", portions=items)
    assert stored() == ["a", "b", "poison"]
