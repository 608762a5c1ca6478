"""Hits go when their account keeps them no longer, and nobody else's with them."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
import time_machine
from django.db import connection

from apps.accounts.models import Account
from apps.intake.services import take_hits
from apps.visits import partitions
from apps.visits.models import Hit, Visit
from apps.visits.retention import Dropped
from apps.visits.services import drop_old_hits, keep_visits
from tests.intake.test_hits import a_hit

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def frozen(monkeypatch):
    monkeypatch.setattr(partitions, "_known", set())
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def ago(days):
    return NOON - timedelta(days=days)


def take(counter, *days):
    hits = [a_hit(number, time=ago(number).isoformat(), id=f"{number}") for number in days]
    assert take_hits(counter=counter, raw=hits).accepted == len(days)


def keep(account, days):
    Account.objects.filter(pk=account.pk).update(hits_days=days)


def left(counter):
    return sorted(int(one) for one in Hit.objects.filter(counter_id=counter.pk).values_list("id", flat=True))


def days_there():
    return {(NOON.date() - day).days for day in partitions.days_kept()}


@pytest.mark.django_db
def test_hits_are_kept_for_ever_unless_the_account_says_otherwise(cast):
    take(cast.counter, 0, 50, 4000)
    assert drop_old_hits() == Dropped()
    assert left(cast.counter) == [0, 50, 4000]


@pytest.mark.django_db
def test_days_that_nobody_keeps_are_dropped_whole(cast):
    take(cast.counter, 0, 42, 43, 50)
    take(cast.other_counter, 50)
    keep(cast.account, 42)
    keep(cast.other, 45)
    assert {43, 50} <= days_there()
    assert drop_old_hits().days == 2
    assert left(cast.counter) == [0, 42]
    assert not {43, 50} & days_there()
    assert drop_old_hits() == Dropped()


@pytest.mark.django_db
def test_of_days_that_others_keep_only_the_accounts_own_hits_go(cast):
    take(cast.counter, 0, 50, 60)
    take(cast.other_counter, 50, 60)
    keep(cast.account, 42)
    keep(cast.other, 55)
    assert drop_old_hits() == Dropped(days=1, hits=1)
    assert (left(cast.counter), left(cast.other_counter)) == ([0], [50])


@pytest.mark.django_db
def test_what_arrived_years_late_goes_too(cast, monkeypatch):
    monkeypatch.setattr("apps.visits.retention.AT_ONCE", 2)
    take(cast.counter, 0, 300, 301, 302, 303, 4000)
    take(cast.other_counter, 300, 4000)
    keep(cast.account, 302)
    assert drop_old_hits() == Dropped(hits=2)
    assert left(cast.counter) == [0, 300, 301, 302]
    assert left(cast.other_counter) == [300, 4000]


@pytest.mark.django_db
def test_a_hit_that_comes_late_for_a_dropped_day_is_stored_and_goes_with_the_next_sweep(cast):
    keep(cast.account, 42)
    take(cast.counter, 50)
    drop_old_hits()
    take(cast.counter, 50)
    assert left(cast.counter) == [50]
    drop_old_hits()
    assert left(cast.counter) == []


@pytest.mark.django_db
def test_visits_go_with_the_last_of_their_hits(cast):
    midnight = NOON.replace(hour=0)
    times = [ago(50), ago(42), midnight - timedelta(days=42, minutes=1), midnight - timedelta(days=42)]
    for counter in (cast.counter, cast.other_counter):
        hits = [a_hit(n, time=time.isoformat(), client_id="17") for n, time in enumerate(times)]
        take_hits(counter=counter, raw=hits)
        keep_visits(account_id=counter.account_id)
    keep(cast.account, 42)
    assert drop_old_hits() == Dropped(hits=2, visits=1)
    mine = Visit.objects.filter(account_id=cast.account.pk).order_by("started_at")
    assert [one.started_at for one in mine] == [times[2], times[1]]
    assert Visit.objects.filter(account_id=cast.other.pk).count() == 3


@pytest.mark.django_db
def test_what_another_account_stored_meanwhile_keeps_the_day(cast, monkeypatch):
    take(cast.counter, 50)
    keep(cast.account, 42)
    real = partitions.holders
    asked = []

    def holders(partition):
        asked.append(partition)
        if len(asked) > 1:
            return real(partition)
        take(cast.other_counter, 50)
        return {cast.account.pk}

    monkeypatch.setattr(partitions, "holders", holders)
    assert drop_old_hits() == Dropped(hits=1)
    assert left(cast.other_counter) == [50]


@pytest.mark.django_db(transaction=True)
def test_whoever_reads_for_long_is_not_disturbed_and_the_day_goes_later(cast, monkeypatch):
    monkeypatch.setattr(partitions, "WAIT_MS", 30)
    monkeypatch.setattr(partitions, "ATTEMPTS", 2)
    keep(cast.account, 42)
    drop_old_hits()  # the days that other tests left
    take(cast.counter, 50)
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None}) as reader:
        reader.execute("SELECT count(*) FROM visits_hit")
        assert drop_old_hits() == Dropped(hits=1)
        assert 50 in days_there()
    assert drop_old_hits().days == 1
    assert 50 not in days_there()


@pytest.mark.django_db(transaction=True)
def test_a_partition_that_was_let_go_before_a_kill_is_deleted_by_the_next_sweep(cast, monkeypatch):
    keep(cast.account, 42)
    drop_old_hits()
    take(cast.counter, 50)
    with monkeypatch.context() as killed:
        killed.setattr(partitions, "drop_detached", lambda: None)
        drop_old_hits()
    gone = "SELECT count(*) FROM pg_class WHERE relname = %s"
    name = f"visits_gone_{ago(50):%Y%m%d}"
    with connection.cursor() as cursor:
        cursor.execute(gone, [name])
        assert cursor.fetchone() == (1,)
        drop_old_hits()
        cursor.execute(gone, [name])
        assert cursor.fetchone() == (0,)
