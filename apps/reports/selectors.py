"""Every number defined once: screens, the API, exports and the demo take theirs from here."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count
from django.utils.translation import gettext as _

from apps.conversations.models import Conversation
from apps.conversions.models import Conversion
from apps.conversions.selectors import conversions, credited
from apps.goals.models import GoalVersion, Reach
from apps.intake.models import Tally

__all__ = ["GoalCounts", "goal_counts", "seven_day_conversions", "why_zero"]

SEVEN_DAYS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class GoalCounts:
    """A goal's reaches and what became of them, for a stretch of time."""

    reaches: int = 0
    credited: int = 0
    uncredited: int = 0
    dropped: int = 0

    @property
    def conversions(self) -> int:
        """Credited and uncredited."""
        return self.credited + self.uncredited


def seven_day_conversions(*, account_id: int, now: datetime) -> dict[int, int]:
    """Credited conversions by goal in the 7 x 24 hours before `now`; goals without any are left out."""
    rows = credited(account_id=account_id, since=now - SEVEN_DAYS, until=now)
    return dict(rows.values_list("goal_id").annotate(n=Count("hit_id")).order_by())


def goal_counts(*, account_id: int, since: datetime, until: datetime) -> dict[int, GoalCounts]:
    """What became of each goal's judged reaches with `since` <= time < `until`."""
    rows = conversions(account_id=account_id).filter(time__gte=since, time__lt=until)
    found: dict[int, dict[int, int]] = {}
    for goal, outcome, count in rows.values_list("goal_id", "outcome").annotate(n=Count("hit_id")).order_by():
        found.setdefault(goal, {})[outcome] = count
    outcome = Conversion.Outcome
    return {
        goal: GoalCounts(
            reaches=sum(counts.values()),
            credited=counts.get(outcome.CREDITED, 0),
            uncredited=counts.get(outcome.UNCREDITED, 0),
            dropped=counts.get(outcome.SAME_SECOND, 0),
        )
        for goal, counts in found.items()
    }


def why_zero(*, account_id: int, goal_id: int) -> str:
    """For a goal without credited conversions: the step that stopped it, in words."""
    if not Tally.objects.filter(account_id=account_id, stored__gt=0).exists():
        return _("No hits have arrived in this account.")
    version = GoalVersion.objects.filter(
        account_id=account_id, goal_id=goal_id, valid_until__isnull=True
    ).first()
    reached = Reach.objects.filter(account_id=account_id, goal_id=goal_id)
    if not reached.exists():
        if version is not None and not version.active:
            return _("The goal is not active.")
        return _("None of the hits matched the conditions while the goal was tracked.")
    if not reached.filter(person_id__gt=0).exists():
        return _("The matching hits name no client ID and no user ID.")
    judged = conversions(account_id=account_id).filter(goal_id=goal_id)
    if not judged.exists():
        return _("Matching hits wait for the next run.")
    people = reached.filter(person_id__gt=0).values("person_id")
    if not Conversation.objects.filter(account_id=account_id, person_id__in=people).exists():
        return _("None of the people who reached it had a conversation.")
    if not credited(account_id=account_id, goal_id=goal_id).exists():
        return _("In none of their conversations was an agent eligible; the explanations say why.")
    return ""
