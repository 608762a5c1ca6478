"""What a list shows of each conversation: looked up for a whole page at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from apps.accounts.models import Agent, Group
from apps.conversations.models import Conversation
from apps.conversations.unanswered import is_unanswered
from apps.conversions.chat_selectors import chat_states
from apps.conversions.models import ChatState
from apps.workspace import persons
from apps.workspace.panel import GoalCount, goals_in, status_name

SHOWN = 160  # characters of a last message


@dataclass(frozen=True, slots=True)
class Row:
    """A conversation in a list."""

    conversation: Conversation
    person: str
    status: str
    unanswered: bool
    agent: Agent | None
    group: Group | None
    goals: list[GoalCount]
    last_text: str
    chat: ChatState | None = None  # what its chat goal shows; none where it shows None


def rows(*, account_id: int, conversations: Sequence[Conversation]) -> list[Row]:
    """Rows of one account's conversations, in their order."""
    numbers = [one.pk for one in conversations]
    called = persons.names(
        account_id=account_id, people=[one.person_id for one in conversations if one.person_id]
    )
    agents = Agent.objects.filter(account_id=account_id).in_bulk(
        {one.agent_id for one in conversations if one.agent_id}
    )
    groups = Group.objects.filter(account_id=account_id).in_bulk(
        {one.group_id for one in conversations if one.group_id}
    )
    goals = goals_in(account_id=account_id, numbers=numbers)
    texts = _last_texts(account_id, numbers)
    shown = chat_states(account_id=account_id).filter(conversation_id__in=numbers)
    chats = {one.conversation_id: one for one in shown}
    return [
        Row(
            conversation=one,
            person=called.get(one.person_id or 0, ""),
            status=status_name(one.status),
            unanswered=is_unanswered(one),
            agent=agents.get(one.agent_id or 0),
            group=groups.get(one.group_id or 0),
            goals=goals.get(one.pk, []),
            last_text=texts.get(one.pk, ""),
            chat=chats.get(one.pk),
        )
        for one in conversations
    ]


def _last_texts(account_id: int, numbers: list[int]) -> dict[int, str]:
    """The beginning of each conversation's latest public message."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n.id, m.text FROM unnest(%s::bigint[]) AS n(id) CROSS JOIN LATERAL ("
            " SELECT left(e.detail->>'text', %s) AS text FROM conversations_event e WHERE e.account_id = %s"
            " AND e.conversation_id = n.id AND e.kind IN (1, 2, 3)"
            " ORDER BY e.time DESC, e.seq DESC, e.id DESC LIMIT 1) m WHERE m.text IS NOT NULL",
            [numbers, SHOWN, account_id],
        )
        return dict(cursor.fetchall())
