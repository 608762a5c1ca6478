"""What somebody wants a chat goal to say, and what is wrong with it."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.core.errors import Problem, Refused
from apps.goals.drafts import ConditionDraft, check_condition
from apps.goals.models import ChatGoal, ChatGoalVersion


@dataclass(frozen=True, slots=True)
class ChatGoalDraft:
    """A chat goal as typed: the event that is to happen, and within how many days of the first reply."""

    channel_id: int
    condition: ConditionDraft
    frame_days: int


def current(goal: ChatGoal) -> ChatGoalVersion:
    """What the goal says now; a saved goal always has a version."""
    assert goal.current is not None
    return goal.current


def draft_of(goal: ChatGoal) -> ChatGoalDraft:
    """What a goal says now, as a draft."""
    said = current(goal)
    return ChatGoalDraft(
        goal.channel_id, ConditionDraft(said.operator, said.value, said.category), said.frame_days
    )


def check(draft: ChatGoalDraft) -> None:
    """`Refused` with every problem of the draft."""
    problems = [*check_condition("condition.", draft.condition), *_days(draft.frame_days)]
    if problems:
        raise Refused(*problems)


def _days(days: int) -> Iterator[Problem]:
    if days not in ChatGoalVersion.Days.values:
        yield Problem("frame_days", "invalid_choice", _("The time frame is 1, 3, 7, 15 or 30 days."))
