"""At most 400 conversions count in one visit, over all goals of the counter: what changes visits changes results."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection

from apps.conversions import crowds
from apps.conversions.attribution import Limits, beyond_limit
from apps.conversions.models import Conversion
from apps.conversions.selectors import encode_id, explain, outcomes
from apps.conversions.services import judge
from apps.core import clock
from apps.goals import services as goals
from apps.intake.services import take_hits
from apps.visits.services import keep_visits
from tests.cast import Cast
from tests.goals.drafting import a_draft

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
FEW = Limits(online=2)
LIMITED = Conversion.Outcome.VISIT_LIMIT


@pytest.fixture(autouse=True)
def frozen() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def goal(cast: Cast) -> int:
    return a_goal(cast, 12)


def a_goal(cast: Cast, hours: int) -> int:
    with clock.set_back(timedelta(hours=hours)):
        draft = a_draft(cast.account, active=True, start_date=NOON.date())
        return goals.save_goal(account_id=cast.account.pk, user_id=None, draft=draft).pk


def take(cast: Cast, *minutes: float, url: str = "https://shop.example/thanks", **values: Any) -> None:
    hits = [
        {
            "id": f"m{minute}",
            "time": (NOON - timedelta(hours=6) + timedelta(minutes=minute)).isoformat(),
            "type": "pageview",
            "url": url,
            "client_id": "1",
            **values,
        }
        for minute in minutes
    ]
    assert not take_hits(counter=cast.counter, raw=hits).rejected


def run(cast: Cast, limits: Limits = FEW) -> None:
    while keep_visits(account_id=cast.account.pk, many=min(26, limits.online // 15)):
        pass
    while judge(
        account_id=cast.account.pk, run_started_at=clock.now(), share=0, shares=1, limits=limits
    ).people:
        pass


def limited() -> list[str]:
    return list(Conversion.objects.filter(outcome=LIMITED).order_by("time").values_list("hit_id", flat=True))


def test_online_and_uploaded_conversions_have_limits_of_their_own_in_each_visit() -> None:
    assert beyond_limit([(1, False)] * 3 + [(2, False), (1, True), (1, True)], Limits(2, 1)) == [
        False, False, True, False, False, True,
    ]  # fmt: skip
    assert Limits() == (400, 1000)


def test_what_comes_after_the_limit_is_dropped_until_the_next_visit(cast: Cast, goal: int) -> None:
    take(cast, 0, 1, 2, 3, 60, 61)
    run(cast)
    assert limited() == ["m2", "m3"]
    found = outcomes(account_id=cast.account.pk, goal_id=goal)
    assert found == {"credited": 0, "uncredited": 4, "same_second": 0, "visit_limit": 2}


def test_a_hit_that_reaches_nothing_joins_two_visits_and_takes_it_back_from_the_second(
    cast: Cast, goal: int
) -> None:
    take(cast, 0, 1, 50, 51)
    run(cast)
    assert limited() == []
    take(cast, 25, url="https://shop.example/")
    run(cast)
    assert limited() == ["m50", "m51"]


def test_a_late_reach_pushes_a_later_one_out(cast: Cast, goal: int) -> None:
    take(cast, 1, 2)
    run(cast)
    take(cast, 0)
    run(cast)
    assert limited() == ["m2"]


def test_a_second_hit_of_a_second_takes_no_place(cast: Cast, goal: int) -> None:
    take(cast, 0, 1 / 600, 2)
    run(cast)
    assert limited() == []


def test_all_goals_of_a_counter_share_the_limit_and_a_deleted_one_gives_its_places_back(
    cast: Cast, goal: int
) -> None:
    later = a_goal(cast, 11)
    take(cast, 0, 1)
    run(cast)
    assert Counter(Conversion.objects.filter(outcome=LIMITED).values_list("goal_id", "hit_id")) == {
        (goal, "m1"): 1,
        (later, "m1"): 1,
    }
    take(cast, *(minute / 100 for minute in range(101, 130)), url="https://shop.example/")  # many hits
    run(cast)
    goals.delete(account_id=cast.account.pk, user_id=None, goal_id=goal)
    run(cast)
    kept = Conversion.objects.filter(goal_id=later).values_list("hit_id", "outcome")
    assert {outcome for _, outcome in kept} == {Conversion.Outcome.UNCREDITED}


def test_robots_and_people_without_an_identity_are_in_no_visit(cast: Cast, goal: int) -> None:
    take(cast, 0, 1, 2, 3, client_id=None)
    take(cast, 4, 5, 6, user_agent="Mozilla/5.0 (compatible; Googlebot/2.1)")
    run(cast)
    assert limited() == []


def test_the_real_limit_is_400_and_is_explained(cast: Cast, goal: int) -> None:
    take(cast, *(n / 20 for n in range(403)))
    run(cast, Limits())
    assert limited() == ["m20.0", "m20.05", "m20.1"]
    one = Conversion.objects.filter(outcome=LIMITED).latest("time")
    key = encode_id(goal_id=goal, counter_id=one.counter_id, time=one.time, hit_id=one.hit_id)
    said = explain(account_id=cast.account.pk, conversion_id=key)
    assert "400" in said.summary
    assert said.limits == ["In one visit at most 400 conversions count, over all goals of the counter."]


def test_the_judge_looks_for_crowded_visits_by_their_own_index(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + crowds._VISITS.format(many=26), [1, NOON])
        assert "visit_many_hits" in "\n".join(row[0] for row in cursor.fetchall())
