"""Days of the hits' table: made ahead and on demand, one short transaction each, before hits are stored.

A hit of a day that has no partition lies in `visits_hit_rest`: hits older than `WINDOW_DAYS` and nothing else.
"""

import logging
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from django.db import DatabaseError, connection, transaction

from apps.core import clock
from apps.core.locks import Lock, take

log = logging.getLogger(__name__)

AHEAD_DAYS = 3
WINDOW_DAYS = 100  # longer than any hit is usually late; older days share the rest partition
_known: set[date] = set()


def ensure_days(days: Iterable[date]) -> None:
    """Make the partitions of these days, where they lie in the window and are not there yet."""
    today = clock.now().date()
    window = (today - timedelta(days=WINDOW_DAYS), today + timedelta(days=AHEAD_DAYS))
    wanted = {day for day in days if window[0] <= day <= window[1]} - _known
    if not wanted:
        return
    for day in sorted(wanted - _existing()):
        _make(day)
    _known.update(wanted)


def keep() -> None:
    """Make today's partition and those of the next days."""
    today = clock.now().date()
    _known.clear()
    ensure_days(today + timedelta(days=offset) for offset in range(AHEAD_DAYS + 1))


def _name(day: date) -> str:
    return f"visits_hit_{day:%Y%m%d}"


def _existing() -> set[date]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = 'visits_hit'::regclass AND c.relname <> 'visits_hit_rest'"
        )
        names = [name for (name,) in cursor.fetchall()]
    return {datetime.strptime(name.rsplit("_", 1)[1], "%Y%m%d").replace(tzinfo=UTC).date() for name in names}


def _make(day: date) -> None:
    """Attach rather than create in place: writers of other days go on meanwhile."""
    start, end = f"{day} 00:00+00", f"{day + timedelta(days=1)} 00:00+00"
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            take(Lock.PARTITIONS, 0)
            if day in _existing():
                return
            cursor.execute(
                f"CREATE TABLE {_name(day)} (LIKE visits_hit INCLUDING DEFAULTS,"
                f" CONSTRAINT day CHECK (time >= '{start}' AND time < '{end}'))"
            )
            cursor.execute(
                f"ALTER TABLE visits_hit ATTACH PARTITION {_name(day)} FOR VALUES FROM ('{start}') TO ('{end}')"
            )
            cursor.execute(f"ALTER TABLE {_name(day)} DROP CONSTRAINT day")
    except DatabaseError as error:
        # The rest partition holds hits of that day already (a clock was set back): they stay there.
        log.warning("No partition for %s: %s", day, error)
