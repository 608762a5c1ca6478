"""A history: what is in it, in which order, in parts, with late facts, at a fixed cost."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.conversations.models import Conversation
from apps.core import clock
from apps.workspace import selectors
from apps.workspace.selectors import Sight, Span
from tests.backoffice.conftest import a_goal
from tests.cast import Cast
from tests.workspace.stories import a_chat, a_hit, event, judge, message, take

ALL = 1000


def whole(conversation: Conversation, sight: Sight | None = None, **span) -> list[selectors.Item]:
    conversation.refresh_from_db()
    sight = sight or Sight(conversation.account_id, everything=True)
    history = selectors.read(conversation=conversation, span=Span(**{"limit": ALL, **span}))
    return selectors.tell(sight=sight, conversation=conversation, history=history)


def short(items) -> list[str]:
    return [
        f"{item.kind}:{item.text or item.url or item.name or (item.reached and item.reached.goal) or ''}"
        for item in items
    ]


@pytest.fixture
def bought(cast) -> Conversation:
    """Ana's chat, a page view before it, and a purchase after it."""
    a_goal(cast, transaction_value=Decimal("49.90"), days_ago=1)
    now = clock.now()
    one = a_chat(cast.account, at=now - timedelta(minutes=10))
    a_hit(cast, "before", at=now - timedelta(minutes=12), url="https://shop.example/shoes", title="Shoes")
    a_hit(cast, "after", at=now - timedelta(minutes=5))
    judge(cast)
    return one


def test_goals_stand_at_their_instants_with_who_and_why(cast, bought):
    items = whole(bought)
    assert short(items) == [
        "page_view:https://shop.example/shoes",
        "message:Is it true to size?",
        "assignment:",
        "message:It is.",
        "page_view:https://shop.example/thank-you",
        "goal:Purchase",
    ]
    goal = items[-1].reached
    assert goal is not None
    assert (goal.credited, goal.here, goal.agent_name, goal.group) == (True, True, "Ana", cast.sales)
    assert (str(goal.value), goal.currency, goal.url) == ("49.9000", "EUR", "https://shop.example/thank-you")
    assert goal.summary.startswith("Credited to Ana; contact 0:0")
    assert [(reason.ticket, reason.here, reason.credited) for reason in goal.reasons] == [("T-1", True, True)]
    assert "Ana (Sales) earned the credit: the conversation was active." in goal.reasons[0].words


def test_the_words_are_those_of_the_explanation_elsewhere(cast, bought):
    from apps.conversions.selectors import explain

    goal = whole(bought)[-1].reached
    assert goal is not None
    said = explain(account_id=cast.account.pk, conversion_id=goal.conversion)
    assert (said.summary, [one.words for one in said.candidates]) == (
        goal.summary,
        [one.words for one in goal.reasons],
    )


def test_what_was_credited_elsewhere_is_told_without_naming_what_is_not_to_be_seen(cast):
    a_goal(cast, group_ids=(cast.sales.pk, cast.support.pk), days_ago=1)
    now = clock.now()
    mine = a_chat(cast.account, "T-mine", at=now - timedelta(minutes=30))
    a_chat(cast.account, "T-secret", agent="ben", group="support", at=now - timedelta(minutes=10))
    a_hit(cast, at=now - timedelta(minutes=2))
    judge(cast)
    ana = Sight(cast.account.pk, everything=False, agent_id=cast.ana.pk, group_ids=(cast.sales.pk,))
    goal = whole(mine, ana)[-1].reached
    assert goal is not None
    assert (goal.credited, goal.here, goal.agent_name) == (True, False, "Ben")
    assert [(one.ticket, one.here, one.credited) for one in goal.reasons] == [
        (None, False, True),
        ("T-mine", True, False),
    ]
    seen_by_all = whole(mine)[-1].reached
    assert seen_by_all is not None
    assert [one.ticket for one in seen_by_all.reasons] == ["T-secret", "T-mine"]


