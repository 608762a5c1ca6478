"""What is read here: a member's exports."""

from datetime import timedelta

from django.db.models import QuerySet

from apps.core import clock
from apps.core.errors import NotThere
from apps.exports.models import Export
from apps.exports.names import file_stem

__all__ = ["export", "exports", "failing", "file_name"]


def exports(*, account_id: int, user_id: int) -> QuerySet[Export]:
    """What this member has asked for, newest first."""
    mine = Export.objects.filter(account_id=account_id, user_id=user_id)
    return mine.select_related("goal__current", "account").order_by("-created_at", "-pk")


def export(*, account_id: int, user_id: int, export_id: int) -> Export:
    try:
        return exports(account_id=account_id, user_id=user_id).get(pk=export_id)
    except Export.DoesNotExist:
        raise NotThere from None


def failing(*, account_id: int) -> QuerySet[Export]:
    """The account's exports of the last seven days that failed or stumbled: for the health page."""
    since = clock.now() - timedelta(days=7)
    return (
        Export.objects.filter(account_id=account_id, created_at__gte=since)
        .exclude(error="")
        .exclude(state=Export.State.DONE)
        .order_by("-created_at")
    )


def file_name(*, export: Export) -> str:
    """What the downloaded file is called."""
    goal = export.goal.current.name if export.goal.current else "goal"
    return f"{file_stem(goal, export.first_day, export.last_day, export.complete_until)}.zip"
