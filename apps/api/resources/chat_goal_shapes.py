"""How chat goals, their versions and their rates look in the API."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rest_framework import serializers

from apps.accounts.models import Agent
from apps.api import fields
from apps.api.resources.goal_shapes import ConditionShape, Day
from apps.conversations.models import Channel, Conversation
from apps.conversions.models import ChatStates, Inquiry
from apps.goals import chat_selectors
from apps.goals.models import ChatGoal, ChatGoalVersion
from apps.reports import chats as reports

NOBODY = "nobody"


def _condition(version: ChatGoalVersion) -> dict[str, str]:
    return {"category": version.category, "operator": version.operator, "value": version.value}


class ChatGoalShape(fields.Shape):
    """A channel's chat goal: the event that is to happen, and within how many days of the first reply."""

    id = fields.Id(read_only=True)
    channel = fields.Text(help_text="External id of the channel; it stays the same.")
    condition = ConditionShape()
    frame_days = fields.Whole(help_text="1, 3, 7, 15 or 30.")
    version = fields.Whole(read_only=True)
    since = serializers.DateTimeField(read_only=True, help_text="Since when it says this.")
    created_at = serializers.DateTimeField(read_only=True)

    def to_representation(self, instance: ChatGoal) -> dict[str, Any]:
        version = chat_selectors.current(instance)
        when = serializers.DateTimeField()
        return {
            "id": instance.pk,
            "channel": instance.channel.external_id,
            "condition": _condition(version),
            "frame_days": version.frame_days,
            "version": version.number,
            "since": when.to_representation(version.valid_from),
            "created_at": when.to_representation(instance.created_at),
        }


class ChatVersionShape(fields.Shape):
    """One version of a chat goal, and when it was in force."""

    number = fields.Whole(read_only=True)
    condition = serializers.SerializerMethodField()
    frame_days = fields.Whole(read_only=True)
    valid_from = serializers.DateTimeField(read_only=True)
    valid_until = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="Exclusive; null: in force."
    )
    saved_by = fields.Text(source="saved_by.email", read_only=True, allow_null=True, default=None)

    def get_condition(self, version: ChatGoalVersion) -> ConditionShape:
        """What it asks for."""
        return _condition(version)  # type: ignore[return-value]  # the annotation is for the schema


class InquiriesQuestion(serializers.Serializer[Any]):
    """The parameters of a report; without days: the last 30, today included."""

    to = Day(required=False, help_text="Last day, included; today. At most 366 days.")
    channel = serializers.CharField(max_length=255, required=False, help_text="External id of a channel.")
    agent = serializers.CharField(
        max_length=255, required=False, help_text="External id of an agent; `nobody`: without one."
    )

    def get_fields(self) -> dict[str, Any]:
        words = "First day, in the account's time zone; 29 days before `to`."
        return {"from": Day(required=False, help_text=words), **super().get_fields()}  # a word of Python's


class RatesQuestion(InquiriesQuestion):
    """And what its rows are."""

    by = serializers.ChoiceField(choices=reports.BY, default="member", help_text="What a row is.")


class CountsShape(serializers.Serializer[Any]):
    """Tracked inquiries that ended; each is in one of the four next."""

    ended = serializers.IntegerField()
    achieved = serializers.IntegerField()
    missed = serializers.IntegerField()
    pending = serializers.IntegerField(help_text="The time frame is still open; counted in ended.")
    unanswered = serializers.IntegerField(help_text="Ended before a human agent replied; counted in ended.")
    rate = serializers.FloatField(allow_null=True, help_text="achieved / ended; null where nothing ended.")


class RateShape(serializers.Serializer[Any]):
    key = serializers.CharField(
        allow_null=True, help_text="External id of the agent (null: nobody) or channel, or the date."
    )
    name = serializers.CharField()
    counts = CountsShape()


class RatesShape(serializers.Serializer[Any]):
    """The rates of a period in the account's time zone; both days included."""

    to = serializers.DateField(source="last_day")
    time_zone = serializers.CharField()
    as_of = serializers.DateTimeField()
    by = serializers.ChoiceField(choices=reports.BY)
    total = CountsShape()
    rows = RateShape(many=True)

    def get_fields(self) -> dict[str, Any]:
        return {"from": serializers.DateField(source="first_day"), **super().get_fields()}

    def to_representation(self, instance: reports.ChatRates) -> dict[str, Any]:
        names = _external_ids(self.context["account_id"], instance)
        shown: dict[str, Any] = super().to_representation(instance)
        for row, said in zip(shown["rows"], instance.rows, strict=True):
            row["key"] = names.get(said.key) if instance.by != "date" else said.name
        return shown


def _external_ids(account_id: int, rates: reports.ChatRates) -> dict[Any, str]:
    """What the API calls the agents or channels of a report."""
    if rates.by == "date":
        return {}
    model: Any = Agent if rates.by == "member" else Channel
    keys = [row.key for row in rates.rows if row.key]
    return dict(model.objects.filter(account_id=account_id, pk__in=keys).values_list("pk", "external_id"))


@dataclass(frozen=True, slots=True)
class ShownInquiry:
    """An ended inquiry by the names that the API uses."""

    conversation: str
    channel: str
    number: int
    goal: int
    goal_version: int
    agent: str | None
    state: str
    began_at: datetime
    ended_at: datetime | None
    first_reply_at: datetime | None
    frame_ends_at: datetime | None
    achieved_at: datetime | None
    counter: int | None
    hit: str | None


class InquiryShape(serializers.Serializer[Any]):
    """One tracked inquiry that ended, and what became of it."""

    conversation = serializers.CharField(help_text="Ticket.")
    channel = serializers.CharField()
    number = serializers.IntegerField(help_text="Which inquiry of the conversation, from 1.")
    goal = serializers.IntegerField()
    goal_version = serializers.IntegerField()
    agent = serializers.CharField(allow_null=True, help_text="Who gave the first reply.")
    state = serializers.ChoiceField([state.name.lower() for state in ChatStates if state])
    began_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    first_reply_at = serializers.DateTimeField(allow_null=True)
    frame_ends_at = serializers.DateTimeField(allow_null=True)
    achieved_at = serializers.DateTimeField(allow_null=True)
    counter = serializers.IntegerField(allow_null=True)
    hit = serializers.CharField(allow_null=True)


def shown_inquiries(account_id: int, page: Sequence[Inquiry]) -> list[ShownInquiry]:
    """The rows of a page with their names; three queries for any number of them."""
    conversations = Conversation.objects.filter(account_id=account_id).select_related("channel")
    tickets = conversations.in_bulk({one.conversation_id for one in page})
    agents = Agent.objects.filter(account_id=account_id).in_bulk(
        {one.agent_id for one in page if one.agent_id}
    )
    versions = ChatGoalVersion.objects.in_bulk({one.version_id for one in page})
    return [
        ShownInquiry(
            tickets[one.conversation_id].ticket,
            tickets[one.conversation_id].channel.external_id,
            one.number,
            one.goal_id,
            versions[one.version_id].number,
            agents[one.agent_id].external_id if one.agent_id in agents else None,
            ChatStates(one.outcome).name.lower(),  # type: ignore[attr-defined]  # annotated by the report
            one.began_at,
            one.ended_at,
            one.replied_at,
            one.frame_ends_at,
            one.achieved_at,
            one.counter_id,
            one.hit_id,
        )
        for one in page
    ]