def test_reaches_that_nobody_earned_say_so(cast):
    a_goal(cast, days_ago=1)
    one = a_chat(cast.account, agent="ben", group="support")
    a_hit(cast)
    judge(cast)
    goal = whole(one)[-1].reached
    assert goal is not None
    assert (goal.credited, goal.agent_name) == (False, "")
    assert "not one of the goal's groups" in goal.reasons[0].words


def test_what_is_of_one_instant_stands_as_it_counts(cast):
    """What was said at the hit's instant counts for it: events, then the hit, then its goal."""
    a_goal(cast, days_ago=1)
    at = clock.now() - timedelta(minutes=5)
    one = a_chat(cast.account, at=at - timedelta(seconds=1))
    a_hit(cast, at=at)
    judge(cast)
    assert [item.kind for item in whole(one)] == ["message", "assignment", "page_view", "goal", "message"]


def test_late_facts_stand_where_they_belong(cast, bought):
    take(cast.account, event("T-1", -30, bought.begun_at, **message("system", "opened")))
    a_hit(cast, "late", at=bought.begun_at + timedelta(milliseconds=500), url="https://shop.example/late")
    assert short(whole(bought))[:4] == [
        "page_view:https://shop.example/shoes",
        "message:opened",
        "message:Is it true to size?",
        "page_view:https://shop.example/late",
    ]


