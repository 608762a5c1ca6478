"""Which step stopped a goal that has no credited conversion; one query for any number of goals."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from apps.conversations.models import Conversation
from apps.conversions.models import Conversion
from apps.conversions.selectors import credited
from apps.goals.models import MessagingGoal, Reach
from apps.intake.models import Tally


def why_zeros(*, account_id: int, goal_ids: Iterable[int]) -> dict[int, str]:
    """The step for each of these goals of the account, in words; none for one that has conversions."""
    goals = _with_steps(account_id).filter(pk__in=list(goal_ids))
    hits = Tally.objects.filter(account_id=account_id, stored__gt=0).exists()
    return {goal.pk: _words(goal, hits=hits) for goal in goals}


def _with_steps(account_id: int) -> QuerySet[MessagingGoal]:
    reached = Reach.objects.filter(account_id=account_id, goal_id=OuterRef("pk"))
    chatting = Conversation.objects.filter(account_id=account_id, person_id=OuterRef("person_id"))
    judged = Conversion.objects.filter(account_id=account_id, goal_id=OuterRef("pk"))
    return (
        MessagingGoal.objects.filter(account_id=account_id)
        .select_related("current")
        .annotate(
            reached=Exists(reached),
            named=Exists(reached.filter(person_id__gt=0)),
            judged=Exists(judged),
            chatted=Exists(reached.filter(person_id__gt=0).filter(Exists(chatting))),
            credited=Exists(credited(account_id=account_id).filter(goal_id=OuterRef("pk"))),
        )
    )


def _words(goal: "MessagingGoal", *, hits: bool) -> str:
    found = goal.__dict__  # what the query annotated
    if found["credited"]:
        return ""
    if not hits:
        return _("No hits have arrived in this account.")
    if not found["reached"]:
        if goal.current is not None and not goal.current.active:
            return _("The goal is not active.")
        return _("None of the hits matched the conditions while the goal was tracked.")
    if not found["named"]:
        return _("The matching hits name no client ID and no user ID.")
    if not found["judged"]:
        return _("Matching hits wait for the next run.")
    if not found["chatted"]:
        return _("None of the people who reached it had a conversation.")
    return _("In none of their conversations was an agent eligible; the explanations say why.")
