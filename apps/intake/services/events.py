"""Storing conversation events: channels, agents and groups they name, whose the conversation is, marks."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import transaction

from apps.accounts.models import Account
from apps.accounts.services import ensure_agents, ensure_groups
from apps.conversations import services as conversations
from apps.conversations import summaries
from apps.conversations.models import Conversation, Event
from apps.conversations.services import EventRow, Naming
from apps.core import clock
from apps.core.clock import BEGINNING
from apps.core.errors import Problem
from apps.core.locks import Lock, share
from apps.core.retry import retrying
from apps.goals import chat_marks
from apps.intake.decode import decode_event, item_id
from apps.intake.links import Sighting, link
from apps.intake.records import MAX_BATCH, EventIn, Outcome, Rejected, check_event
from apps.people.models import Mark
from apps.people.selectors import owners
from apps.people.services import CLIENT, USER, Name, ensure_identities, hold, leave_marks

_KINDS = {"person": Event.Kind.PERSON, "agent": Event.Kind.AGENT, "bot": Event.Kind.BOT}
_STATUSES = {
    "new": Event.Kind.NEW,
    "open": Event.Kind.OPEN,
    "pending": Event.Kind.PENDING,
    "hold": Event.Kind.HOLD,
    "solved": Event.Kind.SOLVED,
    "closed": Event.Kind.CLOSED,
}
_MASKED = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+|\d")

Key = tuple[int, str]
"""(channel, ticket) of a conversation."""


def take_events(*, account_id: int, raw: Sequence[Any]) -> Outcome:
    """Check and store a batch of conversation events; the first of each (channel, id) counts."""
    arrived_at = clock.now()
    events: list[EventIn] = []
    rejected: list[Rejected] = []
    for index, item in enumerate(raw):
        event = decode_event(item)
        problem = _problem(index, event, arrived_at)
        if isinstance(event, EventIn) and problem is None:
            events.append(event)
        elif problem is not None:
            rejected.append(Rejected(index, item_id(item), problem.code, str(problem.detail)))
    if not events:
        return Outcome(rejected=tuple(rejected))
    stored = retrying(lambda: _store(account_id, events, arrived_at))
    return Outcome(stored, len(events) - stored, tuple(rejected))


def _problem(index: int, event: EventIn | Problem, arrived_at: datetime) -> Problem | None:
    if index >= MAX_BATCH:
        return Problem("", "too_many", f"A batch has at most {MAX_BATCH} items.")
    return event if isinstance(event, Problem) else check_event(event, arrived_at=arrived_at)


@transaction.atomic
def _store(account_id: int, events: Sequence[EventIn], arrived_at: datetime) -> int:
    share(Lock.GOALS, account_id)
    channels = conversations.ensure_channels(
        account_id=account_id, external_ids={one.channel for one in events}
    )
    fresh = _fresh(account_id, events, channels)
    if not fresh:
        return 0
    identities = ensure_identities(
        account_id=account_id, names={name for event in fresh for name in _names(event)}
    )
    sightings = [sighting for event in fresh if (sighting := _sighting(event, identities))]
    hold(account_id=account_id, linked={one.client for one in sightings}, others=set(identities.values()))
    held = conversations.ensure_conversations(account_id=account_id, begun=_begun(fresh, channels))
    rows = _rows(account_id, fresh, channels, held, arrived_at)
    stored = conversations.insert_events(rows=rows)
    new = [event for event in fresh if (channels[event.channel], event.id) in stored]
    if sightings:
        of_new = [sighting for event in new if (sighting := _sighting(event, identities))]
        link(account_id=account_id, sightings=of_new, source="conversation")
        for conversation in held.values():  # it may be somebody else's since it was read
            conversation.refresh_from_db(fields=["person_id"])
    _settle(account_id, new, channels, held, identities)
    links = {(channels[event.channel], event.id) for event in new if event.link is not None}
    summaries.note(account_id=account_id, facts=_facts(rows, stored, links))
    tracked = chat_marks.tracked_channels(account_id=account_id)
    chat_marks.mark_conversations(
        account_id=account_id,
        conversations={
            row.conversation for row in rows if row.channel in tracked and (row.channel, row.id) in stored
        },
    )
    return len(new)


def _facts(rows: Sequence[EventRow], stored: set[Key], links: set[Key]) -> list[summaries.Fact]:
    """Of the rows that were stored, what the conversations' summaries are made of."""
    return [
        summaries.Fact(
            row.conversation, row.time, row.kind, row.agent, row.group, (row.channel, row.id) in links
        )
        for row in rows
        if (row.channel, row.id) in stored
    ]


def _fresh(account_id: int, events: Sequence[EventIn], channels: dict[str, int]) -> list[EventIn]:
    """The events that are not stored, each id once: what a duplicate says is not looked at."""
    first = {(channels[event.channel], event.id): event for event in reversed(events)}
    known = conversations.known_events(account_id=account_id, ids=first.keys())
    return [event for key, event in reversed(first.items()) if key not in known]