def test_parts_of_a_history_make_the_whole(cast, bought):
    """Whatever the size of the parts and wherever they are cut, between facts of any kind and at one instant."""
    for number in range(20):
        at = bought.begun_at + timedelta(seconds=number // 4)
        take(
            cast.account,
            {**event("T-1", 0, at, **message("person", f"m{number}")), "id": f"m{number}", "seq": -number},
        )
        a_hit(cast, f"p{number}", at=at, url=f"https://shop.example/{number % 3}")
    everything = [str(item.key) for item in whole(bought)]
    assert len(everything) == len(set(everything)) == 46
    for size in (1, 3, 7, 45):
        parts: list[str] = []
        before = None
        for _ in range(60):
            bought.refresh_from_db()
            history = selectors.read(conversation=bought, span=Span(size, before=before))
            parts[:0] = [str(raw.key) for raw in history.raw]
            before = history.earlier
            if before is None:
                break
        assert parts == everything, size
        for place in (0, 1, 17, 45):
            since = selectors.read_key(everything[place])
            assert [str(item.key) for item in whole(bought, since=since)] == everything[place:]


def test_hits_are_those_of_the_person_around_the_conversation(cast, bought):
    a_hit(cast, "long-ago", at=bought.begun_at - timedelta(days=3), url="https://shop.example/long-ago")
    a_hit(cast, "other", client="1700000000999999", url="https://shop.example/other")
    a_hit(cast, "robot", url="https://shop.example/robot", user_agent="Googlebot/2.1")
    shown = " ".join(short(whole(bought)))
    assert not any(word in shown for word in ("long-ago", "other", "robot"))


def test_a_shared_browser_shows_only_the_hits_of_the_person(cast):
    now = clock.now()
    for number, user in enumerate(["one", "two", "one"]):
        at = now - timedelta(minutes=30 - 10 * number)
        a_hit(cast, f"s{number}", at=at, user_id=user, url=f"https://shop.example/{user}/signed-in")
        a_hit(cast, f"a{number}", at=at + timedelta(minutes=1), url=f"https://shop.example/{user}/{number}")
    take(cast.account, event("T-1", 0, now, person={"user_id": "two"}, **message("person", "hello")))
    one = Conversation.objects.get(ticket="T-1")
    assert [item.url for item in whole(one) if item.kind == "page_view"] == [
        "https://shop.example/two/signed-in",
        "https://shop.example/two/1",
    ]


def test_deleted_goals_are_gone_from_histories(cast, bought):
    from apps.goals import services as goals
    from apps.goals.models import MessagingGoal

    goals.delete(account_id=cast.account.pk, goal_id=MessagingGoal.objects.get().pk, user_id=None)
    assert "goal" not in {item.kind for item in whole(bought)}


def test_text_that_the_account_does_not_keep_is_not_there(cast, sign_in):
    from apps.accounts.services import record_settings

    for policy in ("mask", "drop"):
        record_settings(account_id=cast.account.pk, at=clock.now(), message_text=policy)
        said = message("person", f"{policy}: call 555 or a@b.example")
        take(cast.account, event(f"T-{policy}", 0, clock.now(), **said))
        rating = {"score": 1, "comment": f"{policy}: 555"}
        take(cast.account, event(f"T-{policy}", 1, clock.now(), type="rating", rating=rating))
    masked, dropped = (Conversation.objects.get(ticket=f"T-{policy}") for policy in ("mask", "drop"))
    assert [item.text for item in whole(masked)] == ["mask: call *** or *", "mask: ***"]
    assert [item.text for item in whole(dropped)] == [None, None]
    page = sign_in("owner").get(f"/workspace/conversations/{dropped.pk}/").content.decode()
    assert "No text is kept." in page


def test_a_conversation_costs_the_same_number_of_queries_whatever_it_holds(cast, sign_in, bought):
    client = sign_in("agent")
    bought.refresh_from_db()
    path = f"/workspace/conversations/{bought.pk}/"

    def cost(path: str) -> int:
        client.get(path)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    few = [cost(path), cost(path + "news/")]
    at = bought.last_at
    for number in range(40):
        agent = "ana" if number % 2 else "ben"
        take(cast.account, event("T-1", 10 + number, at, **message("agent", f"m{number}", agent)))
        a_hit(cast, f"x{number}", at=at + timedelta(seconds=10 + 2 * number))
    judge(cast)
    assert [cost(path), cost(path + "news/")] == few
    assert few[0] < 55


def a_purchase(cast: Cast, _one: Conversation) -> None:
    a_hit(cast, "more")
    judge(cast)


class TestNews:
    """What an open page asks for."""

    def ask(self, client, one, etag=None, **query):
        headers = {"If-None-Match": etag} if etag else {}
        return client.get(f"/workspace/conversations/{one.pk}/news/", query, headers=headers)

    def test_nothing_new_is_said_in_a_word(self, cast, sign_in, bought):
        client = sign_in("agent")
        first = self.ask(client, bought)
        again = self.ask(client, bought, first["ETag"])
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])

    @pytest.mark.parametrize(
        "what",
        [
            lambda cast, one: take(cast.account, event("T-1", 60, one.last_at, **message("person", "new"))),
            lambda cast, one: take(
                cast.account, event("T-1", -60, one.begun_at, **message("person", "late"))
            ),
            lambda cast, one: take(
                cast.account, event("T-1", 60, one.last_at, type="status", status="solved")
            ),
            lambda cast, one: a_hit(cast, "late", at=one.begun_at, url="https://shop.example/late"),
            a_purchase,
        ],
        ids=["a message", "a late one", "a status", "a late page view", "a goal"],
    )
    def test_whatever_arrives_is_news(self, cast, sign_in, bought, what):
        client = sign_in("agent")
        first = self.ask(client, bought)
        what(cast, bought)
        assert self.ask(client, bought, first["ETag"]).status_code == 200

    def test_a_correction_is_news(self, cast, sign_in, bought):
        client = sign_in("agent")
        first = self.ask(client, bought)
        take(cast.account, event("T-1", 3, bought.begun_at, type="assignment", agent="ben", group="support"))
        client.get("/workspace/")
        second = self.ask(client, bought, first["ETag"])
        judge(cast)
        third = self.ask(client, bought, second["ETag"])
        assert third.status_code == 200
        assert "credited to nobody" in third.content.decode()
        assert "not one of the goal&#x27;s groups" in third.content.decode()
