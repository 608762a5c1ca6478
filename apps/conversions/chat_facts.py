"""Reading what the states of chats follow from; a fixed number of queries for any number of conversations."""

import struct
from collections.abc import Collection
from typing import NamedTuple

from django.db import connection
from psycopg import Cursor

from apps.accounts.models import Account, AccountSettings
from apps.conversions import facts
from apps.conversions.frames import Facts, Reach, Version
from apps.conversions.registry import Steps
from apps.core import clock
from apps.goals.models import ChatGoalVersion

_EVENT = struct.Struct("!q h q q")  # as _CHATS packs one: time, kind, agent, group
_CHATS = """
SELECT c.id, c.channel_id, coalesce(c.person_id, 0), (
    SELECT string_agg(
        timestamptz_send(v.time) || int2send(v.kind)
        || int8send(coalesce(v.agent_id, 0)) || int8send(coalesce(v.group_id, 0)),
        '' ORDER BY v.time, v.seq, v.id
    ) FROM conversations_event v WHERE v.account_id = c.account_id AND v.conversation_id = c.id
)
FROM conversations_conversation c WHERE c.account_id = %s AND c.id = ANY(%s) ORDER BY c.id
"""
_REACHES = """
SELECT person_id, version_id, (extract(epoch FROM time - timestamptz '2000-01-01 00:00+00') * 1000000)::bigint,
    counter_id, hit_id
FROM goals_chatreach WHERE account_id = %s AND person_id = ANY(%s) AND version_id = ANY(%s)
ORDER BY time, hit_id, counter_id
"""


class ChatFacts(NamedTuple):
    """A conversation with what its state follows from."""

    conversation: int
    channel: int
    facts: Facts


def chats(*, account_id: int, conversations: Collection[int]) -> list[ChatFacts]:
    """The account's conversations among these. The caller shares the account's goal lock if it will write."""
    connection.ensure_connection()
    with Cursor(connection.connection) as cursor:  # Django's own cursors know no binary results
        cursor.execute(_CHATS, [account_id, sorted(conversations)], binary=True)
        rows = cursor.fetchall()
    versions = _versions(account_id, {channel for _, channel, _, _ in rows})
    numbers = [one.version for of_channel in versions.values() for one in of_channel]
    reaches = _reaches(account_id, {person for _, _, person, _ in rows if person}, numbers)
    tracked = _tracked(account_id)
    is_bot = facts.registry(account_id=account_id).is_bot
    return [
        ChatFacts(
            conversation,
            channel,
            Facts(
                list(_EVENT.iter_unpack(packed or b"")),
                versions.get(channel, []),
                reaches.get(person, {}),
                tracked,
                is_bot,
            ),
        )
        for conversation, channel, person, packed in rows
    ]


def _versions(account_id: int, channels: Collection[int]) -> dict[int, list[Version]]:
    """What the chat goals of these channels said through time, deleted ones too."""
    found: dict[int, list[Version]] = {}
    rows = ChatGoalVersion.objects.filter(account_id=account_id, goal__channel_id__in=channels)
    for one in rows.select_related("goal").order_by("valid_from"):
        found.setdefault(one.goal.channel_id, []).append(
            Version(
                one.goal_id,
                one.pk,
                clock.to_us(one.valid_from),
                None if one.valid_until is None else clock.to_us(one.valid_until),
                (one.category, one.operator, one.value),
                one.frame_days,
                None if one.goal.deleted_at is None else clock.to_us(one.goal.deleted_at),
            )
        )
    return found


def _reaches(
    account_id: int, people: Collection[int], versions: Collection[int]
) -> dict[int, dict[int, list[Reach]]]:
    """By person and version."""
    found: dict[int, dict[int, list[Reach]]] = {}
    if not (people and versions):
        return found
    with connection.cursor() as cursor:
        cursor.execute(_REACHES, [account_id, sorted(people), list(versions)])
        for person, version, time, counter, hit in cursor.fetchall():
            found.setdefault(person, {}).setdefault(version, []).append(Reach(time, counter, hit))
    return found


def _tracked(account_id: int) -> Steps[bool]:
    """The account's switch through time."""
    rows = AccountSettings.objects.filter(account_id=account_id).values_list("at", "chat_goals_tracked")
    steps = [(clock.to_us(at), tracked) for at, tracked in rows]
    now = True if steps else Account.objects.values_list("chat_goals_tracked", flat=True).get(pk=account_id)
    return Steps(steps, default=now)
