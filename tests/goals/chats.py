"""Chat goals for tests."""

from typing import Any

from apps.accounts.models import Account
from apps.conversations.models import Channel
from apps.goals.chat_drafts import ChatGoalDraft
from apps.goals.drafts import ConditionDraft
from apps.goals.models import ChatGoal
from apps.goals.services import save_chat_goal
from apps.intake.registry import save_channel


def a_channel(account: Account, external_id: str = "widget") -> Channel:
    channel, _new = save_channel(
        account_id=account.pk, external_id=external_id, name=external_id.title(), kind="web"
    )
    return channel


def a_draft(channel: Channel, **values: Any) -> ChatGoalDraft:
    """Page views of /thanks within 3 days."""
    condition = ConditionDraft("contains", "/thanks")
    return ChatGoalDraft(**{"channel_id": channel.pk, "condition": condition, "frame_days": 3, **values})


def a_chat_goal(channel: Channel, goal: ChatGoal | None = None, **values: Any) -> ChatGoal:
    """The channel's goal, made or changed as of now."""
    return save_chat_goal(
        account_id=channel.account_id,
        user_id=None,
        draft=a_draft(channel, **values),
        goal_id=goal.pk if goal else None,
    )
