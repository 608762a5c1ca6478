"""The three streams of a history, raw: events of the conversation, hits of its person, results of their reaches.

Each is read backwards from a place and at most `limit` rows of it, so a long history costs what a short one does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection

from apps.conversations.models import Conversation
from apps.conversions.models import Conversion
from apps.core import clock
from apps.core.errors import NotThere
from apps.people.holding import held_by
from apps.visits.of_person import OF_STRETCHES, Stretch, arguments

EVENT, HIT, GOAL = 0, 1, 2
"""At one instant what was said comes first (an event at a hit's instant counts for it), then the hit, then its goal."""
AROUND = timedelta(days=1)
"""Hits are shown from so long before the first event until so long after the last."""
LONGEST_WINDOW = timedelta(days=90)
"""No goal gives credit longer after the last message."""


class Key(NamedTuple):
    """Where a fact stands in the history; unique in it."""

    time: datetime
    stream: int
    first: int  # event: seq; hit: counter; goal: goal
    second: int  # goal: counter
    id: str

    @property
    def order(self) -> tuple[datetime, int, int, int, bytes]:
        """As the database orders them: ids by their bytes."""
        return self.time, self.stream, self.first, self.second, self.id.encode()

    def __str__(self) -> str:
        return f"{clock.to_us(self.time)}.{self.stream}.{self.first}.{self.second}.{self.id}"


def read_key(text: str) -> Key:
    """A key out of an address; NotThere for anything else."""
    try:
        us, stream, first, second, name = text.split(".", 4)
        key = Key(clock.from_us(int(us)), int(stream), int(first), int(second), name)
    except (ValueError, OverflowError):
        raise NotThere from None
    fits = all(-(2**63) < number < 2**63 for number in (key.first, key.second)) and key.stream in (0, 1, 2)
    if not fits or len(name) > 255 or "\x00" in name or not 1900 < key.time.year < 9000:
        raise NotThere
    try:
        name.encode()
    except UnicodeEncodeError:
        raise NotThere from None
    return key


@dataclass(frozen=True, slots=True)
class Raw:
    """A fact as it is stored."""

    key: Key
    row: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a history: facts before `before`, from `since` on, the latest `limit` of them."""

    limit: int
    before: Key | None = None
    since: Key | None = None


def gather(*, conversation: Conversation, span: Span) -> tuple[list[Raw], bool]:
    """The facts of the span in their order, and whether there are earlier ones."""
    streams = [_events(conversation, span), _hits(conversation, span), _goals(conversation, span)]
    found = sorted((raw for stream in streams for raw in stream), key=lambda raw: raw.key.order)
    return found[-span.limit :], len(found) > span.limit


def _bounds(span: Span, stream: int, columns: str, parts: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
    """SQL for "in the span", on a stream's own key; an index range, whatever stream the span's ends are of."""
    said, values = "", dict[str, Any]()
    for name, end, beyond, key in (("before", "<", span.before, -1), ("since", ">", span.since, 1)):
        if beyond is None:
            continue
        values |= {f"{name}_{part}": getattr(beyond, part) for part in parts}
        if beyond.stream == stream:
            equal = "=" if end == ">" else ""  # `since` itself belongs to the span
            whole = ", ".join(f"%({name}_{part})s" for part in parts)
            said += f" AND ({columns}) {end}{equal} ({whole})"
        else:
            inclusive = "=" if (stream - beyond.stream) * key > 0 else ""
            said += f" AND time {end}{inclusive} %({name}_time)s"
    return said, values


def _events(conversation: Conversation, span: Span) -> list[Raw]:
    bounds, values = _bounds(span, EVENT, "time, seq, id", ("time", "first", "id"))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT time, seq, id, kind, agent_id, group_id, detail::text FROM conversations_event"
            f" WHERE account_id = %(account)s AND conversation_id = %(conversation)s{bounds}"
            " ORDER BY time DESC, seq DESC, id DESC LIMIT %(most)s",
            {
                "account": conversation.account_id,
                "conversation": conversation.pk,
                "most": span.limit + 1,
                **values,
            },
        )
        return [Raw(Key(row[0], EVENT, row[1], 0, row[2]), row[3:]) for row in cursor.fetchall()]


def _hits(conversation: Conversation, span: Span) -> list[Raw]:
    """The hits of the person about the time of the conversation; none of robots."""
    if not conversation.person_id:
        return []
    held = held_by(account_id=conversation.account_id, person_id=conversation.person_id)
    bounds, values = _bounds(span, HIT, "time, counter_id, id", ("time", "first", "id"))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT time, counter_id, id, kind, url, name, detail::text"
            + OF_STRETCHES
            + f" WHERE NOT robot AND time BETWEEN %(first)s AND %(last)s{bounds}"
            " ORDER BY time DESC, counter_id DESC, id DESC LIMIT %(most)s",
            {
                **arguments(
                    conversation.account_id, [Stretch(one.identity.pk, one.since, one.until) for one in held]
                ),
                "first": conversation.begun_at - AROUND,
                "last": conversation.last_at + AROUND,
                "most": span.limit + 1,
                **values,
            },
        )
        return [Raw(Key(row[0], HIT, row[1], 0, row[2]), row[3:]) for row in cursor.fetchall()]


_RESULTS = """
SELECT c.time, c.goal_id, c.counter_id, c.hit_id, c.version_id, c.person_id, c.outcome, c.conversation_id,
    c.agent_id, c.group_id, c.active, c.contact_us, c.agent_name, c.agent_email
FROM goals_reach r JOIN conversions_conversion c USING (account_id, goal_id, time, counter_id, hit_id)
JOIN goals_messaginggoal g ON g.id = r.goal_id AND g.deleted_at IS NULL
WHERE r.account_id = %(account)s AND r.person_id = %(person)s AND r.time BETWEEN %(first)s AND %(last)s
    AND c.outcome = ANY(%(counted)s)
"""
COLUMNS = (
    "time", "goal_id", "counter_id", "hit_id", "version_id", "person_id", "outcome", "conversation_id", "agent_id",
    "group_id", "active", "contact_us", "agent_name", "agent_email",
)  # fmt: skip


def _goals(conversation: Conversation, span: Span) -> list[Raw]:
    """Credited and uncredited results of the person since the conversation began, in it or elsewhere."""
    if not conversation.person_id:
        return []
    bounds, values = _bounds(
        span, GOAL, "r.time, r.goal_id, r.counter_id, r.hit_id", ("time", "first", "second", "id")
    )
    with connection.cursor() as cursor:
        cursor.execute(
            _RESULTS
            + bounds.replace("AND time", "AND r.time")
            + " ORDER BY r.time DESC, r.goal_id DESC, r.counter_id DESC, r.hit_id DESC LIMIT %(most)s",
            {
                "account": conversation.account_id,
                "person": conversation.person_id,
                "first": conversation.begun_at,
                "last": conversation.last_at + LONGEST_WINDOW,
                "counted": [int(outcome) for outcome in Conversion.COUNTED],
                "most": span.limit + 1,
                **values,
            },
        )
        return [Raw(Key(row[0], GOAL, row[1], row[2], row[3]), row) for row in cursor.fetchall()]


def conversion_of(account_id: int, row: Sequence[Any]) -> Conversion:
    """The result that a row of the goals' stream is."""
    return Conversion(account_id=account_id, **dict(zip(COLUMNS, row, strict=True)))
