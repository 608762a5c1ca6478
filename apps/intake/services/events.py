"""Storing conversation events: channels, agents and groups they name, whose the conversation is, marks."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

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
from apps.core.retry import transactional
from apps.goals import chat_marks
from apps.intake.decode import decode_event, item_id
from apps.intake.links import Sightings, link, sightings
from apps.intake.named import Kind, Name, Named, names_of, pairs
from apps.intake.records import MAX_BATCH, EventIn, Outcome, Rejected, check_event
from apps.people import erasing
from apps.people.models import Mark
from apps.people.selectors import owners
from apps.people.services import ensure_identities, hold, leave_marks

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
    country = Account.objects.values_list("phone_country", flat=True).get(pk=account_id)
    events: list[Taken] = []
    rejected: list[Rejected] = []
    for index, item in enumerate(raw):
        taken = _taken(index, decode_event(item), arrived_at, country)
        if isinstance(taken, Taken):
            events.append(taken)
        else:
            rejected.append(Rejected(index, item_id(item), taken.code, str(taken.detail)))
    if not events:
        return Outcome(rejected=tuple(rejected))
    stored = _store(account_id, events, arrived_at)
    return Outcome(stored, len(events) - stored, tuple(rejected))


class Taken(NamedTuple):
    """A checked event, and whom it names, the one that counts first."""

    event: EventIn
    names: list[Named]


def _taken(index: int, event: EventIn | Problem, arrived_at: datetime, country: str) -> Taken | Problem:
    if index >= MAX_BATCH:
        return Problem("", "too_many", f"A batch has at most {MAX_BATCH} items.")
    if isinstance(event, Problem):
        return event
    if problem := check_event(event, arrived_at=arrived_at):
        return problem
    names = names_of(event.person, country=country)
    return names if isinstance(names, Problem) else Taken(event, names)


@transactional
def _store(account_id: int, events: Sequence[Taken], arrived_at: datetime) -> int:
    share(Lock.GOALS, account_id)
    events = _without_erased(account_id, events, arrived_at)
    channels = conversations.ensure_channels(
        account_id=account_id, external_ids={one.event.channel for one in events}
    )
    fresh = _fresh(account_id, events, channels) if events else []
    if not fresh:
        return 0
    identities = _identities(account_id, fresh)
    seen = _seen(fresh, identities)
    loose = {identity for (kind, _value), identity in identities.items() if kind != Kind.USER_ID}
    moving = hold(account_id=account_id, linked=seen.ends, others=loose)
    of_fresh = [one.event for one in fresh]
    held = conversations.ensure_conversations(
        account_id=account_id, begun=_begun(of_fresh, channels), moving=moving
    )
    rows = _rows(account_id, of_fresh, channels, held, arrived_at)
    stored = conversations.insert_events(rows=rows)
    new = [one for one in fresh if (channels[one.event.channel], one.event.id) in stored]
    if seen.ends:
        link(account_id=account_id, seen=_seen(new, identities), source="conversation")
        for conversation in held.values():  # it may be somebody else's since it was read
            conversation.refresh_from_db(fields=["person_id"])
    _settle(account_id, new, channels, held, identities)
    links = {(channels[one.event.channel], one.event.id) for one in new if one.event.link is not None}
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


def _fresh(account_id: int, events: Sequence[Taken], channels: dict[str, int]) -> list[Taken]:
    """The events that are not stored, each id once: what a duplicate says is not looked at."""
    first = {(channels[one.event.channel], one.event.id): one for one in reversed(events)}
    known = conversations.known_events(account_id=account_id, ids=first.keys())
    return [one for key, one in reversed(first.items()) if key not in known]


def _without_erased(account_id: int, events: Sequence[Taken], arrived_at: datetime) -> list[Taken]:
    """The events that may be stored: what was erased does not come back when it is sent again."""
    stones = erasing.stones(account_id=account_id, earliest=min(one.event.time for one in events))
    return [
        one
        for one in events
        if not stones
        or not stones.covers(
            [
                *(name.name for name in one.names),
                (erasing.TICKET, f"{one.event.channel}\0{one.event.conversation}"),
            ],
            one.event.time,
            arrived_at,
        )
    ]


def _identities(account_id: int, events: Sequence[Taken]) -> dict[Name, int]:
    names = [name for one in events for name in one.names]
    return ensure_identities(
        account_id=account_id,
        names={one.name for one in names},
        written={one.name: one.written for one in names if one.written},
    )


def _seen(events: Sequence[Taken], identities: dict[Name, int]) -> Sightings:
    """Which identities these events name together."""
    return sightings([pair for one in events for pair in pairs(one.names, one.event.time)], identities)


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
    events: Sequence[Taken],
    channels: dict[str, int],
    held: dict[Key, Conversation],
    identities: dict[Name, int],
) -> None:
    """Whose each conversation is now, and what has to be judged again."""
    who = owners(account_id=account_id, identities=identities.values())
    marks: list[tuple[int, datetime]] = []
    by_key: dict[Key, list[Taken]] = {}
    for one in events:
        by_key.setdefault((channels[one.event.channel], one.event.conversation), []).append(one)
    for key, of_one in by_key.items():
        conversation = held[key]
        begun_at = min(one.event.time for one in of_one)
        naming = _first_naming(of_one, identities, conversation)
        person = conversation.person_id
        if naming is not None:
            person = who.person(naming.identity, naming.time)
            marks += [(whose, BEGINNING) for whose in {person, conversation.person_id} if whose]
        elif person:
            marks.append((person, begun_at))
        conversations.settle(conversation=conversation, begun_at=begun_at, naming=naming, person=person)
    leave_marks(account_id=account_id, marks=marks, reason=Mark.Reason.CONVERSATION)


def _first_naming(
    events: Sequence[Taken], identities: dict[Name, int], conversation: Conversation
) -> Naming | None:
    """The earliest event that names a person, if it comes before the one that did so far."""
    named = [
        Naming(event.time, event.seq, event.id, identities[names[0].name]) for event, names in events if names
    ]
    first = min(named, key=lambda one: one.order, default=None)
    if first is None or conversation.named_at is None:
        return first
    known = (conversation.named_at, conversation.named_seq or 0, (conversation.named_by or "").encode())
    return first if first.order < known else None
