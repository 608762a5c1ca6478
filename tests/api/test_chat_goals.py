"""chat-goals/ and the rates, as a program sees them."""

from typing import Any

import pytest

from apps.accounts.models import AuditEntry
from apps.goals.models import ChatGoalVersion
from apps.hourly.services import look_at_chats
from tests.api.calls import Api, problem, results
from tests.cast import Cast
from tests.chats.telling import Telling, frozen_at_noon

BODY: dict[str, Any] = {
    "channel": "widget",
    "condition": {"category": "event", "operator": "is", "value": "purchase"},
    "frame_days": 7,
}
NOON = "2026-05-04T12:00:00Z"


@pytest.fixture
def told(cast: Cast) -> Any:
    with frozen_at_noon() as hand:
        yield Telling(cast, hand)


@pytest.fixture
def api(cast: Cast, told: Telling) -> Api:
    return Api(cast, "write")


def test_a_chat_goal_is_made_read_changed_and_deleted(api: Api) -> None:
    made = api.post("chat-goals/", BODY)
    assert made.status_code == 201, made.content
    number = made.json()["id"]
    assert made.json() == {"id": number, **BODY, "version": 1, "since": NOON, "created_at": NOON}
    assert api.get(f"chat-goals/{number}/").json() == made.json()
    changed = api.patch(f"chat-goals/{number}/", {"frame_days": 15})
    assert (changed.json()["version"], changed.json()["frame_days"]) == (2, 15)
    assert changed.json()["condition"] == BODY["condition"]
    assert [one["number"] for one in results(api.get(f"chat-goals/{number}/versions/"))] == [2, 1]
    assert results(api.get("chat-goals/?channel=widget")) == [changed.json()]
    assert api.delete(f"chat-goals/{number}/").status_code == 204
    assert results(api.get("chat-goals/")) == []
    problem(api.get(f"chat-goals/{number}/"), 404)


def test_a_change_that_changes_nothing_writes_nothing(api: Api) -> None:
    made = api.post("chat-goals/", BODY).json()
    entries = AuditEntry.objects.count()
    assert api.patch(f"chat-goals/{made['id']}/", BODY).json() == made
    assert (ChatGoalVersion.objects.count(), AuditEntry.objects.count()) == (1, entries)


def test_the_same_key_makes_one_goal(api: Api) -> None:
    first = api.post("chat-goals/", BODY, **{"Idempotency-Key": "k"})
    again = api.post("chat-goals/", BODY, **{"Idempotency-Key": "k"})
    assert (first.status_code, again.json()) == (201, first.json())
    assert problem(api.post("chat-goals/", BODY), 400) == {"channel": "taken"}


@pytest.mark.parametrize(
    ("change", "status", "wrong"),
    [
        ({"frame_days": 2}, 400, {"frame_days": "invalid_choice"}),
        ({"condition": {"category": "url", "operator": "is", "value": "shop.example/x"}}, 400, {"condition.value": "not_absolute"}),
        ({"condition": {"category": "event", "operator": "contains", "value": "x"}}, 400, {"condition.operator": "invalid_choice"}),
        ({"channel": "nowhere"}, 404, {"channel": "unknown_channel"}),
        ({"days": 3}, 400, {"days": "unknown"}),
    ],
)  # fmt: skip
def test_problems_name_the_field(
    api: Api, change: dict[str, Any], status: int, wrong: dict[str, str]
) -> None:
    assert problem(api.post("chat-goals/", {**BODY, **change}), status) == wrong


def test_rates_and_the_inquiries_behind_them(api: Api, told: Telling) -> None:
    told.set_goal(days=1)
    told.person(ticket="won").agent("ana", ticket="won").hit().close(ticket="won")
    told.wait(days=1, minutes=1).person(ticket="open").agent("ben", ticket="open").close(ticket="open")
    told.person(ticket="nobody").close(ticket="nobody")
    look_at_chats(account_id=told.account.pk)
    report = api.get("reports/chat-goals/?from=2026-05-04&to=2026-05-05&by=member").json()
    assert (report["from"], report["to"], report["time_zone"], report["as_of"]) == (
        "2026-05-04", "2026-05-05", "UTC", "2026-05-05T12:01:00Z",
    )  # fmt: skip
    assert report["total"] == {
        "ended": 3, "achieved": 1, "missed": 0, "pending": 1, "unanswered": 1, "rate": pytest.approx(1 / 3),
    }  # fmt: skip
    assert [(row["key"], row["name"], row["counts"]["rate"]) for row in report["rows"]] == [
        ("ana", "Ana", 1.0),
        ("ben", "Ben", 0.0),
        (None, "nobody", 0.0),
    ]
    by_date = api.get("reports/chat-goals/?from=2026-05-04&to=2026-05-05&by=date&channel=widget").json()
    assert [(row["key"], row["counts"]["ended"]) for row in by_date["rows"]] == [
        ("2026-05-04", 1),
        ("2026-05-05", 2),
    ]
    by_channel = api.get("reports/chat-goals/?by=channel").json()
    assert [(row["key"], row["counts"]["ended"]) for row in by_channel["rows"]] == [("widget", 3)]
    rows = results(api.get("reports/chat-goals/inquiries/?agent=ana"))
    assert [(row["conversation"], row["state"], row["achieved_at"]) for row in rows] == [
        ("won", "achieved", NOON)
    ]
    nobody = results(api.get("reports/chat-goals/inquiries/?agent=nobody&from=2026-05-05&to=2026-05-05"))
    assert [(row["conversation"], row["agent"], row["state"]) for row in nobody] == [
        ("nobody", None, "in_process")
    ]
    assert len(results(api.get("reports/chat-goals/inquiries/?limit=2"))) == 2


@pytest.mark.parametrize(
    ("query", "status", "wrong"),
    [
        ("from=2026-05-05&to=2026-05-04", 400, {"to": "before_start"}),
        ("from=2025-01-01&to=2026-05-04", 400, {"to": "too_long"}),
        ("from=yesterday", 400, {"from": "invalid"}),
        ("by=mood", 400, {"by": "invalid_choice"}),
        ("agent=stranger", 404, {"agent": "unknown"}),
        ("mood=good", 400, {"mood": "unknown"}),
    ],
)
def test_a_period_that_makes_no_sense_is_told(
    api: Api, query: str, status: int, wrong: dict[str, str]
) -> None:
    assert problem(api.get(f"reports/chat-goals/?{query}"), status) == wrong


def test_lists_cost_a_fixed_number_of_queries(
    api: Api, told: Telling, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    told.set_goal()
    for number in range(6):
        told.person(ticket=f"{number}").agent(f"a{number}", ticket=f"{number}").close(ticket=f"{number}")
    look_at_chats(account_id=told.account.pk)
    for path in ("reports/chat-goals/inquiries/?limit=1", "reports/chat-goals/?by=member", "chat-goals/"):
        with django_assert_max_num_queries(14):
            assert api.get(path).status_code == 200
