"""Every number defined once: screens, the API, exports and the demo take theirs from here."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from apps.conversions.models import Conversion
from apps.conversions.selectors import conversions, credited
from apps.core.periods import DAY
from apps.reports.scores import Earned, Score, account_score, agent_score, lately
from apps.reports.zeros import why_zeros

__all__ = [
    "Earned",
    "GoalCounts",
    "Score",
    "account_score",
    "agent_score",
    "goal_counts",
    "lately",
    "seven_day_conversions",
    "why_zero",
    "why_zeros",
]


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
    rows = credited(account_id=account_id, since=now - 7 * DAY, until=now)
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
            dropped=sum(counts.get(one, 0) for one in Conversion.DROPPED),
        )
        for goal, counts in found.items()
    }


def why_zero(*, account_id: int, goal_id: int) -> str:
    """For a goal without credited conversions: the step that stopped it, in words."""
    return why_zeros(account_id=account_id, goal_ids=[goal_id]).get(goal_id, "")
