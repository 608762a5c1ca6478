"""What lists show of a conversation, folded from its events in the transaction that stores them.

Latest instants are folded forward; status, holders and link are read again from the events, so that order of
arrival shows nowhere. `rebuild` makes all of it anew.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from apps.conversations.models import Event
from apps.core.retry import transactional

ASSIGNMENTS = (int(Event.Kind.ASSIGN), int(Event.Kind.ASSIGN_NOTHING))
STATUSES = (int(Event.Kind.NEW), int(Event.Kind.CLOSED))


class Fact(NamedTuple):
    """Of a new event what a summary is made of."""

    conversation: int
    time: datetime
    kind: int
    agent: int | None
    group: int | None
    link: bool


@dataclass(slots=True)
class _Latest:
    any: datetime
    person: datetime | None = None
    agent: datetime | None = None

    def take(self, fact: Fact) -> None:
        self.any = max(self.any, fact.time)
        if fact.kind == Event.Kind.PERSON:
            self.person = max(self.person or fact.time, fact.time)
        elif fact.kind == Event.Kind.AGENT:
            self.agent = max(self.agent or fact.time, fact.time)


def note(*, account_id: int, facts: Collection[Fact]) -> None:
    """Take new events in. The caller holds their conversations to the transaction's end."""
    if not facts:
        return
    latest: dict[int, _Latest] = {}
    for fact in facts:
        latest.setdefault(fact.conversation, _Latest(fact.time)).take(fact)
    _fold(account_id, latest)
    turned = {fact.conversation for fact in facts if fact.kind >= ASSIGNMENTS[0] and fact.kind <= STATUSES[1]}
    _read_again(account_id, turned)
    _read_links(account_id, {fact.conversation for fact in facts if fact.link})
    _hold(account_id, facts)
    with connection.cursor() as cursor:
        cursor.execute(_FOLLOW + " AND c.id = ANY(%s)", [account_id, sorted(latest)])


def _fold(account_id: int, latest: dict[int, _Latest]) -> None:
    columns: list[Any] = [
        [account_id] * len(latest),
        list(latest),
        [one.any for one in latest.values()],
        [one.person for one in latest.values()],
        [one.agent for one in latest.values()],
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE conversations_conversation c SET last_at = greatest(c.last_at, n.any_at),"
            " person_said_at = greatest(c.person_said_at, n.person_at),"
            " agent_said_at = greatest(c.agent_said_at, n.agent_at), changed_at = clock_timestamp()"
            " FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[])"
            " AS n(account, id, any_at, person_at, agent_at) WHERE c.account_id = n.account AND c.id = n.id",
            columns,
        )


def _last(column: str, where: str) -> str:
    """The value of the latest event of a kind."""
    return (
        f"(SELECT {column} FROM conversations_event e WHERE e.account_id = c.account_id"
        f" AND e.conversation_id = c.id AND {where} ORDER BY e.time DESC, e.seq DESC, e.id DESC LIMIT 1)"
    )


_AGAIN = (
    "UPDATE conversations_conversation c SET"
    f" status = coalesce({_last('e.kind', 'e.kind BETWEEN 20 AND 25')}, 20),"
    f" agent_id = {_last('e.agent_id', 'e.kind IN (10, 11)')},"
    f" group_id = {_last('e.group_id', 'e.kind IN (10, 12)')}"
    " WHERE c.account_id = %s"
)
_LINKS = (
    "UPDATE conversations_conversation c SET link = "
    + _last("e.detail->>'link'", "e.detail ? 'link'")
    + " WHERE c.account_id = %s"
)
_FOLLOW = (
    "UPDATE conversations_held h SET last_at = c.last_at FROM conversations_conversation c"
    " WHERE c.account_id = %s AND h.account_id = c.account_id AND h.conversation_id = c.id"
    " AND h.last_at <> c.last_at"
)
_SAID = (
    "UPDATE conversations_conversation c SET last_at = s.last_at, person_said_at = s.person_at,"
    " agent_said_at = s.agent_at FROM (SELECT conversation_id, max(time) AS last_at,"
    " max(time) FILTER (WHERE kind = 1) AS person_at, max(time) FILTER (WHERE kind = 2) AS agent_at"
    " FROM conversations_event WHERE account_id = %s GROUP BY conversation_id) s"
    " WHERE c.account_id = %s AND c.id = s.conversation_id"
)
_HOLDERS = (
    "INSERT INTO conversations_held (account_id, conversation_id, by_group, holder_id, last_at)"
    " SELECT DISTINCT e.account_id, e.conversation_id, n.by_group, n.holder, c.last_at"
    " FROM conversations_event e JOIN conversations_conversation c ON c.id = e.conversation_id"
    " CROSS JOIN LATERAL (VALUES (false, e.agent_id), (true, e.group_id)) AS n(by_group, holder)"
    " WHERE e.account_id = %s AND e.kind BETWEEN 10 AND 13 AND n.holder IS NOT NULL"
)


def _read_again(account_id: int, conversations: Collection[int]) -> None:
    if conversations:
        with connection.cursor() as cursor:
            cursor.execute(_AGAIN + " AND c.id = ANY(%s)", [account_id, sorted(conversations)])


def _read_links(account_id: int, conversations: Collection[int]) -> None:
    if conversations:
        with connection.cursor() as cursor:
            cursor.execute(_LINKS + " AND c.id = ANY(%s)", [account_id, sorted(conversations)])


def _hold(account_id: int, facts: Iterable[Fact]) -> None:
    """Who holds a conversation once may see it for good."""
    holders: dict[tuple[int, bool, int], datetime] = {}
    for fact in facts:
        if ASSIGNMENTS[0] <= fact.kind <= ASSIGNMENTS[1]:
            for by_group, holder in ((False, fact.agent), (True, fact.group)):
                if holder is not None:
                    holders[fact.conversation, by_group, holder] = fact.time
    if not holders:
        return
    conversations, kinds, ids = (list(column) for column in zip(*sorted(holders), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO conversations_held (account_id, conversation_id, by_group, holder_id, last_at)"
            " SELECT %s, n.conversation, n.by_group, n.holder, c.last_at"
            " FROM unnest(%s::bigint[], %s::boolean[], %s::bigint[]) AS n(conversation, by_group, holder)"
            " JOIN conversations_conversation c ON c.id = n.conversation ON CONFLICT DO NOTHING",
            [account_id, conversations, kinds, ids],
        )


@transactional
def rebuild(*, account_id: int) -> None:
    """Make an account's summaries anew from its events, as if every event came in again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM conversations_conversation WHERE account_id = %s ORDER BY id FOR NO KEY UPDATE",
            [account_id],
        )
        cursor.execute("DELETE FROM conversations_held WHERE account_id = %s", [account_id])
        cursor.execute(_SAID, [account_id, account_id])
        for statement in (_AGAIN, _LINKS, _HOLDERS):
            cursor.execute(statement, [account_id])
