"""Removing the results of deleted goals, a batch at a time; nothing shows them any more."""

from django.db import connection

from apps.core.retry import transactional

_BATCH = 10_000


@transactional
def purge_conversions() -> int:
    """Delete some results and corrections of deleted goals; how many."""
    removed = 0
    with connection.cursor() as cursor:
        for table in ("conversions_conversion", "conversions_correction"):
            cursor.execute(
                f"DELETE FROM {table} WHERE ctid = ANY(ARRAY(SELECT c.ctid FROM {table} c"
                " JOIN goals_messaginggoal g ON g.id = c.goal_id AND g.account_id = c.account_id"
                " WHERE g.deleted_at IS NOT NULL LIMIT %s))",
                [_BATCH],
            )
            removed += cursor.rowcount
    return removed


@transactional
def purge_chats() -> int:
    """Delete some states and inquiries of deleted chat goals; how many."""
    removed = 0
    with connection.cursor() as cursor:
        for table in ("conversions_chatstate", "conversions_inquiry"):
            cursor.execute(
                f"DELETE FROM {table} WHERE ctid = ANY(ARRAY(SELECT c.ctid FROM {table} c"
                " JOIN goals_chatgoal g ON g.id = c.goal_id AND g.account_id = c.account_id"
                " WHERE g.deleted_at IS NOT NULL LIMIT %s))",
                [_BATCH],
            )
            removed += cursor.rowcount
    return removed
