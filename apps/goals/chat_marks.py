"""What makes the states of chats wait to be looked at again. Callers hold the account's goal lock, shared or alone.

An account without chat goals leaves no marks: a goal that is made later sweeps its whole channel. The lock keeps
the two apart.
"""

from collections.abc import Collection
from datetime import datetime

from django.db import connection

from apps.goals.models import ChatGoal, ChatMark, ChatSweep


def tracked_channels(*, account_id: int) -> set[int]:
    """The channels that have a chat goal now."""
    goals = ChatGoal.objects.filter(account_id=account_id, deleted_at__isnull=True)
    return set(goals.values_list("channel_id", flat=True))


def mark_conversations(*, account_id: int, conversations: Collection[int]) -> None:
    """Facts of these conversations have come."""
    ChatMark.objects.bulk_create(
        ChatMark(account_id=account_id, conversation_id=one) for one in sorted(conversations)
    )


def mark_people(*, account_id: int, people: Collection[int]) -> None:
    """These persons did something, or what they did is somebody else's; their conversations are looked up later."""
    known = sorted(set(people) - {0})
    if known and tracked_channels(account_id=account_id):
        ChatMark.objects.bulk_create(ChatMark(account_id=account_id, person_id=one) for one in known)


def mark_agent(*, account_id: int, agent_id: int, since: datetime) -> None:
    """The agent is of another kind from `since` on: what it wrote later may be a first reply, or none."""
    if not tracked_channels(account_id=account_id):
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO goals_chatmark (account_id, conversation_id, person_id)"
            " SELECT DISTINCT account_id, conversation_id, 0 FROM conversations_event"
            " WHERE account_id = %s AND agent_id = %s AND time >= %s",
            [account_id, agent_id, since],
        )


def mark_channel(*, account_id: int, channel_id: int, since: datetime) -> None:
    """The channel's goal says something else from `since` on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO goals_chatmark (account_id, conversation_id, person_id)"
            " SELECT account_id, id, 0 FROM conversations_conversation"
            " WHERE account_id = %s AND last_at >= %s AND channel_id = %s",
            [account_id, since, channel_id],
        )


def sweep(*, account_id: int, channels: Collection[int]) -> None:
    """Have every conversation of these channels looked at, from the first one on."""
    for channel in sorted(channels):
        ChatSweep.objects.update_or_create(account_id=account_id, channel_id=channel, defaults={"after": ""})
