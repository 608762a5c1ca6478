"""What somebody wants a messaging goal to say, and what is wrong with it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import Problem, Refused
from apps.goals import matching
from apps.goals.models import (
    MAX_CONDITIONS,
    MAX_EVENT_NAME,
    MAX_VALUE_LENGTH,
    Condition,
    GoalVersion,
    MessagingGoal,
)

PLAIN_FIELDS = (
    "name",
    "description",
    "active",
    "start_date",
    "end_date",
    "attribution",
    "window_days",
    "transaction_value",
    "counting",
    "bots_eligible",
    "window_on_active",
    "all_channels",
)
"""The fields that a draft and a version share."""


@dataclass(frozen=True, slots=True)
class ConditionDraft:
    """One condition as typed."""

    operator: str
    value: str
    category: str = "url"


@dataclass(frozen=True, slots=True)
class GoalDraft:
    """A messaging goal as typed."""

    name: str
    group_ids: tuple[int, ...]
    attribution: str
    window_days: int
    conditions: tuple[ConditionDraft, ...]
    description: str = ""
    active: bool = False
    start_date: date | None = None
    end_date: date | None = None
    transaction_value: Decimal | None = None
    counting: str = "every"
    bots_eligible: bool = False
    window_on_active: bool = False
    all_channels: bool = False


def current(goal: MessagingGoal) -> GoalVersion:
    """What the goal says now; a saved goal always has a version."""
    assert goal.current is not None
    return goal.current


def draft_of(version: GoalVersion) -> GoalDraft:
    """What a version says, as a draft for the next one."""
    return GoalDraft(
        group_ids=tuple(sorted(group.pk for group in version.groups.all())),
        conditions=tuple(
            ConditionDraft(one.operator, one.value, one.category) for one in version.conditions.all()
        ),
        **{name: getattr(version, name) for name in PLAIN_FIELDS},
    )


def check(draft: GoalDraft, *, before: GoalVersion | None, tracking_began: bool, today: date) -> GoalDraft:
    """The draft, fit to be saved (names trimmed); `Refused` with every problem otherwise.

    `before` is the version it follows; `today` and dates are of the account's time zone.
    """
    problems = [
        *_texts(draft),
        *_choices(draft),
        *_dates(draft, before, tracking_began=tracking_began, today=today),
        *_conditions(draft.conditions),
    ]
    if problems:
        raise Refused(*problems)
    return replace(draft, name=draft.name.strip(), description=draft.description.strip())


def _texts(draft: GoalDraft) -> Iterator[Problem]:
    name = draft.name.strip()
    if not name:
        yield Problem("name", "required", _("A goal needs a name."))
    elif len(name) > 255:
        yield Problem("name", "too_long", _("The name has %d characters; at most 255 fit.") % len(name))
    if len(draft.description) > 5000:
        yield Problem("description", "too_long", _("The description is longer than 5,000 characters."))
    for field, text in (("name", draft.name), ("description", draft.description)):
        if not _storable(text):
            yield Problem(field, "not_storable", _("Contains a NUL character or half a surrogate pair."))


def _storable(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def _choices(draft: GoalDraft) -> Iterator[Problem]:
    if not draft.group_ids:
        yield Problem("groups", "required", _("Choose at least one group."))
    if draft.attribution not in GoalVersion.Attribution.values:
        yield Problem("attribution", "invalid_choice", _("Attribution is first_touch or last_touch."))
    if not 1 <= draft.window_days <= 90:
        yield Problem("window_days", "out_of_range", _("The attribution window is 1 to 90 whole days."))
    if draft.counting not in GoalVersion.Counting.values:
        yield Problem("counting", "invalid_choice", _("Counting is every."))
    value = draft.transaction_value
    if value is None:
        return
    if not value.is_finite() or value < 0 or value >= 10**10 or value != round(value, 4):
        yield Problem(
            "transaction_value",
            "invalid",
            _("The transaction value is a number from 0 to 9,999,999,999 with at most four decimals."),
        )


def _dates(
    draft: GoalDraft, before: GoalVersion | None, *, tracking_began: bool, today: date
) -> Iterator[Problem]:
    old = before.start_date if before else None
    if draft.active and draft.start_date is None:
        yield Problem("start_date", "required", _("An active goal needs a start date."))
    if tracking_began and draft.start_date != old:
        yield Problem(
            "start_date",
            "tracking_began",
            _("Tracking has begun; the start date cannot be changed any more."),
        )
    elif draft.start_date is not None and draft.start_date != old and draft.start_date < today:
        yield Problem("start_date", "in_the_past", _("The start date cannot be set in the past."))
    if draft.end_date is None:
        return
    if draft.start_date is None:
        yield Problem("end_date", "without_start", _("An end date needs a start date."))
    elif draft.end_date < draft.start_date:
        yield Problem("end_date", "before_start", _("The end date lies before the start date."))


def _conditions(conditions: tuple[ConditionDraft, ...]) -> Iterator[Problem]:
    if not conditions:
        yield Problem("conditions", "required", _("A goal needs at least one condition."))
    if len(conditions) > MAX_CONDITIONS:
        yield Problem("conditions", "too_many", _("%d conditions; a goal has at most 100.") % len(conditions))
    for position, condition in enumerate(conditions):
        yield from check_condition(f"conditions.{position}.", condition)


def check_condition(prefix: str, condition: ConditionDraft) -> Iterator[Problem]:
    """What is wrong with one condition; `prefix` comes before the names of its fields."""
    value = condition.value
    is_event = condition.category == Condition.Category.EVENT
    if condition.category not in Condition.Category.values:
        yield Problem(f"{prefix}category", "invalid_choice", _("The category is url or event."))
    if condition.operator not in Condition.Operator.values:
        yield Problem(f"{prefix}operator", "invalid_choice", _("The operator is contains or is."))
    elif is_event and condition.operator != Condition.Operator.IS:
        yield Problem(
            f"{prefix}operator", "invalid_choice", _("An event is looked for by its whole name: is.")
        )
    longest = MAX_EVENT_NAME if is_event else MAX_VALUE_LENGTH
    if not value.strip():
        yield Problem(f"{prefix}value", "required", _("A condition needs a value."))
    elif len(value) > longest:
        words = _("The value has %(length)d characters; at most %(longest)d fit.")
        yield Problem(f"{prefix}value", "too_long", words % {"length": len(value), "longest": longest})
    elif not _storable(value):
        yield Problem(f"{prefix}value", "not_storable", _("Contains NUL or half a surrogate pair."))
    elif not is_event and condition.operator == Condition.Operator.IS and not matching.is_absolute(value):
        yield Problem(f"{prefix}value", "not_absolute", _not_absolute(value))


def _not_absolute(value: str) -> str:
    corrected = matching.suggestion(value)
    if corrected is None:
        return _("%r is no absolute URL; write it as https://host/path.") % value
    return _("%(value)r is no absolute URL; did you mean %(corrected)s?") % {
        "value": value,
        "corrected": corrected,
    }
