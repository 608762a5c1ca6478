"""Instants as programs write them."""

from datetime import UTC, datetime

from django.utils.dateparse import parse_datetime


def instant(text: str) -> datetime | None:
    """ISO 8601 with an offset, in UTC, in years that every zone and column can hold; None where it is none.

    PostgreSQL knows no offsets of 16 hours or more, so none is handed on to it.
    """
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    if found is None or found.tzinfo is None or not 1900 < found.year < 9000:
        return None
    return found.astimezone(UTC)
