"""What the account or one of its agents earned lately: the rows of `credited`, nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Q

from apps.accounts import selectors as accounts
from apps.conversions.selectors import credited
from apps.core import periods
from apps.core.periods import DAY
from apps.goals.models import GoalVersion


@dataclass(frozen=True, slots=True)
class Earned:
    """Credited conversions of a stretch of time and what they are worth, by currency."""

    conversions: int = 0
    values: dict[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Score:
    """Today in the account's time zone; the last 7 x 24 and 30 x 24 hours."""

    today: Earned
    week: Earned
    month: Earned


def agent_score(*, account_id: int, agent_id: int, now: datetime) -> Score:
    """An agent's credited conversions. Value is that of the goal version by which each was judged."""
    return _score(account_id, now, Q(agent_id=agent_id))


def account_score(*, account_id: int, now: datetime) -> Score:
    """The same of all agents."""
    return _score(account_id, now, Q())


def lately(*, account_id: int, now: datetime) -> dict[str, datetime]:
    """Since when each number of a score counts, until `now`."""
    today = periods.today(now, accounts.zone(account_id=account_id))
    return {"today": today.start, "7": now - 7 * DAY, "30": now - 30 * DAY}


def _score(account_id: int, now: datetime, whose: Q) -> Score:
    since = lately(account_id=account_id, now=now)
    rows = credited(account_id=account_id, since=since["30"], until=now).filter(whose)
    counts = list(
        rows.values("version_id")
        .annotate(
            today=Count("hit_id", filter=Q(time__gte=since["today"])),
            week=Count("hit_id", filter=Q(time__gte=since["7"])),
            month=Count("hit_id"),
        )
        .order_by()
        .values_list("version_id", "today", "week", "month")
    )
    versions = GoalVersion.objects.filter(account_id=account_id).in_bulk([row[0] for row in counts])
    today, week, month = (
        _earned((versions[row[0]], row[place]) for row in counts if row[0] in versions) for place in (1, 2, 3)
    )
    return Score(today, week, month)


def _earned(counts: Iterable[tuple[GoalVersion, int]]) -> Earned:
    total, values = 0, dict[str, Decimal]()
    for version, count in counts:
        total += count
        if count and version.transaction_value is not None:
            values[version.currency] = (
                values.get(version.currency, Decimal(0)) + version.transaction_value * count
            )
    return Earned(total, values)
