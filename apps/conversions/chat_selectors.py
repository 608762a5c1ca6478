"""Reading the states of chats: one conversation live and in words, lists and rates from what is stored."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils import timezone

from apps.accounts.models import Account, Agent
from apps.conversions import chat_facts, chat_words, facts
from apps.conversions.frames import Chat, State, look
from apps.conversions.models import ChatState, ChatStates, Inquiry
from apps.core import clock, periods
from apps.core.errors import NotThere
from apps.goals.models import ChatGoal, ChatGoalVersion

__all__ = ["Achieved", "ChatView", "chat_state", "chat_states", "inquiries", "shows"]


@dataclass(frozen=True, slots=True)
class Achieved:
    """One achievement: what was asked for, when it happened, by which hit, and after whose first reply."""

    version: ChatGoalVersion
    goal: str  # in words
    at: datetime
    counter: int
    hit: str
    agent_id: int | None
    agent: str


@dataclass(frozen=True, slots=True)
class ChatView:
    """What the panel beside a conversation shows."""

    state: str  # none, in_process, achieved, missed
    label: str
    tracked: bool  # whether the account tracks chat goals now: if not, the panel does not show
    goal: ChatGoalVersion | None = (
        None  # that judges the newest answered inquiry; before a reply, the one in force
    )
    goal_words: str = ""
    first_reply_at: datetime | None = None
    agent_id: int | None = None  # who gave the first reply
    agent: str = ""
    frame_ends_at: datetime | None = None
    achieved: list[Achieved] = field(default_factory=list)  # the earlier ones first
    words: list[str] = field(default_factory=list)  # why, newest first


def chat_state(*, account_id: int, conversation_id: int, at: datetime | None = None) -> ChatView:
    """A conversation's chat goal as of now (or `at`), worked out from the facts; `NotThere` where there is none."""
    found = chat_facts.chats(account_id=account_id, conversations=[conversation_id])
    if not found:
        raise NotThere
    us = clock.to_us(at or clock.now())
    account = Account.objects.get(pk=account_id)
    chat = look(found[0].facts, us)
    with timezone.override(periods.zone(account.timezone)):
        return _view(account, chat, us)


def _view(account: Account, chat: Chat, us: int) -> ChatView:
    numbers = {one.version.version for one in chat.inquiries if one.version}
    numbers |= {chat.version.version} if chat.version else set()
    versions = ChatGoalVersion.objects.select_related("goal__channel").in_bulk(numbers)
    registry = facts.registry(account_id=account.pk)
    external = Agent.objects.filter(account_id=account.pk).in_bulk(
        {one.agent for one in chat.inquiries if one.agent}
    )

    def name(agent: int, t: int) -> str:
        return registry.agent(agent, t).name or str(external.get(agent, "")) if agent else ""

    shown = chat.shown
    judging = shown.version if shown else chat.version
    if judging is None and chat.achieved:
        judging = chat.achieved[-1].version
    version = versions[judging.version] if judging else None
    return ChatView(
        state=chat.state.name.lower(),
        label=str(ChatStates(int(chat.state)).label),
        tracked=account.chat_goals_tracked,
        goal=version,
        goal_words=chat_words.goal(version) if version else "",
        first_reply_at=_instant(shown.replied_at if shown else None),
        agent_id=(shown.agent or None) if shown else None,
        agent=name(shown.agent, shown.replied_at or us) if shown else "",
        frame_ends_at=_instant(shown.frame_ends_at if shown else None),
        achieved=[
            Achieved(
                versions[one.version.version],
                chat_words.goal(versions[one.version.version]),
                clock.from_us(one.reach.time),
                one.reach.counter,
                one.reach.hit,
                one.agent or None,
                name(one.agent, one.replied_at or us),
            )
            for one in chat.achieved
            if one.version and one.reach
        ],
        words=chat_words.explain(chat, versions, name),
    )


def _instant(us: int | None) -> datetime | None:
    return None if us is None else clock.from_us(us)


def _kept(account_id: int) -> Subquery:
    """The goals that were not deleted: what others gave is gone from every list and rate at once."""
    goals = ChatGoal.objects.filter(account_id=account_id, deleted_at__isnull=True)
    return Subquery(goals.values("pk"))


def chat_states(*, account_id: int) -> QuerySet[ChatState]:
    """What the account's conversations show, at most a minute old; those that show None have no row.

    While the account does not track chat goals all of them show None.
    """
    rows = ChatState.objects.filter(account_id=account_id, goal_id__in=_kept(account_id))
    tracked = Account.objects.filter(pk=account_id, chat_goals_tracked=True)
    return rows.exclude(state=ChatStates.NONE).filter(Exists(tracked))


def shows(*, account_id: int, state: int) -> Q:
    """Of conversations: whether it shows this state (of `ChatStates`)."""
    shown = chat_states(account_id=account_id).filter(conversation_id=OuterRef("pk"))
    return ~Q(Exists(shown)) if state == ChatStates.NONE else Q(Exists(shown.filter(state=state)))


def inquiries(*, account_id: int, now: datetime) -> QuerySet[Inquiry]:
    """The account's tracked inquiries; `outcome` is their state as of `now`, whenever they were last looked at."""
    over = Q(state=State.IN_PROCESS, frame_ends_at__lt=now)
    rows = Inquiry.objects.filter(account_id=account_id, goal_id__in=_kept(account_id))
    return rows.annotate(
        outcome=Case(
            When(over, then=Value(int(ChatStates.MISSED))), default=F("state"), output_field=IntegerField()
        )
    )
