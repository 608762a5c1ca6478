"""Removing what deleted goals leave behind, a batch at a time."""

from django.db import connection

_BATCH = 10_000


def purge_reaches() -> int:
    """Delete some reaches of deleted goals; how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM goals_reach WHERE ctid = ANY(ARRAY(SELECT r.ctid FROM goals_reach r"
            " JOIN goals_messaginggoal g ON g.id = r.goal_id AND g.account_id = r.account_id"
            " WHERE g.deleted_at IS NOT NULL LIMIT %s))",
            [_BATCH],
        )
        return int(cursor.rowcount)
