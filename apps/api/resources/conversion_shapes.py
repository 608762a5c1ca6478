"""How conversions and their explanations look in the API."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rest_framework import serializers

from apps.accounts.models import Agent, Group
from apps.api import fields
from apps.conversations.models import Conversation
from apps.conversions import selectors
from apps.conversions.models import Conversion
from apps.goals.models import GoalVersion


class HitName(serializers.Serializer[Any]):
    counter = serializers.IntegerField()
    id = serializers.CharField(source="hit")


class ConversionShape(serializers.Serializer[Any]):
    id = serializers.CharField()
    goal = serializers.IntegerField()
    goal_version = serializers.IntegerField()
    occurred_at = serializers.DateTimeField()
    hit = HitName()
    conversation = serializers.CharField(allow_null=True, help_text="Ticket.")
    agent = serializers.CharField(allow_null=True, help_text="External id.")
    group = serializers.CharField(allow_null=True, help_text="External id.")
    model = serializers.ChoiceField(GoalVersion.Attribution.choices)
    active = serializers.BooleanField(allow_null=True, help_text="Whether the conversation was active.")
    credited = serializers.BooleanField()
    value = fields.Money(allow_null=True)
    currency = serializers.CharField(allow_null=True)
    contact_duration_s = serializers.FloatField(allow_null=True)


@dataclass(frozen=True)
class Names:
    """What a page of conversions names, looked up at once: one query for each kind of name."""

    versions: dict[int, GoalVersion]
    tickets: dict[int, str]
    agents: dict[int, str]
    groups: dict[int, str]

    @classmethod
    def of(cls, account_id: int, page: Sequence[Conversion]) -> "Names":
        def named(model: Any, column: str, ids: Iterable[int | None]) -> dict[int, str]:
            wanted = {one for one in ids if one is not None}
            rows = (
                model.objects.filter(account_id=account_id, pk__in=wanted) if wanted else model.objects.none()
            )
            return dict(rows.values_list("pk", column))

        versions = GoalVersion.objects.filter(account_id=account_id)
        return cls(
            versions=versions.in_bulk({one.version_id for one in page}),
            tickets=named(Conversation, "ticket", (one.conversation_id for one in page)),
            agents=named(Agent, "external_id", (one.agent_id for one in page)),
            groups=named(Group, "external_id", (one.group_id for one in page)),
        )


def shown(one: Conversion, names: Names) -> dict[str, Any]:
    version = names.versions[one.version_id]
    value = selectors.value_of(conversion=one, version=version)
    return {
        "id": selectors.encode_id(
            goal_id=one.goal_id, counter_id=one.counter_id, time=one.time, hit_id=one.hit_id
        ),
        "goal": one.goal_id,
        "goal_version": version.number,
        "occurred_at": one.time,
        "hit": {"counter": one.counter_id, "hit": one.hit_id},
        "conversation": names.tickets.get(one.conversation_id or 0),
        "agent": names.agents.get(one.agent_id or 0),
        "group": names.groups.get(one.group_id or 0),
        "model": version.attribution,
        "active": one.active,
        "credited": one.credited,
        "value": value,
        "currency": None if value is None else version.currency,
        "contact_duration_s": None if one.contact_us is None else one.contact_us / 1_000_000,
    }


class CandidateShape(serializers.Serializer[Any]):
    conversation = serializers.CharField(source="ticket")
    channel = serializers.CharField()
    agent = serializers.CharField(help_text="Whom the rule looked at.")
    group = serializers.CharField()
    active = serializers.BooleanField()
    rule = serializers.CharField(help_text="The rule that took or dropped the conversation.")
    words = serializers.CharField()


class CorrectionShape(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    why = serializers.CharField()
    before = serializers.DictField()
    after = serializers.DictField(allow_null=True, help_text="null: the result is gone.")


class ExplanationShape(serializers.Serializer[Any]):
    id = serializers.CharField()
    goal = serializers.IntegerField(source="goal_id")
    goal_name = serializers.CharField(source="goal")
    goal_version = serializers.IntegerField(source="version")
    model = serializers.CharField(help_text="In words.")
    hit = HitName(source="*")
    occurred_at = serializers.DateTimeField(source="time")
    url = serializers.CharField()
    outcome = serializers.CharField()
    summary = serializers.CharField(help_text="The decision in words.")
    limits = serializers.ListField(child=serializers.CharField())
    candidates = CandidateShape(many=True)
    corrections = CorrectionShape(many=True)
    waiting = serializers.BooleanField(help_text="Facts arrived since the last run.")
    closed = serializers.BooleanField(help_text="Older than the closing period: it does not change any more.")
