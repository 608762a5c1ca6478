"""Days are made ahead and on demand; what asks for a stretch of time reads its days and no others."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection

from apps.goals import services as goals
from apps.hourly.health import health
from apps.intake.services import take_hits
from apps.visits import partitions
from apps.visits.models import Hit
from apps.visits.services import keep_partitions, keep_visits
from tests.goals.drafting import a_draft
from tests.intake.test_hits import a_hit
from tests.visits.plans import Plans, tables

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
TODAY = "visits_hit_20260504"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def frozen(monkeypatch):
    monkeypatch.setattr(partitions, "_known", set())
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def take(cast, *times, **said):
    hits = [a_hit(number, time=time.isoformat(), **said) for number, time in enumerate(times)]
    assert take_hits(counter=cast.counter, raw=hits).accepted == len(times)


def where(hit):
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM visits_hit WHERE id = %s", [hit])
        return cursor.fetchone()[0]


def test_days_are_made_ahead():
    keep_partitions()
    assert {
        NOON.date() + timedelta(days=n) for n in range(partitions.AHEAD_DAYS + 1)
    } <= partitions.days_kept()


def test_a_late_hits_day_is_made_on_demand_and_years_old_ones_share_the_rest(cast):
    take(cast, NOON - timedelta(days=40), NOON - timedelta(days=4000))
    assert where("h0") == "visits_hit_20260325"
    assert where("h1") == "visits_hit_rest"


def test_an_hour_reads_its_day_alone(cast):
    keep_partitions()
    take(cast, NOON, NOON - timedelta(days=1), NOON - timedelta(days=4000))
    hour = Hit.objects.filter(account_id=cast.account.pk, time__gte=NOON - timedelta(hours=1), time__lt=NOON)
    with Plans() as plans:
        list(hour)
    assert plans.tables() == [{TODAY}]
    day = timedelta(days=1)
    with Plans() as plans:
        list(Hit.objects.filter(account_id=cast.account.pk, time__gte=NOON - day, time__lt=NOON))
    assert plans.tables() == [{TODAY, "visits_hit_20260503"}]


def test_saving_a_goal_reads_from_today_on_and_never_the_rest(cast):
    keep_partitions()
    take(cast, NOON - timedelta(days=1), NOON - timedelta(days=4000))
    with Plans() as plans:
        goals.save_goal(
            account_id=cast.account.pk,
            user_id=None,
            draft=a_draft(cast.account, active=True, start_date=NOON.date()),
        )
    assert plans.tables() == [{TODAY}]


def test_visits_are_made_from_the_days_that_were_touched(cast):
    keep_partitions()
    take(cast, NOON - timedelta(days=3), NOON - timedelta(days=4000), client_id="17")
    keep_visits(account_id=cast.account.pk)
    take(cast, NOON, NOON - timedelta(minutes=5), client_id="17", id="later")
    with Plans() as plans:
        keep_visits(account_id=cast.account.pk)
    assert {table for one in plans.tables() for table in one} == {TODAY}


def test_the_health_page_reads_weeks_and_never_the_rest(cast):
    partitions.ensure_days(NOON.date() - timedelta(days=n) for n in range(-3, 60))
    take(cast, NOON, NOON - timedelta(days=50), NOON - timedelta(days=4000), client_id="17")
    with Plans() as plans:
        health(account_id=cast.account.pk)
    (read,) = plans.tables()
    assert TODAY in read
    assert not read & {"visits_hit_rest", "visits_hit_20260315"}


def test_a_hit_is_looked_up_in_its_day(cast):
    take(cast, NOON, NOON - timedelta(days=1))
    with Plans() as plans:
        Hit.objects.get(account_id=cast.account.pk, counter_id=cast.counter.pk, id="h0", time=NOON)
    assert plans.tables() == [{TODAY}]


def test_what_is_named_by_no_time_reads_every_day_by_its_index(cast):
    take(cast, NOON)
    assert "visits_hit_rest" in tables("SELECT * FROM visits_hit WHERE account_id = 1 AND identity_id = 2")
