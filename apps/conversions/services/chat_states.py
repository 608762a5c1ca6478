"""Keeping the states of chats up to date: those whose facts changed, and those that time has changed.

Conversations wait as marks (`goals.chat_marks`), in sweeps over whole channels, and by `ChatState.next_look`. A batch
takes some of them, looks at each anew and writes the difference, in one transaction: killed, it is as if it had
not been; done again, it writes nothing.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from apps.conversations.models import Conversation
from apps.conversions import chat_facts
from apps.conversions.chat_facts import ChatFacts
from apps.conversions.frames import Chat, State, look
from apps.conversions.models import ChatState, Inquiry
from apps.core import clock
from apps.core.locks import Lock, share, take
from apps.core.retry import transactional
from apps.goals.chat_marks import tracked_channels
from apps.goals.models import ChatSweep

BATCH = 1_000
_TAKE = """
DELETE FROM goals_chatmark WHERE account_id = %(account)s AND id = ANY(ARRAY(
    SELECT id FROM goals_chatmark WHERE account_id = %(account)s ORDER BY id LIMIT %(limit)s
)) RETURNING conversation_id, person_id
"""
_WAITING = """
SELECT account_id FROM goals_chatmark UNION SELECT account_id FROM goals_chatsweep
UNION SELECT account_id FROM conversions_chatstate WHERE next_look <= %s ORDER BY 1
"""
_STATE = tuple(field.attname for field in ChatState._meta.concrete_fields)
_INQUIRY = tuple(field.attname for field in Inquiry._meta.concrete_fields)


def accounts_waiting() -> list[int]:
    """The accounts in which chats wait to be looked at."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [clock.now()])
        return [account for (account,) in cursor.fetchall()]


@transactional
def judge_chats(*, account_id: int, limit: int = BATCH, now: datetime | None = None) -> int:
    """Look, as of now (or `now`), at some of the chats that wait; how much was taken (0: nothing is left)."""
    take(Lock.CHATS, account_id)
    share(Lock.GOALS, account_id)  # no goal is saved meanwhile: it would not know what is judged here
    now = now or clock.now()
    tracked = tracked_channels(account_id=account_id)
    taken, waiting = _marked(account_id, limit, tracked)
    swept, of_channel = _swept(account_id, limit)
    due = _due(account_id, limit, now)
    conversations = waiting | of_channel | due
    if conversations:
        _write(account_id, conversations, now)
    return taken + swept + len(due)


def _marked(account_id: int, limit: int, tracked: Collection[int]) -> tuple[int, set[int]]:
    """Take marks: how many, and the conversations that they name, by themselves or by their person."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"account": account_id, "limit": limit})
        marks = cursor.fetchall()
    people = {person for _, person in marks if person}
    mine = Conversation.objects.filter(account_id=account_id, person_id__in=people, channel_id__in=tracked)
    found = set(mine.values_list("pk", flat=True)) if people else set()
    return len(marks), found | {conversation for conversation, _ in marks if conversation}


def _swept(account_id: int, limit: int) -> tuple[int, set[int]]:
    """Go on with a sweep: the channel's next conversations, by ticket; a sweep that found none is over."""
    sweep = ChatSweep.objects.filter(account_id=account_id).order_by("pk").first()
    if sweep is None:
        return 0, set()
    of_channel = Conversation.objects.filter(account_id=account_id, channel_id=sweep.channel_id)
    rows = list(
        of_channel.filter(ticket__gt=sweep.after).order_by("ticket").values_list("ticket", "pk")[:limit]
    )
    if rows:
        sweep.after = rows[-1][0]
        sweep.save(update_fields=["after"])
    else:
        sweep.delete()
    return 1, {pk for _, pk in rows}


def _due(account_id: int, limit: int, now: datetime) -> set[int]:
    rows = ChatState.objects.filter(account_id=account_id, next_look__lte=now).order_by("next_look")
    return set(rows.values_list("conversation_id", flat=True)[:limit])


def _write(account_id: int, conversations: Collection[int], now: datetime) -> None:
    """Look at these and write what differs."""
    at = clock.to_us(now)
    seen = [
        (one, look(one.facts, at))
        for one in chat_facts.chats(account_id=account_id, conversations=conversations)
    ]
    states = [row for one, chat in seen if (row := _state(account_id, one, chat, at))]
    inquiries = [row for one, chat in seen for row in _inquiries(account_id, one, chat)]
    _replace(ChatState, _STATE, 2, account_id, conversations, states)
    _replace(Inquiry, _INQUIRY, 3, account_id, conversations, inquiries)


def _replace(
    model: Any,
    columns: Sequence[str],
    key: int,
    account_id: int,
    conversations: Collection[int],
    rows: Sequence[tuple[Any, ...]],
) -> None:
    """Make these the rows of these conversations, touching only those that differ; `key` columns are the key."""
    stored = model.objects.filter(account_id=account_id, conversation_id__in=conversations)
    before = {row[:key]: row for row in stored.values_list(*columns)}
    after = {row[:key]: row for row in rows}
    gone = [name for name, row in before.items() if after.get(name) != row]
    new = [row for name, row in after.items() if before.get(name) != row]
    if gone:
        stored.filter(pk__in=gone).delete()
    model.objects.bulk_create(model(**dict(zip(columns, row, strict=True))) for row in new)


def _state(account_id: int, one: ChatFacts, chat: Chat, at: int) -> tuple[Any, ...] | None:
    """The row of a conversation, if it has one."""
    if chat.state is State.NONE and chat.next_look is None:
        return None
    goal = next(
        (said.goal for said in one.facts.versions if said.deleted_at is None or at < said.deleted_at), 0
    )
    shown = chat.shown
    return (
        account_id,
        one.conversation,
        one.channel,
        goal,
        int(chat.state),
        shown.version.version if shown and shown.version else None,
        _instant(shown.replied_at if shown else None),
        (shown.agent or None) if shown else None,
        _instant(shown.frame_ends_at if shown else None),
        _instant(chat.achieved[-1].reach.time if chat.achieved and chat.achieved[-1].reach else None),
        _instant(chat.next_look),
    )


def _inquiries(account_id: int, one: ChatFacts, chat: Chat) -> list[tuple[Any, ...]]:
    """The rows of a conversation's tracked inquiries."""
    return [
        (
            account_id,
            one.conversation,
            each.number,
            one.channel,
            each.version.goal,
            each.version.version,
            int(each.state),
            _instant(each.began_at),
            _instant(each.ended_at),
            _instant(each.replied_at),
            each.agent or None,
            _instant(each.frame_ends_at),
            _instant(each.reach.time if each.reach else None),
            each.reach.counter if each.reach else None,
            each.reach.hit if each.reach else None,
        )
        for each in chat.inquiries
        if each.version is not None
    ]


def _instant(us: int | None) -> datetime | None:
    return None if us is None else clock.from_us(us)
