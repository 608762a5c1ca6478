"""Counters in memory, of a real database that changes, is asked too much or is away."""

import time

import pytest
from django.db import OperationalError

from apps.accounts.models import Account
from apps.collect import counters as module
from apps.collect.counters import CannotSay, Counters, Site
from apps.core import clock
from apps.counters.models import Counter
from tests.collect.conftest import Door, hit, together

SHOP = "https://shop.example"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def made():
    account = Account.objects.create(name="Shop")

    def make(**fields):
        return Counter.objects.create(account=account, name="Shop", site=SHOP, **fields)

    return make


@pytest.fixture
def known(monkeypatch):
    started = []

    def start(*args, refresh=0.05):
        monkeypatch.setattr(module, "REFRESH", refresh)
        started.append(Counters(*args))
        return started[-1]

    yield start
    for one in started:
        one.close()


def soon(check):
    end = time.monotonic() + 5
    while not check():
        assert time.monotonic() < end
        time.sleep(0.02)


def asking(known):
    """Counters over an empty database, and the numbers that it is asked for."""
    asked: list[int | None] = []

    def load(number):
        asked.append(number)
        return {}

    return asked, known(load)


def test_a_counter_is_known_with_its_origins(made, known):
    site = known().find(made(allowed_origins=["https://m.shop.example", "HTTPS://Shop.Example:443/"]).pk)
    assert sorted(site.cors) == ["https://m.shop.example", SHOP]


def test_one_made_a_moment_ago_is_asked_for(made, known):
    counters = known(refresh=60)
    assert counters.find(1) is None
    assert counters.find(made().pk)


def test_one_asked_for_too_early_is_there_a_moment_later(made, known, monkeypatch):
    monkeypatch.setattr(module, "FORGET", 0.1)
    counters = known(refresh=60)
    first = made().pk
    assert counters.find(first + 1) is None
    assert made().pk == first + 1
    soon(lambda: counters.find(first + 1))


def test_changed_origins_and_archiving_take_effect(made, known):
    counter, counters = made(), known()
    assert counters.find(counter.pk)
    Counter.objects.filter(pk=counter.pk).update(allowed_origins=["https://new.example"])
    soon(lambda: "https://new.example" in counters.find(counter.pk).cors)
    Counter.objects.filter(pk=counter.pk).update(archived_at=clock.now())
    soon(lambda: counters.find(counter.pk) is None)


def test_no_such_counter_is_remembered_and_forgotten(known, monkeypatch):
    monkeypatch.setattr(module, "FORGET", 0.2)
    asked, counters = asking(known)
    assert [counters.find(5) for _ in range(50)] == [None] * 50
    assert asked.count(5) == 1
    soon(lambda: not counters._missing)


def test_guessing_numbers_does_not_cost_a_database(known):
    asked, counters = asking(known)
    refused = 0
    for number in range(1, 400):
        try:
            counters.find(number)
        except CannotSay:
            refused += 1
    assert refused > 300
    assert len(asked) < 100


def test_known_counters_outlive_the_database(known, caplog):
    away: list[bool] = []

    def load(number):
        if away:
            raise OperationalError("the server is away")
        return {7: Site(7)}

    counters = known(load)
    assert counters.find(7)
    away.append(True)
    soon(lambda: caplog.records)
    assert counters.find(7)
    with pytest.raises(CannotSay, match=r"^the database does not answer$"):
        counters.find(8)


def test_a_database_that_hangs_is_waited_for_a_moment_only(known, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 0.1)

    def hang(number):
        time.sleep(0.5)
        return {}

    counters = known(hang)
    with pytest.raises(CannotSay, match=r"^the database does not answer$"):
        counters.find(8)


def test_many_ask_at_once(made, known):
    counter, counters, found = made(), known(), []
    together(lambda n: found.append(counters.find(counter.pk)), 16)
    assert {site.number for site in found} == {counter.pk}


def test_what_cannot_be_looked_up_is_a_503(door, known):
    def load(number):
        raise OperationalError("the server is away")

    door.edge.counters = known(load)
    reply = Door(door.edge).send(hit())
    assert (reply.status, reply.json["code"], reply.headers["Retry-After"]) == (503, "database_away", "2")
