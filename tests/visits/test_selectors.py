"""A person's visits and hits."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from apps.intake.services import KnownLink, take_links
from apps.people.models import Identity
from apps.visits.models import Holder, Visit
from apps.visits.of_person import delete_visits
from apps.visits.selectors import hits_of, visits_of
from apps.visits.services import drop_old_visits, keep_visits
from tests.cast import Cast
from tests.visits.made import page_views

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def frozen() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


def take(cast: Cast, *minutes: int, **values: Any) -> None:
    page_views(cast.counter, NOON, *minutes, **{"client_id": "1", **values})
    keep(cast)


def keep(cast: Cast) -> None:
    while keep_visits(account_id=cast.account.pk):
        pass


def person(value: str) -> int:
    return Identity.objects.get(value=value).person_id


def test_a_persons_hits_are_read_back_page_by_page(cast: Cast) -> None:
    take(cast, *range(7))
    take(cast, 9, client_id="2")
    who: Any = {"account_id": cast.account.pk, "person_id": person("1")}
    first = hits_of(**who, limit=3)
    assert [hit.id for hit in first] == ["h0", "h1", "h2", "h3", "h4"][: len(first)]
    assert len(first) >= 3
    rest = hits_of(**who, before=first[-1].time, limit=100)
    assert [hit.id for hit in first + rest] == [f"h{n}" for n in range(7)]
    assert hits_of(**who, since=NOON - timedelta(minutes=1), limit=9) == first[:2]


def test_hits_of_one_instant_stay_together(cast: Cast) -> None:
    take(cast, 1)
    for name in "abc":
        take(cast, 2, id=name)
    who: Any = {"account_id": cast.account.pk, "person_id": person("1")}
    assert {hit.id for hit in hits_of(**who, limit=2)} == {"h1", "a", "b", "c"}


def test_a_shared_browsers_hits_are_split_in_time(cast: Cast) -> None:
    take(cast, 300, 200, 100)
    links = [
        KnownLink("1", user, NOON - timedelta(minutes=minute))
        for user, minute in (("anna", 300), ("bob", 150))
    ]
    take_links(account_id=cast.account.pk, links=links)
    keep(cast)
    for user, mine in (("anna", ["h200", "h300"]), ("bob", ["h100"])):
        who: Any = {"account_id": cast.account.pk, "person_id": person(user)}
        assert [hit.id for hit in hits_of(**who)] == mine
        assert [visit.landing_page[-3:] for visit in visits_of(**who)] == [hit[1:] for hit in mine]
    assert not visits_of(account_id=cast.account.pk, person_id=person("1")).exists()


def test_a_forgotten_persons_visits_go(cast: Cast) -> None:
    take(cast, 5)
    take(cast, 6, client_id="2")
    take_links(account_id=cast.account.pk, links=[KnownLink("1", "anna", NOON)])
    keep(cast)
    assert Holder.objects.count() == 1
    assert delete_visits(account_id=cast.account.pk, person_id=person("anna"), identities=[]) == 2
    assert [visit.person_id for visit in Visit.objects.all()] == [person("2")]
    assert not Holder.objects.exists()


def test_visits_go_with_the_days_that_an_account_keeps(cast: Cast) -> None:
    take(cast, 5, 3 * 1440)
    cast.account.hits_days = 45
    cast.account.save(update_fields=["hits_days"])
    assert drop_old_visits() == 0
    with time_machine.travel(NOON + timedelta(days=44), tick=False):
        assert drop_old_visits() == 1
    assert [visit.landing_page for visit in Visit.objects.all()] == ["https://shop.example/5"]
