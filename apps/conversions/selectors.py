"""Reading results. Whatever shows or counts conversions begins with `conversions`."""

from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from apps.conversions.explaining import Candidate, Corrected, Explanation, Why, explain, find, whys
from apps.conversions.ids import ConversionKey, decode_id, encode_id
from apps.conversions.models import Conversion
from apps.goals.models import GoalVersion, MessagingGoal, Reach

__all__ = [
    "Candidate",
    "ConversionKey",
    "Corrected",
    "Explanation",
    "Why",
    "conversions",
    "counted",
    "credited",
    "decode_id",
    "encode_id",
    "explain",
    "find",
    "of_person",
    "outcomes",
    "value_of",
    "whys",
    "with_outcome",
]


def conversions(*, account_id: int) -> QuerySet[Conversion]:
    """All results of the account's goals, dropped reaches too; those of deleted goals do not exist."""
    kept = MessagingGoal.objects.filter(account_id=account_id, deleted_at__isnull=True)
    return Conversion.objects.filter(account_id=account_id, goal_id__in=Subquery(kept.values("pk")))


def counted(*, account_id: int) -> QuerySet[Conversion]:
    """Conversions, credited or not: what lists show unless a counting rule's reaches are asked for by name."""
    return conversions(account_id=account_id).filter(outcome__in=Conversion.COUNTED)


def with_outcome(*, account_id: int, outcome: int | None) -> QuerySet[Conversion]:
    """Results with this outcome, also those that a counting rule dropped; without one: conversions."""
    if outcome is None:
        return counted(account_id=account_id)
    return conversions(account_id=account_id).filter(outcome=outcome)


def value_of(*, conversion: Conversion, version: GoalVersion) -> Decimal | None:
    """What a conversion is worth, in the version's currency: nothing that nobody earned, nothing without a value."""
    return version.transaction_value if conversion.credited else None


def of_person(*, rows: QuerySet[Conversion], account_id: int, person_id: int) -> QuerySet[Conversion]:
    """Of these results those of a person's reaches, which have the index that results do without."""
    key = ("goal_id", "time", "counter_id", "hit_id")
    same = Reach.objects.filter(
        account_id=account_id, person_id=person_id, **{column: OuterRef(column) for column in key}
    )
    return rows.filter(Exists(same))


def credited(
    *,
    account_id: int,
    since: datetime | None = None,
    until: datetime | None = None,
    goal_id: int | None = None,
) -> QuerySet[Conversion]:
    """Credited conversions with `since` <= time < `until`. Every number on a screen, in the
    API and in the CSV is made of these rows.
    """
    wanted = Q(outcome=Conversion.Outcome.CREDITED)
    if since is not None:
        wanted &= Q(time__gte=since)
    if until is not None:
        wanted &= Q(time__lt=until)
    if goal_id is not None:
        wanted &= Q(goal_id=goal_id)
    return conversions(account_id=account_id).filter(wanted)


def outcomes(*, account_id: int, goal_id: int) -> dict[str, int]:
    """How many of a goal's reaches were credited, uncredited and dropped by each counting rule."""
    rows = conversions(account_id=account_id).filter(goal_id=goal_id)
    counts = dict(rows.values_list("outcome").annotate(n=Count("hit_id")).order_by())
    return {outcome.name.lower(): counts.get(outcome, 0) for outcome in Conversion.Outcome}
