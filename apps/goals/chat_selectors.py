"""Reading chat goals and their versions."""

from django.db.models import QuerySet

from apps.core.errors import NotThere
from apps.goals.chat_drafts import current, draft_of
from apps.goals.models import ChatGoal, ChatGoalVersion

__all__ = ["chat_goal", "chat_goals", "chat_versions", "current", "draft_of"]


def chat_goals(*, account_id: int) -> QuerySet[ChatGoal]:
    """The account's chat goals with channel and current version."""
    return ChatGoal.objects.filter(account_id=account_id, deleted_at__isnull=True).select_related(
        "channel", "current__saved_by"
    )


def chat_goal(*, account_id: int, goal_id: int) -> ChatGoal:
    """One chat goal of the account."""
    found = chat_goals(account_id=account_id).filter(pk=goal_id).first()
    if found is None:
        raise NotThere
    return found


def chat_versions(*, account_id: int, goal_id: int) -> QuerySet[ChatGoalVersion]:
    """A chat goal's versions, newest first."""
    chat_goal(account_id=account_id, goal_id=goal_id)
    return (
        ChatGoalVersion.objects.filter(account_id=account_id, goal_id=goal_id)
        .select_related("saved_by")
        .order_by("-number")
    )
