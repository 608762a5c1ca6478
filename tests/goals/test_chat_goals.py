"""Chat goals as definitions: one a channel, versions that never change, saves that change nothing."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction

from apps.accounts.models import AuditEntry
from apps.conversations.models import Channel
from apps.core import clock
from apps.core.errors import NotThere, Refused
from apps.goals import chat_selectors
from apps.goals.drafts import ConditionDraft
from apps.goals.models import ChatGoal, ChatGoalVersion, ChatMark, ChatSweep
from apps.goals.services import delete_chat_goal, save_chat_goal
from tests.cast import Cast
from tests.goals.chats import a_channel, a_chat_goal, a_draft
from tests.intake.test_hits import NOON


@pytest.fixture(autouse=True)
def frozen() -> Any:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def channel(cast: Cast) -> Channel:
    return a_channel(cast.account)


def codes(refused: pytest.ExceptionInfo[Refused]) -> dict[str, str]:
    return {problem.field: problem.code for problem in refused.value.problems}


def test_a_channel_has_one_chat_goal_at_a_time(cast: Cast, channel: Channel) -> None:
    goal = a_chat_goal(channel)
    with pytest.raises(Refused) as refused:
        a_chat_goal(channel, frame_days=7)
    assert codes(refused) == {"channel": "taken"}
    with pytest.raises(IntegrityError), transaction.atomic():  # the database says so too
        ChatGoal.objects.create(account=cast.account, channel=channel)
    delete_chat_goal(account_id=cast.account.pk, user_id=None, goal_id=goal.pk)
    assert a_chat_goal(channel, frame_days=7).pk != goal.pk
    a_chat_goal(a_channel(cast.account, "telegram"))


def test_a_save_makes_a_version_and_ends_the_one_before(cast: Cast, channel: Channel, frozen: Any) -> None:
    goal = a_chat_goal(channel)
    frozen.shift(timedelta(hours=1))
    a_chat_goal(channel, goal, frame_days=15)
    versions = chat_selectors.chat_versions(account_id=cast.account.pk, goal_id=goal.pk)
    later = NOON + timedelta(hours=1)
    assert [(v.number, v.frame_days, v.valid_from, v.valid_until) for v in versions] == [
        (2, 15, later, None),
        (1, 3, NOON, later),
    ]
    assert AuditEntry.objects.filter(action="chat_goal.saved").count() == 2


def test_two_saves_in_one_instant_are_told_apart(cast: Cast, channel: Channel) -> None:
    goal = a_chat_goal(channel)
    a_chat_goal(channel, goal, frame_days=7)
    assert list(ChatGoalVersion.objects.order_by("number").values_list("valid_from", flat=True)) == [
        NOON,
        NOON + timedelta(microseconds=1),
    ]


def test_a_save_that_changes_neither_condition_nor_days_changes_nothing_at_all(
    cast: Cast, channel: Channel, frozen: Any
) -> None:
    goal = a_chat_goal(channel)
    ChatMark.objects.all().delete()
    ChatSweep.objects.all().delete()
    written = (list(ChatGoalVersion.objects.values()), AuditEntry.objects.count())
    frozen.shift(timedelta(hours=1))
    assert a_chat_goal(channel, goal).pk == goal.pk
    assert (list(ChatGoalVersion.objects.values()), AuditEntry.objects.count()) == written
    assert not ChatMark.objects.exists()
    assert not ChatSweep.objects.exists()


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"frame_days": 2}, {"frame_days": "invalid_choice"}),
        ({"condition": ConditionDraft("contains", " ")}, {"condition.value": "required"}),
        ({"condition": ConditionDraft("is", "/thanks")}, {"condition.value": "not_absolute"}),
        ({"condition": ConditionDraft("starts", "/thanks")}, {"condition.operator": "invalid_choice"}),
        ({"condition": ConditionDraft("contains", "buy", "event")}, {"condition.operator": "invalid_choice"}),
        ({"condition": ConditionDraft("is", "x" * 256, "event")}, {"condition.value": "too_long"}),
        ({"condition": ConditionDraft("is", "x", "cookie")}, {"condition.category": "invalid_choice"}),
        ({"condition": ConditionDraft("contains", "a\x00")}, {"condition.value": "not_storable"}),
        ({"channel_id": 0}, {"channel": "unknown_channel"}),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_field(
    channel: Channel, values: dict[str, Any], wrong: dict[str, str]
) -> None:
    with pytest.raises(Refused) as refused:
        a_chat_goal(channel, **values)
    assert codes(refused).items() >= wrong.items()


@pytest.mark.parametrize("days", [0, 2, 31])
def test_other_frames_are_refused_by_the_database(cast: Cast, channel: Channel, days: int) -> None:
    goal = a_chat_goal(channel)
    with pytest.raises(IntegrityError), transaction.atomic():
        ChatGoalVersion.objects.create(
            account=cast.account, goal=goal, number=2, valid_from=clock.now() + timedelta(hours=1),
            valid_until=NOON + timedelta(hours=2), category="url", operator="contains", value="x", frame_days=days,
        )  # fmt: skip


def test_a_chat_goal_stays_with_its_channel(cast: Cast, channel: Channel) -> None:
    goal = a_chat_goal(channel)
    with pytest.raises(Refused) as refused:
        a_chat_goal(a_channel(cast.account, "telegram"), goal)
    assert codes(refused) == {"channel": "fixed"}


def test_another_accounts_channel_and_goal_are_not_there(cast: Cast, channel: Channel) -> None:
    theirs = a_channel(cast.other)
    goal = a_chat_goal(theirs)
    with pytest.raises(Refused):
        save_chat_goal(account_id=cast.account.pk, user_id=None, draft=a_draft(theirs))
    with pytest.raises(NotThere):
        save_chat_goal(account_id=cast.account.pk, user_id=None, draft=a_draft(channel), goal_id=goal.pk)
    with pytest.raises(NotThere):
        delete_chat_goal(account_id=cast.account.pk, user_id=None, goal_id=goal.pk)
