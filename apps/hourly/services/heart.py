"""Signs of life."""

from datetime import datetime

from django.db import connection

from apps.core import clock


def beat(*, part: str, at: datetime | None = None) -> None:
    """Note that this part of the machinery lived at `at` (default: now); an older beat never replaces a newer."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO hourly_heartbeat (part, at) VALUES (%s, %s)"
            " ON CONFLICT (part) DO UPDATE SET at = greatest(hourly_heartbeat.at, excluded.at)",
            [part, at or clock.now()],
        )
