"""The filter *from day, to day* of lists, by the account's calendar."""

from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from apps.core import periods


def within_days(rows: QuerySet[Any], column: str, wanted: dict[str, Any], zone: ZoneInfo) -> QuerySet[Any]:
    """The rows whose instant lies in the days from `first_day` to `last_day`, both inclusive; either may be missing."""
    if first := wanted.get("first_day"):
        rows = rows.filter(**{f"{column}__gte": periods.day(first, zone).start})
    if last := wanted.get("last_day"):
        rows = rows.filter(**{f"{column}__lt": periods.day(last, zone).end})
    return rows
