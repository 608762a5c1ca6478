"""Texts that their account keeps no longer. Who wrote and when stays: judging reads it."""

from datetime import timedelta

from django.db import connection

from apps.accounts.models import Account
from apps.core import clock

AT_ONCE = 5_000  # events a transaction

_FORGET = """
UPDATE conversations_event SET detail = NULLIF(detail - 'text' - 'comment', '{}')
WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM conversations_event
    WHERE account_id = %s AND time < %s AND detail ?| ARRAY['text', 'comment'] ORDER BY time LIMIT %s
)) AND detail ?| ARRAY['text', 'comment']
"""


def forget_texts() -> int:
    """Delete the texts of messages and ratings that are older than their account keeps them; of how many."""
    limits = Account.objects.filter(texts_days__isnull=False).values_list("pk", "texts_days")
    return sum(_forget(account, days or 0) for account, days in limits)


def _forget(account: int, days: int) -> int:
    before, done, rows = clock.now() - timedelta(days=days), 0, AT_ONCE
    with connection.cursor() as cursor:
        while rows == AT_ONCE:
            cursor.execute(_FORGET, [account, before, AT_ONCE])
            rows = cursor.rowcount
            done += rows
    return done
