"""Hits that meet chat goals, and events that meet goals of both kinds, as they are stored."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from apps.conversations.models import Channel
from apps.core import clock
from apps.goals import services as goals
from apps.goals.drafts import ConditionDraft
from apps.goals.models import ChatMark, ChatReach, Reach
from apps.goals.services import delete_chat_goal, purge_chat_reaches
from apps.intake.services import KnownLink, take_events, take_hits, take_links
from apps.people.models import Identity
from tests.api.bodies import event
from tests.cast import Cast
from tests.conversions.db_worlds import GOOGLEBOT
from tests.goals.chats import a_channel, a_chat_goal
from tests.goals.drafting import a_draft
from tests.intake.test_hits import NOON

PURCHASE = ConditionDraft("is", "purchase", "event")


@pytest.fixture(autouse=True)
def frozen() -> Any:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def channel(cast: Cast) -> Channel:
    return a_channel(cast.account)


def take(cast: Cast, hit_id: str, at: Any, **values: Any) -> None:
    hit = {"id": hit_id, "time": at.isoformat(), "type": "pageview", "client_id": "7", **values}
    hit = hit if hit["type"] == "event" else {"url": "https://shop.example/thanks", **hit}
    outcome = take_hits(counter=cast.counter, raw=[hit])
    assert not outcome.rejected, outcome.rejected


def reached() -> list[tuple[str, int]]:
    """(hit, number of the version that it met)"""
    numbers = {v.pk: v.number for v in goals_versions()}
    return sorted((one.hit_id, numbers[one.version_id]) for one in ChatReach.objects.all())


def goals_versions() -> Any:
    from apps.goals.models import ChatGoalVersion

    return ChatGoalVersion.objects.all()


def test_page_views_meet_url_conditions_and_events_meet_names(cast: Cast, channel: Channel) -> None:
    a_chat_goal(channel)
    a_chat_goal(a_channel(cast.account, "telegram"), condition=PURCHASE)
    take(cast, "view", NOON)
    take(cast, "other", NOON, url="https://shop.example/")
    take(cast, "event", NOON, type="event", name="purchase")
    take(cast, "event on the page", NOON, type="event", name="scroll", url="https://shop.example/thanks")
    take(cast, "named like it", NOON, name="purchase", url="https://shop.example/")
    take(cast, "longer", NOON, type="event", name="purchased")
    assert [hit for hit, _ in reached()] == ["event", "view"]


def test_robots_and_hits_of_nobody_make_no_reach(cast: Cast, channel: Channel) -> None:
    a_chat_goal(channel)
    take(cast, "robot", NOON, user_agent=GOOGLEBOT)
    take(cast, "nobody", NOON, client_id=None)
    assert reached() == []


def test_a_version_that_was_replaced_meets_hits_as_long_as_a_frame_of_it_may_be_open(
    cast: Cast, channel: Channel, frozen: Any
) -> None:
    goal = a_chat_goal(channel, frame_days=1)
    frozen.shift(timedelta(hours=5))
    a_chat_goal(channel, goal, frame_days=3)
    frozen.shift(timedelta(days=5))
    changed = NOON + timedelta(hours=5)
    day, us = timedelta(days=1), timedelta(microseconds=1)
    take(cast, "before all", NOON - us)
    take(cast, "first", NOON)
    take(cast, "before the change", changed - us)
    take(cast, "at the change", changed)
    take(cast, "in the last frame", changed + day - us)
    take(cast, "after the last frame", changed + day)
    assert reached() == [
        ("after the last frame", 2),
        ("at the change", 1),
        ("at the change", 2),
        ("before the change", 1),
        ("first", 1),
        ("in the last frame", 1),
        ("in the last frame", 2),
    ]


def test_saving_matches_what_is_stored_from_its_instant_on(cast: Cast, channel: Channel) -> None:
    take(cast, "before", NOON - timedelta(seconds=1))
    take(cast, "ahead", NOON + timedelta(seconds=1))
    take(cast, "event ahead", NOON + timedelta(seconds=1), type="event", name="purchase")
    goal = a_chat_goal(channel)
    assert reached() == [("ahead", 1)]
    a_chat_goal(channel, goal, condition=PURCHASE)
    assert reached() == [("ahead", 1), ("event ahead", 2)]


def test_a_messaging_goal_counts_events_by_name(cast: Cast) -> None:
    with clock.set_back(timedelta(hours=1)):
        draft = a_draft(
            cast.account, active=True, start_date=NOON.date(), conditions=(ConditionDraft("contains", "/x"), PURCHASE)
        )  # fmt: skip
        goal = goals.save_goal(account_id=cast.account.pk, user_id=None, draft=draft)
    take(cast, "event", NOON, type="event", name="purchase")
    take(cast, "view", NOON, name="purchase")
    take(cast, "other", NOON, type="event", name="Purchase")
    assert list(Reach.objects.values_list("hit_id", flat=True)) == ["event"]
    with clock.set_back(timedelta(minutes=30)):  # a save finds stored events as a batch does
        goals.save_goal(account_id=cast.account.pk, user_id=None, draft=draft, goal_id=goal.pk)
    assert list(Reach.objects.values_list("hit_id", flat=True)) == ["event"]


def test_a_link_gives_reaches_to_whom_they_belong_now(cast: Cast, channel: Channel) -> None:
    a_chat_goal(channel)
    take(cast, "view", NOON)
    before = ChatReach.objects.get().person_id
    ChatMark.objects.all().delete()
    take_links(account_id=cast.account.pk, links=[KnownLink("7", "anna", NOON)])
    owner = Identity.objects.get(account=cast.account, value="anna").person_id
    assert ChatReach.objects.get().person_id == owner != before
    assert set(ChatMark.objects.values_list("person_id", flat=True)) == {before, owner}


def test_facts_leave_marks_only_where_a_chat_goal_is(cast: Cast, channel: Channel) -> None:
    take_events(account_id=cast.account.pk, raw=[event(channel="widget")])
    take(cast, "view", NOON - timedelta(seconds=1))
    assert not ChatMark.objects.exists()
    a_chat_goal(channel)
    take_events(
        account_id=cast.account.pk, raw=[event(id="e2", channel="widget"), event(id="e3", channel="x")]
    )
    take(cast, "second view", NOON)
    assert [(one.conversation_id > 0, one.person_id > 0) for one in ChatMark.objects.order_by("id")] == [
        (True, False),
        (False, True),
    ]


def test_what_a_deleted_goal_reached_is_purged(cast: Cast, channel: Channel) -> None:
    goal = a_chat_goal(channel)
    take(cast, "view", NOON)
    assert purge_chat_reaches() == 0
    delete_chat_goal(account_id=cast.account.pk, user_id=None, goal_id=goal.pk)
    assert purge_chat_reaches() == 1
    take(cast, "later", NOON + timedelta(seconds=1))
    assert reached() == []
