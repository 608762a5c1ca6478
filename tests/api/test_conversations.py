"""conversations/ and their timelines: what the workspace shows, by role."""

from datetime import timedelta

import pytest

from apps.conversations.models import Conversation
from apps.core import clock
from tests.api.calls import Api, problem, results
from tests.api.test_lists import pages
from tests.backoffice.conftest import a_goal
from tests.workspace.stories import a_chat, a_hit, event, judge, message, take


@pytest.fixture
def shop(cast) -> dict[str, Conversation]:
    """A chat of Ana's with a purchase, one that waits in her group, and one of another group."""
    a_goal(cast, days_ago=1)
    now = clock.now()
    said = {
        "T-1": a_chat(cast.account, "T-1", at=now - timedelta(minutes=20)),
        "T-2": a_chat(cast.account, "T-2", agent=None, answered=False, at=now - timedelta(minutes=30), client="22222222"),
        "T-3": a_chat(cast.account, "T-3", agent="ben", group="support", at=now - timedelta(minutes=40), client="33333333"),
    }  # fmt: skip
    a_hit(cast, at=now - timedelta(minutes=5))
    judge(cast)
    return said


def tickets(answer) -> list[str]:
    return [one["ticket"] for one in results(answer)]


def test_agents_get_what_they_may_see_and_the_others_the_accounts(cast, shop):
    for who, due in (
        ("owner", ["T-1", "T-2", "T-3"]),
        ("analyst", ["T-1", "T-2", "T-3"]),
        ("agent", ["T-1", "T-2"]),
    ):
        assert tickets(Api(cast, who).get("conversations/")) == due
    assert tickets(Api(cast, "stranger").get("conversations/")) == []


def test_of_another_group_there_is_nothing_by_any_address(cast, shop):
    api = Api(cast, "agent")
    for path in ("", "timeline/"):
        assert api.get(f"conversations/{shop['T-1'].pk}/{path}").status_code == 200
        assert problem(api.get(f"conversations/{shop['T-3'].pk}/{path}"), 404)
    assert tickets(api.get("conversations/?ticket=T-3")) == []
    assert tickets(api.get("conversations/?agent=ben")) == []


def test_filters(cast, shop):
    api = Api(cast, "agent")
    for query, due in {
        "whose=mine": ["T-1"],
        "whose=groups": ["T-1", "T-2"],
        "unanswered=true": ["T-2"],
        "unanswered=false": ["T-1", "T-2"],
        "reached=true": ["T-1"],
        "ticket=T-2": ["T-2"],
        "channel=web&agent=ana": ["T-1"],
        "to=2000-01-01T00:00:00Z": [],
    }.items():
        assert [one["ticket"] for page in pages(api, f"conversations/?{query}") for one in page] == due
        assert tickets(api.get(f"conversations/?{query}")) == due, query
    assert problem(api.get("conversations/?agent=other-ana"), 404)
    assert problem(api.get("conversations/?channel=nowhere"), 404)
    assert problem(api.get("conversations/?whose=everybody"), 400)
    assert problem(api.get("conversations/?state=x&colour=red"), 400)


def test_a_conversation_says_how_it_stands(cast, shop):
    said = Api(cast, "agent").get(f"conversations/{shop['T-1'].pk}/").json()
    [goal] = said.pop("goals")
    assert (goal["name"], goal["times"]) == ("Purchase", 1)
    one = Conversation.objects.get(ticket="T-1")
    instants = dict.fromkeys(["begun_at", "last_at", "updated_at", "person_said_at", "agent_said_at"], "")
    assert said | instants == {
        "id": one.pk, "ticket": "T-1", "channel": "web", "link": None, "person": one.person_id, "status": "new",
        "unanswered": False, "agent": "ana", "group": "sales", "chat_goal": "none", **instants,
    }  # fmt: skip


def test_a_timeline_tells_everything_newest_first(cast, shop):
    take(
        cast.account,
        event("T-1", 700, shop["T-1"].begun_at, type="rating", rating={"score": "good", "comment": "Nice"}),
    )
    take(cast.account, event("T-1", 701, shop["T-1"].begun_at, type="assignment", agent=None))
    answer = Api(cast, "agent").get(f"conversations/{shop['T-1'].pk}/timeline/")
    items = results(answer)
    assert [one["type"] for one in items] == [
        "goal", "page_view", "assignment", "rating", "message", "assignment", "message"
    ]  # fmt: skip
    goal = items[0]["goal"]
    assert (goal["goal_name"], goal["credited"], goal["here"], goal["agent"], goal["group"]) == (
        "Purchase", True, True, "ana", "sales"
    )  # fmt: skip
    assert goal["reasons"][0]["conversation"] == "T-1"
    assert {name: value for name, value in items[2].items() if name != "at"} == {
        "type": "assignment",
        "agent": None,
    }
    assert items[3]["rating"] == {"score": "good", "comment": "Nice"}
    assert items[4]["text"] == "It is."
    assert items[5] == {"at": items[5]["at"], "type": "assignment", "agent": "ana", "group": "sales"}


def test_pages_of_lists_and_timelines_make_the_whole(cast, shop):
    for number in range(7):
        take(
            cast.account,
            event("T-1", 800 + number // 3, shop["T-1"].begun_at, **message("person", f"m{number}"))
            | {"id": f"m{number}"},
        )
    api = Api(cast, "read")
    for path in (
        f"conversations/{shop['T-1'].pk}/timeline/",
        "conversations/",
        "conversations/?unanswered=true",
    ):
        mark = "&" if "?" in path else "?"
        whole = [one for page in pages(api, path) for one in page]
        assert [one for page in pages(api, f"{path}{mark}limit=2") for one in page] == whole
    assert problem(api.get(f"conversations/{shop['T-1'].pk}/timeline/?cursor=x"), 400)
    assert problem(api.get(f"conversations/{shop['T-1'].pk}/timeline/?before=x"), 400)
