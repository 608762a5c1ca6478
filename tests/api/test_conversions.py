"""conversions/: what was credited to whom, what stayed uncredited, and why."""

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.conversations.models import Conversation
from apps.conversions.services import judge
from apps.core import clock
from apps.goals import services as goals
from apps.goals.drafts import ConditionDraft, GoalDraft
from apps.people.models import Identity
from apps.visits.services import keep_visits
from tests import factories
from tests.api import bodies
from tests.api.calls import Api, problem, results


@pytest.fixture
def api(cast) -> Api:
    return Api(cast, "write")


@pytest.fixture
def converted(cast, api) -> dict:
    """Ana talks with person 7 in conversation t1, who then reaches the goal twice; person 8 does, alone."""
    with clock.set_back(timedelta(hours=1)):
        goal = goals.save_goal(
            account_id=cast.account.pk,
            user_id=cast.owner.user_id,
            draft=GoalDraft(
                name="Thanks", group_ids=(cast.sales.pk,), attribution="last_touch", window_days=7,
                conditions=(ConditionDraft("contains", "/thanks"),), active=True, start_date=clock.now().date(),
                transaction_value=Decimal(10),
            ),
        )  # fmt: skip
    now = clock.now()
    times = [(now - timedelta(minutes=n)).isoformat() for n in (30, 20, 10, 5)]
    batch = [
        bodies.event(time=times[0]),
        bodies.event(id="e2", time=times[1], type="assignment", agent="ana", group="sales"),
        bodies.event(id="e3", time=times[1], author={"kind": "agent", "agent": "ana"}),
    ]
    assert api.post("conversation-events/", {"events": batch}).json()["accepted"] == 3
    hits = [bodies.hit(time=times[2]), bodies.hit(id="h2", time=times[3]), bodies.hit(id="h3", client_id="8")]
    assert api.post(f"counters/{cast.counter.pk}/hits/", {"hits": hits}).json()["accepted"] == 3
    while judge(account_id=cast.account.pk, run_started_at=now, share=0, shares=1, limit=100).marks >= 100:
        pass
    return {"goal": goal.pk, "times": times}


def test_conversions_are_listed_with_whom_and_what(cast, api, converted):
    rows = results(api.get("conversions/"))
    assert [(row["hit"]["id"], row["credited"]) for row in rows] == [
        ("h3", False),
        ("h2", True),
        ("h1", True),
    ]
    first = rows[2]
    assert first == {
        "id": first["id"], "goal": converted["goal"], "goal_version": 1,
        "occurred_at": converted["times"][2].replace("+00:00", "Z"),
        "hit": {"counter": cast.counter.pk, "id": "h1"}, "conversation": "t1", "agent": "ana", "group": "sales",
        "model": "last_touch", "active": False, "credited": True, "value": "10.00", "currency": "EUR",
        "contact_duration_s": 600.0,
    }  # fmt: skip
    assert (rows[0]["agent"], rows[0]["conversation"], rows[0]["contact_duration_s"]) == (None, None, None)
    page = api.get("conversions/?limit=2").json()
    following = api.get(page["next"].removeprefix("http://testserver")).json()
    assert page["results"] + following["results"] == rows


@pytest.mark.parametrize(
    ("query", "hits"),
    [
        ("credited=true", ["h2", "h1"]),
        ("credited=false", ["h3"]),
        ("agent=ana", ["h2", "h1"]),
        ("agent=ben", []),
        ("group=sales", ["h2", "h1"]),
        ("conversation=t1", ["h2", "h1"]),
        ("goal={goal}", ["h3", "h2", "h1"]),
        ("counter={counter}", ["h3", "h2", "h1"]),
        ("from={from_}&to={to}", ["h1"]),
        ("person={person}", ["h2", "h1"]),
    ],
)
def test_conversions_are_filtered(cast, api, converted, query, hits):
    times = [time.replace("+", "%2B") for time in converted["times"]]
    person = Conversation.objects.get(account=cast.account, ticket="t1").person_id
    query = query.format(
        goal=converted["goal"], counter=cast.counter.pk, from_=times[2], to=times[3], person=person
    )
    assert [row["hit"]["id"] for row in results(api.get(f"conversions/?{query}"))] == hits


def test_the_old_number_of_somebody_who_was_merged_asks_for_whom_they_are_now(cast, api, converted):
    while keep_visits(account_id=cast.account.pk):
        pass
    old, new = (Identity.objects.get(account=cast.account, value=value).person_id for value in ("8", "7"))
    assert api.post(f"people/{new}/merge/", {"person": old}).status_code == 201
    while keep_visits(account_id=cast.account.pk):
        pass
    judge(account_id=cast.account.pk, run_started_at=clock.now(), share=0, shares=1, limit=100)
    kept = api.get(f"people/{old}/").json()["id"]
    assert {kept} == {api.get(f"people/{number}/").json()["id"] for number in (old, new)}
    for path, count in (("conversions/", 3), ("visits/", 1)):
        for number in (old, new):
            rows = results(api.get(f"{path}?person={number}"))
            assert len(rows) == count, (path, number)
    assert {row["person"] for row in results(api.get(f"visits/?person={old}"))} == {kept}


@pytest.mark.parametrize(
    "query",
    [
        "agent=other-ana",
        "group=other-sales",
        "conversation=none",
        "goal=987654321",
        "counter=1",
        "person=987654321",
    ],
)
def test_what_a_filter_names_and_is_not_the_accounts_is_not_there(api, converted, query):
    assert problem(api.get(f"conversions/?{query}"), 404) == {query.split("=")[0]: "unknown"}


def test_a_conversion_is_explained_in_words(cast, api, converted):
    rows = results(api.get("conversions/"))
    told = api.get(f"conversions/{rows[2]['id']}/explanation/").json()
    assert told["hit"] == {"counter": cast.counter.pk, "id": "h1"}
    assert (told["goal"], told["goal_name"], told["outcome"]) == (converted["goal"], "Thanks", "credited")
    assert "Ana" in told["summary"]
    assert [one["conversation"] for one in told["candidates"]] == ["t1"]
    assert problem(Api(cast, "stranger").get(f"conversions/{rows[2]['id']}/explanation/"), 404)
    for key in ("x", "e30", "%00", "0" * 5000, "a=b"):
        assert problem(api.get(f"conversions/{key}/explanation/"), 404)


def test_results_of_a_deleted_goal_are_gone_at_once(cast, api, converted):
    (key, *_rest) = [row["id"] for row in results(api.get("conversions/"))]
    api.delete(f"messaging-goals/{converted['goal']}/")
    assert results(api.get("conversions/")) == []
    assert problem(api.get(f"conversions/{key}/explanation/"), 404)


def test_a_page_of_conversions_takes_the_same_few_queries(cast, api, converted, django_assert_num_queries):
    with django_assert_num_queries(7):  # token, membership, page, versions, conversations, agents, groups
        api.get("conversions/")
    factories.a_group(cast.account, "more")
    with django_assert_num_queries(7):
        api.get("conversions/?limit=2")
