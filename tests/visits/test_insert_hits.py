"""Large batches are first tried as if all hits were new; what is stored must not show it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from apps.visits import services
from apps.visits.models import Hit
from apps.visits.services import WORTH_TRYING, HitRow, insert_hits

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def row(number, url="https://shop.example/"):
    return HitRow(1, 2, f"h{number}", NOON + timedelta(seconds=number), None, 1, False, url, None, None)


def key(number):
    return 1, 2, f"h{number}", NOON + timedelta(seconds=number)


@pytest.fixture(autouse=True)
def no_doubts(monkeypatch):
    monkeypatch.setattr(services, "_doubts", 0)


@transaction.atomic
def insert(rows):
    return insert_hits(rows=rows)


def test_a_large_batch_of_new_hits_is_stored():
    assert insert([row(n) for n in range(WORTH_TRYING)]) is None
    assert Hit.objects.count() == WORTH_TRYING


@pytest.mark.parametrize("size", [10, WORTH_TRYING])
def test_known_hits_are_left_as_they_are_and_the_new_ones_are_named(size):
    insert([row(3, url="first")])
    assert insert([row(n, url="second") for n in range(size)]) == {key(n) for n in range(size) if n != 3}
    assert Hit.objects.get(id="h3").url == "first"
    assert Hit.objects.count() == size


def test_the_first_of_a_key_within_a_batch_counts():
    rows = [row(n % (WORTH_TRYING - 1), url=str(n)) for n in range(WORTH_TRYING)]
    assert insert(rows) == {key(n) for n in range(WORTH_TRYING - 1)}
    assert Hit.objects.get(id="h0").url == "0"


def test_after_a_known_hit_the_next_batches_are_stored_all_the_same():
    insert([row(n) for n in range(WORTH_TRYING)])
    insert([row(n) for n in range(WORTH_TRYING)])
    for batch in range(1, 30):
        first = batch * WORTH_TRYING
        assert insert([row(n) for n in range(first, first + WORTH_TRYING)]) is None
    assert Hit.objects.count() == 30 * WORTH_TRYING
