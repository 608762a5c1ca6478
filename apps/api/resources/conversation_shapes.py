"""How conversations and their timelines look in the API."""

from typing import Any

from rest_framework import serializers

from apps.api import fields
from apps.conversions.models import ChatStates
from apps.core.money import plain
from apps.intake.records import AUTHORS, STATUSES
from apps.workspace.selectors import Item, Reached, Row, status_name


class GoalCountShape(serializers.Serializer[Any]):
    name = serializers.CharField()
    times = serializers.IntegerField()
    last_at = serializers.DateTimeField()


class ConversationShape(serializers.Serializer[Any]):
    id = serializers.IntegerField(help_text="For addresses: a ticket is unique in its channel only.")
    ticket = serializers.CharField()
    channel = serializers.CharField(help_text="External id.")
    link = serializers.CharField(allow_null=True, help_text="To the conversation in the chat system.")
    person = serializers.IntegerField(allow_null=True)
    status = serializers.ChoiceField(STATUSES)
    unanswered = serializers.BooleanField(
        help_text="The person spoke last, and it is neither solved nor closed."
    )
    agent = serializers.CharField(allow_null=True, help_text="Who holds it; external id.")
    group = serializers.CharField(allow_null=True, help_text="External id.")
    begun_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField(help_text="Its latest event.")
    updated_at = serializers.DateTimeField(help_text="When its events, or whose it is, last changed here.")
    person_said_at = serializers.DateTimeField(allow_null=True)
    agent_said_at = serializers.DateTimeField(allow_null=True)
    goals = GoalCountShape(many=True, help_text="Goals credited in it.")
    chat_goal = serializers.ChoiceField(
        [state.name.lower() for state in ChatStates],
        help_text="What its chat goal shows; none while the account tracks no chat goals.",
    )


def conversation(row: Row) -> dict[str, Any]:
    one = row.conversation
    return {
        "id": one.pk,
        "ticket": one.ticket,
        "channel": one.channel.external_id,
        "link": one.link,
        "person": one.person_id,
        "status": row.status,
        "unanswered": row.unanswered,
        "agent": row.agent.external_id if row.agent else None,
        "group": row.group.external_id if row.group else None,
        "begun_at": one.begun_at,
        "last_at": one.last_at,
        "updated_at": one.changed_at,
        "person_said_at": one.person_said_at,
        "agent_said_at": one.agent_said_at,
        "goals": row.goals,
        "chat_goal": ChatStates(row.chat.state if row.chat else ChatStates.NONE).name.lower(),
    }


class ReasonShape(serializers.Serializer[Any]):
    conversation = serializers.CharField(
        allow_null=True, help_text="Ticket; null: one that the caller may not see."
    )
    channel = serializers.CharField()
    here = serializers.BooleanField(help_text="Whether it is this conversation.")
    credited = serializers.BooleanField()
    words = serializers.CharField()


class ReachedShape(serializers.Serializer[Any]):
    conversion = serializers.CharField(help_text="Its id.")
    goal = serializers.IntegerField()
    goal_name = serializers.CharField()
    goal_version = serializers.IntegerField()
    url = serializers.CharField()
    value = fields.Money(allow_null=True)
    currency = serializers.CharField(allow_null=True)
    credited = serializers.BooleanField()
    here = serializers.BooleanField(help_text="Whether the credit was earned in this conversation.")
    agent = serializers.CharField(allow_null=True, help_text="External id of who was credited.")
    agent_name = serializers.CharField(help_text="As it was then.")
    group = serializers.CharField(allow_null=True, help_text="External id.")
    summary = serializers.CharField(help_text="The decision in words.")
    model = serializers.CharField(help_text="How the goal gives credit, in words.")
    reasons = ReasonShape(many=True, help_text="What the rules made of each conversation.")


class RatingShape(serializers.Serializer[Any]):
    score = serializers.CharField()
    comment = serializers.CharField(allow_null=True)


class ItemShape(serializers.Serializer[Any]):
    """One event; members that say nothing are left out."""

    at = serializers.DateTimeField()
    type = serializers.ChoiceField(
        ["message", "note", "assignment", "status", "rating", "tag", "page_view", "event", "goal"]
    )
    author = serializers.ChoiceField(AUTHORS, required=False)
    text = serializers.CharField(required=False, help_text="Where the account keeps it.")
    agent = serializers.CharField(
        required=False, allow_null=True, help_text="External id; in an assignment null means nobody."
    )
    group = serializers.CharField(required=False, allow_null=True, help_text="External id; null means none.")
    status = serializers.ChoiceField(STATUSES, required=False)
    rating = RatingShape(required=False)
    tag = serializers.CharField(required=False)
    url = serializers.CharField(required=False)
    name = serializers.CharField(required=False)
    title = serializers.CharField(required=False)
    goal = ReachedShape(required=False)


_instant = serializers.DateTimeField().to_representation


def item(one: Item) -> dict[str, Any]:
    """As `ItemShape` says; not by it, because a serializer cannot leave out what may also be null."""
    agent = one.agent.external_id if one.agent else None
    group = one.group.external_id if one.group else None
    said: dict[str, Any] = {
        "author": one.author,
        "text": one.text if one.kind != "rating" else None,
        "agent": agent,
        "group": group,
        "status": status_name(one.status) if one.status is not None else None,
        "rating": {"score": one.score, "comment": one.text} if one.kind == "rating" else None,
        "tag": one.tag,
        "url": one.url,
        "name": one.name,
        "title": one.title,
        "goal": reached(one.reached) if one.reached else None,
    }
    kept = {name: value for name, value in said.items() if value not in (None, "")}
    says_agent, says_group = one.says
    kept |= {"agent": agent} if says_agent else {}
    kept |= {"group": group} if says_group else {}
    return {"at": _instant(one.at), "type": one.kind, **kept}


def reached(one: Reached) -> dict[str, Any]:
    return {
        "conversion": one.conversion,
        "goal": one.goal_id,
        "goal_name": one.goal,
        "goal_version": one.version,
        "url": one.url,
        "value": None if one.value is None else plain(one.value, one.currency),
        "currency": None if one.value is None else one.currency,
        "credited": one.credited,
        "here": one.here,
        "agent": one.agent.external_id if one.agent else None,
        "agent_name": one.agent_name,
        "group": one.group.external_id if one.group else None,
        "summary": one.summary,
        "model": one.model,
        "reasons": [
            {
                "conversation": reason.ticket,
                "channel": reason.channel,
                "here": reason.here,
                "credited": reason.credited,
                "words": reason.words,
            }
            for reason in one.reasons
        ],
    }
