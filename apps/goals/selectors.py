"""Reading messaging goals and their versions."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Case, CharField, QuerySet, Value, When

from apps.core.errors import NotThere
from apps.goals.drafts import PLAIN_FIELDS, ConditionDraft, current, draft_of
from apps.goals.matching import Matcher, normalise
from apps.goals.models import Condition, GoalVersion, MessagingGoal
from apps.goals.status import LAST_DAYS, Status, status

__all__ = [
    "PLAIN_FIELDS",
    "UrlTest",
    "active",
    "active_count",
    "current",
    "draft_of",
    "goal",
    "goals",
    "status_of",
    "test_url",
    "version",
    "versions",
    "with_status",
]


def goals(*, account_id: int) -> QuerySet[MessagingGoal]:
    """The account's goals with their current versions."""
    return MessagingGoal.objects.filter(account_id=account_id, deleted_at__isnull=True).select_related(
        "current"
    )


def goal(*, account_id: int, goal_id: int) -> MessagingGoal:
    """One goal of the account."""
    found = goals(account_id=account_id).filter(pk=goal_id).first()
    if found is None:
        raise NotThere
    return found


def active(*, account_id: int) -> QuerySet[MessagingGoal]:
    """The goals that take one of the 15 places: all that are not inactive, those that ended among them."""
    return goals(account_id=account_id).filter(slot__isnull=False)


def active_count(*, account_id: int) -> int:
    """How many of the 15 places are taken."""
    return active(account_id=account_id).count()


def status_of(*, version: GoalVersion, today: date) -> Status:
    """What a goal whose current version this is shows on `today`, a date of the account's time zone."""
    return status(
        active=version.active, start_date=version.start_date, end_date=version.end_date, today=today
    )


def with_status(*, goals: QuerySet[MessagingGoal], today: date) -> QuerySet[MessagingGoal]:
    """The goals with `status_code`, the code of `status_of`, to order and filter by."""
    last = today + timedelta(days=LAST_DAYS - 1)
    code = Case(
        When(current__active=False, then=Value("inactive")),
        When(current__end_date__lt=today, then=Value("ended")),
        When(current__end_date__lte=last, then=Value("remaining")),
        default=Value("active"),
        output_field=CharField(),
    )
    return goals.annotate(status_code=code)


def versions(*, account_id: int, goal_id: int) -> QuerySet[GoalVersion]:
    """A goal's versions, newest first, with groups and conditions."""
    goal(account_id=account_id, goal_id=goal_id)
    return (
        GoalVersion.objects.filter(account_id=account_id, goal_id=goal_id)
        .select_related("saved_by")
        .prefetch_related("groups", "conditions")
        .order_by("-number")
    )


def version(*, account_id: int, goal_id: int, number: int) -> GoalVersion:
    """One version of a goal."""
    found = versions(account_id=account_id, goal_id=goal_id).filter(number=number).first()
    if found is None:
        raise NotThere
    return found


@dataclass(frozen=True, slots=True)
class UrlTest:
    """What conditions make of a URL."""

    normalised: str
    matched: tuple[int, ...]  # positions of the conditions that it meets, from 0


def test_url(*, conditions: list[ConditionDraft], url: str) -> UrlTest:
    """Try a URL against conditions as typed."""
    seen = normalise(url)
    usable = {
        position: [(one.operator, one.value)]
        for position, one in enumerate(conditions)
        if one.value and one.category == Condition.Category.URL and one.operator in Condition.Operator.values
    }
    return UrlTest(seen, tuple(sorted(Matcher(usable).match([seen]).get(0, ()))))
