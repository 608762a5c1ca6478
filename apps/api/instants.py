"""Instants as programs write them."""

from datetime import datetime

from django.utils.dateparse import parse_datetime


def instant(text: str) -> datetime | None:
    """ISO 8601 with an offset, in years that every zone and column can hold; None where it is none."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return None if found is None or found.tzinfo is None or not 1900 < found.year < 9000 else found
