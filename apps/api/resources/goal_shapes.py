"""How messaging goals, their versions and conditions look in the API."""

import re
from typing import Any

from rest_framework import serializers

from apps.api import fields
from apps.goals import selectors
from apps.goals.models import MAX_VALUE_LENGTH, Condition, GoalVersion, MessagingGoal


class ConditionShape(fields.Shape):
    category = fields.Choice(Condition.Category.choices)
    operator = fields.Choice(Condition.Operator.choices)
    value = fields.Text(max_length=MAX_VALUE_LENGTH)


class Conditions(serializers.ListField):
    """1 to 100 conditions; any one is enough."""

    child = ConditionShape()

    def to_representation(self, data: Any) -> list[Any]:
        rows = data.all() if hasattr(data, "all") else data
        shown: list[Any] = super().to_representation(rows)
        return shown


class GoalGroups(serializers.ListField):
    """Groups by external id."""

    child = fields.Text()

    def to_representation(self, data: Any) -> list[str]:
        return sorted(group.external_id for group in data.all())


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Day(serializers.DateField):
    """YYYY-MM-DD."""

    def to_internal_value(self, value: Any) -> Any:
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            self.fail("invalid", format="YYYY-MM-DD")
        return super().to_internal_value(value)


class GoalFields(fields.Shape):
    """What a version says; names and meanings are those of the goal's form."""

    name = fields.Text()
    description = fields.Text(required=False, allow_blank=True, max_length=5000)
    active = fields.YesNo()
    start_date = Day(required=False, allow_null=True)
    end_date = Day(required=False, allow_null=True)
    groups = GoalGroups(min_length=1, max_length=1000)
    attribution = fields.Choice(GoalVersion.Attribution.choices)
    window_days = fields.Whole(min_value=1, max_value=90)
    transaction_value = fields.Money(required=False, allow_null=True, min_value=0)
    currency = fields.Text(read_only=True)
    counting = fields.Choice(GoalVersion.Counting.choices, required=False)
    bots_eligible = fields.YesNo(required=False)
    window_on_active = fields.YesNo(required=False)
    all_channels = fields.YesNo(required=False)
    conditions = Conditions(min_length=1, max_length=100)


class StatusShape(fields.Shape):
    code = serializers.ChoiceField(["inactive", "ended", "remaining", "active"])
    days = serializers.IntegerField(help_text="Days remaining, with the code remaining; else 0.")
    text = serializers.CharField(source="__str__")


class GoalShape(GoalFields):
    """A messaging goal: its number, what its current version says, and its status."""

    id = fields.Id(read_only=True)
    version = fields.Whole(read_only=True)
    status = StatusShape(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)

    def to_representation(self, instance: MessagingGoal) -> dict[str, Any]:
        version = selectors.current(instance)
        now = selectors.status_of(version=version, today=self.context["today"])
        said: dict[str, Any] = GoalFields(version).data
        return {
            "id": instance.pk,
            **said,
            "version": version.number,
            "status": StatusShape(now).data,
            "created_at": serializers.DateTimeField().to_representation(instance.created_at),
        }


class VersionShape(GoalFields):
    """One version of a goal, and when it was in force."""

    number = fields.Whole(read_only=True)
    valid_from = serializers.DateTimeField(read_only=True)
    valid_until = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="Exclusive; null: in force."
    )
    saved_by = fields.Text(source="saved_by.email", read_only=True, allow_null=True, default=None)


class UrlQuestion(fields.Shape):
    url = fields.Text(max_length=8192)
    conditions = serializers.ListField(child=ConditionShape(), min_length=1, max_length=100)


class UrlTestShape(serializers.Serializer[Any]):
    normalised = serializers.CharField(help_text="The URL as conditions see it.")
    matched = serializers.ListField(
        child=serializers.IntegerField(), help_text="Places of the conditions that it meets, from 0."
    )
