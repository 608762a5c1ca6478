"""What stands beside a history: how the conversation stands, its chat goal, its person, own score."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Max

from apps.accounts.models import Agent, Group
from apps.conversations.models import Conversation, Event
from apps.conversations.unanswered import is_unanswered
from apps.conversions.chat_selectors import ChatView, chat_state, chat_states
from apps.conversions.selectors import credited
from apps.goals.models import MessagingGoal
from apps.people.models import Identity
from apps.people.selectors import identities_of
from apps.reports.visitors import VisitorCard, visitor_card
from apps.visits.models import Visit
from apps.visits.selectors import visits_of
from apps.workspace import persons

VISITS = 5


@dataclass(frozen=True, slots=True)
class GoalCount:
    """A goal that was credited in the conversation."""

    name: str
    times: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """What changes while somebody looks."""

    status: str
    unanswered: bool
    agent: Agent | None
    group: Group | None
    goals: list[GoalCount] = field(default_factory=list)
    chat: ChatView | None = None  # of an account that tracks chat goals


def standing(*, conversation: Conversation) -> Standing:
    """How the conversation stands now."""
    account_id = conversation.account_id
    chat = chat_state(account_id=account_id, conversation_id=conversation.pk)
    return Standing(
        chat=chat if chat.tracked else None,
        status=status_name(conversation.status),
        unanswered=is_unanswered(conversation),
        agent=Agent.objects.filter(account_id=account_id, pk=conversation.agent_id or 0).first(),
        group=Group.objects.filter(account_id=account_id, pk=conversation.group_id or 0).first(),
        goals=goals_in(account_id=account_id, numbers=[conversation.pk]).get(conversation.pk, []),
    )


def shown_state(*, conversation: Conversation) -> tuple[Any, ...]:
    """What is stored of the conversation's chat goal, to see whether it has changed."""
    rows = chat_states(account_id=conversation.account_id).filter(conversation_id=conversation.pk)
    return tuple(
        rows.values_list("state", "goal_id", "version_id", "replied_at", "frame_ends_at", "achieved_at")
    )


def status_name(status: int) -> str:
    """The status word: `open`."""
    return Event.Kind(status).name.lower()


def goals_in(*, account_id: int, numbers: list[int]) -> dict[int, list[GoalCount]]:
    """The goals credited in these conversations, the latest first."""
    rows = credited(account_id=account_id).filter(conversation_id__in=numbers)
    counted = list(
        rows.values("conversation_id", "goal_id")
        .annotate(times=Count("hit_id"), last_at=Max("time"))
        .order_by("-last_at")
        .values_list("conversation_id", "goal_id", "times", "last_at")
    )
    goals = MessagingGoal.objects.filter(account_id=account_id).select_related("current")
    names = goals.in_bulk({row[1] for row in counted})
    found: dict[int, list[GoalCount]] = {}
    for conversation, goal, times, last_at in counted:
        found.setdefault(conversation or 0, []).append(GoalCount(str(names.get(goal, goal)), times, last_at))
    return found


@dataclass(frozen=True, slots=True)
class Person:
    """Who the conversation is with, as far as known."""

    name: str
    identities: list[Identity] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)  # the latest
    card: VisitorCard = field(default_factory=VisitorCard)


def person(*, conversation: Conversation) -> Person | None:
    """The conversation's person; None while nobody has said who it is."""
    if not conversation.person_id:
        return None
    account_id, number = conversation.account_id, conversation.person_id
    names = persons.names(account_id=account_id, people=[number])
    return Person(
        names.get(number, ""),
        list(identities_of(account_id=account_id, person_id=number)[:50]),
        list(visits_of(account_id=account_id, person_id=number)[:VISITS]),
        visitor_card(account_id, number),
    )
