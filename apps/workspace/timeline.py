"""A conversation's history: what was said and done, the person's page views, and goals as events at their instants."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from apps.accounts.models import Agent, Group
from apps.conversations.models import Conversation, Event
from apps.conversions.models import Conversion
from apps.conversions.selectors import Why, encode_id, value_of, whys
from apps.visits.models import Hit
from apps.workspace.facts import EVENT, GOAL, HIT, Key, Raw, Span, conversion_of, gather
from apps.workspace.sight import Sight, visible_conversations

AUTHORS = {
    Event.Kind.PERSON: "person",
    Event.Kind.AGENT: "agent",
    Event.Kind.BOT: "bot",
    Event.Kind.SYSTEM: "system",
}
_KINDS = {Event.Kind.NOTE: "note", Event.Kind.RATING: "rating", Event.Kind.TAG: "tag"}


@dataclass(frozen=True, slots=True)
class Reason:
    """What a rule made of a conversation. No ticket: it is not there for whoever asks."""

    ticket: str | None
    channel: str
    here: bool
    credited: bool
    words: str


@dataclass(frozen=True, slots=True)
class Reached:
    """A goal conversion as an event."""

    conversion: str
    goal_id: int
    goal: str
    version: int
    url: str
    value: Decimal | None
    currency: str
    credited: bool
    here: bool  # credited in this very conversation
    agent: Agent | None
    agent_name: str  # as it was then
    group: Group | None
    summary: str
    model: str
    reasons: list[Reason] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Item:
    """One event of a history. `kind`: message, note, assignment, status, rating, tag, page_view, event, goal."""

    key: Key
    kind: str
    author: str = ""  # of messages and notes: person, agent, bot, system
    agent: Agent | None = None
    group: Group | None = None
    says: tuple[bool, bool] = (
        False,
        False,
    )  # whether an assignment says something of the agent, of the group
    status: int | None = None
    text: str | None = None
    score: str = ""
    tag: str = ""
    url: str = ""
    name: str = ""
    title: str = ""
    reached: Reached | None = None

    @property
    def at(self) -> datetime:
        return self.key.time


@dataclass(frozen=True, slots=True)
class History:
    """Part of a history, in its order. `earlier`: the place before which there is more."""

    raw: list[Raw]
    earlier: Key | None


def read(*, conversation: Conversation, span: Span) -> History:
    """The facts of a span; `tell` makes them readable."""
    raw, more = gather(conversation=conversation, span=span)
    return History(raw, raw[0].key if more and raw else None)


def tell(*, sight: Sight, conversation: Conversation, history: History) -> list[Item]:
    """The history as it is shown; the same number of queries whatever it holds."""
    results = [
        conversion_of(conversation.account_id, raw.row) for raw in history.raw if raw.key.stream == GOAL
    ]
    people = _People.of(conversation.account_id, history.raw, results)
    goals = iter(_reached(sight, conversation, results, people))
    items = []
    for raw in history.raw:
        if raw.key.stream == EVENT:
            items.append(_event(raw, people))
        elif raw.key.stream == HIT:
            items.append(_hit(raw))
        else:
            items.append(Item(raw.key, "goal", reached=next(goals)))
    return items


@dataclass(frozen=True, slots=True)
class _People:
    agents: dict[int, Agent]
    groups: dict[int, Group]

    @classmethod
    def of(cls, account_id: int, raw: Sequence[Raw], results: Sequence[Conversion]) -> "_People":
        events = [one.row for one in raw if one.key.stream == EVENT]
        agents = {row[1] for row in events} | {one.agent_id for one in results}
        groups = {row[2] for row in events} | {one.group_id for one in results}
        return cls(
            Agent.objects.filter(account_id=account_id).in_bulk(agents - {None}),
            Group.objects.filter(account_id=account_id).in_bulk(groups - {None}),
        )


def _event(raw: Raw, people: _People) -> Item:
    number, agent, group, packed = raw.row
    kind, detail = Event.Kind(number), json.loads(packed) if packed else {}
    return Item(
        raw.key,
        _kind(kind),
        author=AUTHORS.get(kind, str(detail.get("author", ""))),
        agent=people.agents.get(agent),
        group=people.groups.get(group),
        says=(
            kind in (Event.Kind.ASSIGN, Event.Kind.ASSIGN_AGENT),
            kind in (Event.Kind.ASSIGN, Event.Kind.ASSIGN_GROUP),
        ),
        status=number if Event.Kind.NEW <= number <= Event.Kind.CLOSED else None,
        text=detail.get("comment") if kind is Event.Kind.RATING else detail.get("text"),
        score=str(detail.get("score", "")),
        tag=str(detail.get("tag", "")),
    )


def _kind(kind: Event.Kind) -> str:
    if kind in AUTHORS:
        return "message"
    if Event.Kind.ASSIGN <= kind <= Event.Kind.ASSIGN_NOTHING:
        return "assignment"
    return _KINDS.get(kind, "status")


def _hit(raw: Raw) -> Item:
    kind, url, name, packed = raw.row
    detail: dict[str, Any] = json.loads(packed) if packed else {}
    return Item(
        raw.key,
        "page_view" if kind == Hit.Kind.PAGEVIEW else "event",
        url=url or "",
        name=name or "",
        title=str(detail.get("title") or ""),
    )


def _reached(
    sight: Sight, conversation: Conversation, results: Sequence[Conversion], people: _People
) -> list[Reached]:
    if not results:
        return []
    told = whys(account_id=conversation.account_id, found=results)
    looked_at = {one.conversation_id for why in told for one in why.candidates}
    visible = set(visible_conversations(sight=sight).filter(pk__in=looked_at).values_list("pk", flat=True))
    urls = _urls(conversation.account_id, results)
    return [
        Reached(
            conversion=encode_id(
                goal_id=one.goal_id, counter_id=one.counter_id, time=one.time, hit_id=one.hit_id
            ),
            goal_id=one.goal_id,
            goal=why.version.name,
            version=why.version.number,
            url=urls.get((one.counter_id, one.hit_id, one.time), ""),
            value=value_of(conversion=one, version=why.version),
            currency=why.version.currency,
            credited=one.credited,
            here=one.conversation_id == conversation.pk,
            agent=people.agents.get(one.agent_id or 0),
            agent_name=one.agent_name or str(people.agents.get(one.agent_id or 0, "")),
            group=people.groups.get(one.group_id or 0),
            summary=why.summary,
            model=why.model,
            reasons=_reasons(why, conversation, visible),
        )
        for one, why in zip(results, told, strict=True)
    ]


def _reasons(why: Why, conversation: Conversation, visible: set[int]) -> list[Reason]:
    """Of conversations that are not there for whoever asks only the one that earned the credit, unnamed."""
    return [
        Reason(
            ticket=one.ticket if one.conversation_id in visible else None,
            channel=one.channel if one.conversation_id in visible else "",
            here=one.conversation_id == conversation.pk,
            credited=one.rule == "credited",
            words=one.words,
        )
        for one in why.candidates
        if one.conversation_id in visible or one.rule == "credited"
    ]


def _urls(account_id: int, results: Sequence[Conversion]) -> dict[tuple[int, str, datetime], str]:
    """The pages on which goals were reached."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT counter_id, id, time, coalesce(url, '') FROM visits_hit WHERE account_id = %s"
            " AND counter_id = ANY(%s) AND id = ANY(%s) AND time = ANY(%s)",
            [
                account_id,
                [one.counter_id for one in results],
                [one.hit_id for one in results],
                [one.time for one in results],
            ],
        )
        return {(counter, hit, time): url for counter, hit, time, url in cursor.fetchall()}
