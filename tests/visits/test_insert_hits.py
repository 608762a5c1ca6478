"""Large batches are first tried as if all hits were new; what is stored must not show it."""

import json
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from django.db import transaction

from apps.visits import storing
from apps.visits.models import Hit
from apps.visits.services import HitRow, insert_hits

MANY = 500
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def row(number, url="https://shop.example/"):
    return HitRow(1, 2, f"h{number}", NOON + timedelta(seconds=number), None, 1, False, url, None, None)


def key(number):
    return 1, 2, f"h{number}", NOON + timedelta(seconds=number)


@pytest.fixture(autouse=True)
def no_doubts(monkeypatch):
    monkeypatch.setattr(storing, "_doubts", 0)


@transaction.atomic
def insert(rows):
    return insert_hits(rows=rows)


def test_a_large_batch_of_new_hits_is_stored():
    assert insert([row(n) for n in range(MANY)]) is None
    assert Hit.objects.count() == MANY


@pytest.mark.parametrize("size", [10, MANY])
def test_known_hits_are_left_as_they_are_and_the_new_ones_are_named(size):
    insert([row(3, url="first")])
    assert insert([row(n, url="second") for n in range(size)]) == {key(n) for n in range(size) if n != 3}
    assert Hit.objects.get(id="h3").url == "first"
    assert Hit.objects.count() == size


def test_the_first_of_a_key_within_a_batch_counts():
    rows = [row(n % (MANY - 1), url=str(n)) for n in range(MANY)]
    assert insert(rows) == {key(n) for n in range(MANY - 1)}
    assert Hit.objects.get(id="h0").url == "0"


def test_after_a_known_hit_the_next_batches_are_stored_all_the_same():
    insert([row(n) for n in range(MANY)])
    insert([row(n) for n in range(MANY)])
    for batch in range(1, 30):
        first = batch * MANY
        assert insert([row(n) for n in range(first, first + MANY)]) is None
    assert Hit.objects.count() == 30 * MANY


@pytest.mark.parametrize("doubts", [0, 5])
def test_what_is_stored_is_what_was_said(monkeypatch, doubts):
    monkeypatch.setattr(storing, "_doubts", doubts)
    odd = "tab\t newline\n back\\slash \\N \u202e \u00e9\U0001f600"
    rows = [
        HitRow(
            2**40,
            2**41,
            odd,
            NOON + timedelta(microseconds=1),
            2**42,
            2,
            True,
            odd,
            odd,
            b'{"a": "\\n\\t\\\\"}',
        ),
        HitRow(1, 2, "x", datetime(1970, 1, 1, tzinfo=UTC), None, 1, False, None, None, None),
        HitRow(1, 2, "y", NOON.astimezone(timezone(timedelta(hours=9))), 0, 1, False, "", "", b"{}"),
    ]
    assert insert(rows) is None
    found = {one.id: one for one in Hit.objects.all()}
    for row in rows:
        one = found[row.id]
        said = (one.account_id, one.counter_id, one.id, one.time, one.identity_id, one.kind, one.robot)
        assert (*said, one.url, one.name) == msgspec.structs.astuple(row)[:9]
        assert one.detail == (None if row.detail is None else json.loads(row.detail))
