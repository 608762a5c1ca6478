"""Conversations in the order in which they changed, for programs that keep a copy: nothing is missed, some come twice."""

from datetime import datetime

from django.db import connection
from django.db.models import Q

from apps.conversations.models import Conversation

Place = tuple[datetime, int]
"""(changed at, number) of a conversation."""

_SETTLED = """
SELECT least(clock_timestamp(), min(xact_start)) FROM pg_stat_activity
WHERE datname = current_database() AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()
"""


def settled_until() -> datetime:
    """Returns the instant before which no change can appear any more.

    A change is stamped within its transaction and seen after its commit: whatever is being written now is younger than
    the oldest transaction that writes.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SETTLED)
        (instant,) = cursor.fetchone()
    assert isinstance(instant, datetime)
    return instant


def changed(*, account_id: int, since: datetime, after: Place | None, size: int) -> list[Place]:
    """The places of up to `size` conversations that changed since an instant, behind a place, the earliest first."""
    rows = Conversation.objects.filter(
        account_id=account_id, changed_at__gte=since, changed_at__lt=settled_until()
    )
    if after is not None:
        rows = rows.filter(Q(changed_at__gte=after[0]) & (Q(changed_at__gt=after[0]) | Q(pk__gt=after[1])))
    return list(rows.order_by("changed_at", "pk").values_list("changed_at", "pk")[:size])