def _names(event: EventIn) -> list[Name]:
    person = event.person
    if person is None:
        return []
    pairs = ((CLIENT, person.client_id), (USER, person.user_id))
    return [(kind, value) for kind, value in pairs if value]


def _sighting(event: EventIn, identities: dict[Name, int]) -> Sighting | None:
    names = _names(event)
    if len(names) < 2:
        return None
    client, user = names
    return Sighting(identities[client], identities[user], event.time)


def _begun(events: Sequence[EventIn], channels: dict[str, int]) -> dict[Key, datetime]:
    begun: dict[Key, datetime] = {}
    for event in events:
        key = (channels[event.channel], event.conversation)
        begun[key] = min(begun.get(key, event.time), event.time)
    return begun


def _rows(
    account_id: int,
    events: Sequence[EventIn],
    channels: dict[str, int],
    held: dict[Key, Conversation],
    arrived_at: datetime,
) -> list[EventRow]:
    agents = ensure_agents(
        account_id=account_id, external_ids={name for one in events if (name := _agent(one))}
    )
    groups = ensure_groups(
        account_id=account_id, external_ids={one.group for one in events if isinstance(one.group, str)}
    )
    policy = Account.objects.values_list("message_text", flat=True).get(pk=account_id)
    return [
        EventRow(
            account_id,
            held[channels[event.channel], event.conversation].pk,
            event.time,
            event.seq,
            event.id,
            channels[event.channel],
            int(kind_of(event)),
            agents.get(_agent(event) or ""),
            groups.get(event.group) if isinstance(event.group, str) else None,
            _detail(event, policy),
            arrived_at,
        )
        for event in events
    ]


def _agent(event: EventIn) -> str | None:
    """The agent that an event names: who wrote, or who is assigned."""
    if event.type == "message":
        return event.author.agent if event.author and event.author.kind in ("agent", "bot") else None
    return event.agent if event.type == "assignment" and isinstance(event.agent, str) else None


def kind_of(event: EventIn) -> Event.Kind:
    """The one small number that says what happened and who did it."""
    if event.type == "message":
        if not event.public:
            return Event.Kind.NOTE
        return _KINDS.get(event.author.kind if event.author else "", Event.Kind.SYSTEM)
    if event.type == "assignment":
        says_agent, says_group = event.agent is not msgspec.UNSET, event.group is not msgspec.UNSET
        if says_agent:
            return Event.Kind.ASSIGN if says_group else Event.Kind.ASSIGN_AGENT
        return Event.Kind.ASSIGN_GROUP if says_group else Event.Kind.ASSIGN_NOTHING
    if event.type == "status":
        return _STATUSES[event.status or ""]
    return Event.Kind.RATING if event.type == "rating" else Event.Kind.TAG


def _detail(event: EventIn, policy: str) -> str | None:
    detail: dict[str, Any] = {}
    if event.text is not None and policy != "drop":
        detail["text"] = _kept(event.text, policy)
    if event.type == "message" and not event.public and event.author:
        detail["author"] = event.author.kind
    if event.rating is not None:
        detail |= {"score": event.rating.score, "comment": _kept(event.rating.comment, policy)}
    if event.tag is not None:
        detail["tag"] = event.tag
    if event.link is not None:
        detail["link"] = event.link
    return msgspec.json.encode(detail).decode() if detail else None


def _kept(text: str | None, policy: str) -> str | None:
    """What the account keeps of what somebody wrote."""
    if text is None or policy == "drop":
        return None
    return text if policy == "keep" else _MASKED.sub("*", text)


def _settle(
    account_id: int,
    events: Sequence[EventIn],
    channels: dict[str, int],
    held: dict[Key, Conversation],
    identities: dict[Name, int],
) -> None:
    """Whose each conversation is now, and what has to be judged again."""
    who = owners(account_id=account_id, identities=identities.values())
    marks: list[tuple[int, datetime]] = []
    by_key: dict[Key, list[EventIn]] = {}
    for event in events:
        by_key.setdefault((channels[event.channel], event.conversation), []).append(event)
    for key, of_one in by_key.items():
        conversation = held[key]
        begun_at = min(event.time for event in of_one)
        naming = _first_naming(of_one, identities, conversation)
        person = conversation.person_id
        if naming is not None:
            person = who.person(naming.identity, naming.time)
            marks += [(one, BEGINNING) for one in {person, conversation.person_id} if one]
        elif person:
            marks.append((person, begun_at))
        conversations.settle(conversation=conversation, begun_at=begun_at, naming=naming, person=person)
    leave_marks(account_id=account_id, marks=marks, reason=Mark.Reason.CONVERSATION)


def _first_naming(
    events: Sequence[EventIn], identities: dict[Name, int], conversation: Conversation
) -> Naming | None:
    """The earliest event that names a person, if it comes before the one that did so far."""
    named = [
        Naming(event.time, event.seq, event.id, identities[names[-1]])
        for event in events
        if (names := _names(event))
    ]
    first = min(named, key=lambda one: one.order, default=None)
    if first is None or conversation.named_at is None:
        return first
    known = (conversation.named_at, conversation.named_seq or 0, (conversation.named_by or "").encode())
    return first if first.order < known else None
