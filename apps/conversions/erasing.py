"""A person's results leave with all that was ever said of them."""

from collections.abc import Collection
from typing import Any

from django.db import connection

from apps.conversions.services.judging import BUCKETS
from apps.core.locks import Lock
from apps.core.retry import transactional

_CORRECTIONS = (
    "DELETE FROM conversions_correction x USING {results} r WHERE r.account_id = %(account)s"
    " AND r.person_id = %(person)s AND x.account_id = r.account_id AND x.goal_id = r.goal_id AND x.time = r.time"
    " AND x.counter_id = r.counter_id AND x.hit_id = r.hit_id"
)
_OF_CHATS = "DELETE FROM {table} WHERE account_id = %(account)s AND conversation_id = ANY(%(conversations)s)"
_STEPS = (
    _CORRECTIONS.format(results="goals_reach"),
    _CORRECTIONS.format(results="conversions_conversion"),
    "DELETE FROM conversions_conversion WHERE account_id = %(account)s AND person_id = %(person)s",
    "DELETE FROM goals_reach WHERE account_id = %(account)s AND person_id = %(person)s",
    "DELETE FROM goals_chatreach WHERE account_id = %(account)s AND person_id = %(person)s",
    _OF_CHATS.format(table="goals_chatmark"),
    _OF_CHATS.format(table="conversions_chatstate"),
    _OF_CHATS.format(table="conversions_inquiry"),
    "DELETE FROM goals_chatmark WHERE account_id = %(account)s AND person_id = %(person)s",
)


@transactional
def delete_results(*, account_id: int, person_id: int, conversations: Collection[int]) -> int:
    """Delete a person's reaches, conversions (closed ones too), corrections and states of chats; how many rows.

    Waits for the judges at work: what they have read of the person they write before.
    """
    count = 0
    given: dict[str, Any] = {
        "account": account_id,
        "person": person_id,
        "conversations": list(conversations),
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, key) FROM unnest(%s::int[]) AS key",
            [int(Lock.JUDGE), [(account_id * BUCKETS + b) & 0x7FFFFFFF for b in range(BUCKETS)]],
        )
        for step in _STEPS:
            cursor.execute(step, given)
            count += cursor.rowcount
    return count
