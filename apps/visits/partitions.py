"""Days of the hits' table: made ahead and on demand, one short transaction each, before hits are stored, and dropped.

A hit of a day that has no partition lies in `visits_hit_rest`: hits older than `WINDOW_DAYS`, and what was late for
a day that is dropped already.
"""

import logging
import time
from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, timedelta

from django.db import DatabaseError, OperationalError, connection, transaction

from apps.core import clock, periods
from apps.core.locks import Lock, take

log = logging.getLogger(__name__)

AHEAD_DAYS = 3
WINDOW_DAYS = 100  # longer than any hit is usually late; older days share the rest partition
REST = "visits_hit_rest"
WAIT_MS = 2000  # for the hits' table, to itself: writers and readers queue behind whoever waits for it
ATTEMPTS = 5
_known: set[date] = set()


def ensure_days(days: Iterable[date]) -> None:
    """Make the partitions of these days, where they lie in the window and are not there yet."""
    today = periods.date_of(clock.now(), UTC)
    window = (today - timedelta(days=WINDOW_DAYS), today + timedelta(days=AHEAD_DAYS))
    wanted = {day for day in days if window[0] <= day <= window[1]} - _known
    if not wanted:
        return
    for day in sorted(wanted - days_kept()):
        _make(day)
    _known.update(wanted)


def keep() -> None:
    """Make today's partition and those of the next days."""
    today = periods.date_of(clock.now(), UTC)
    _known.clear()
    ensure_days(today + timedelta(days=offset) for offset in range(AHEAD_DAYS + 1))


def name(day: date) -> str:
    """The partition of a day."""
    return f"visits_hit_{day:%Y%m%d}"


def holders(partition: str) -> set[int]:
    """The accounts that have hits in a partition: one look into its key for each."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE one(account) AS ((SELECT account_id FROM {partition} ORDER BY account_id LIMIT 1)"
            f" UNION ALL SELECT (SELECT account_id FROM {partition} WHERE account_id > one.account"
            " ORDER BY account_id LIMIT 1) FROM one WHERE one.account IS NOT NULL)"
            " SELECT account FROM one WHERE account IS NOT NULL"
        )
        return {account for (account,) in cursor.fetchall()}


def drop(day: date, *, of: Collection[int]) -> bool:
    """Drop a day whose hits are all of these accounts; False if others have some, or the table is busy for long.

    Only letting go of the partition needs the hits' table, for a moment; its files go afterwards.
    """
    for _ in range(ATTEMPTS):
        try:
            found = _detach(day, set(of))
        except OperationalError as error:
            log.info("The partition of %s is in use: %s", day, error)
            time.sleep(0.2)
        else:
            drop_detached()
            return found
    return False


def _detach(day: date, of: set[int]) -> bool:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = {WAIT_MS}")
        take(Lock.PARTITIONS, 0)
        if day not in days_kept():
            return True
        cursor.execute(f"ALTER TABLE visits_hit DETACH PARTITION {name(day)}")
        if holders(name(day)) - of:  # looked at when nobody can write to it any more
            transaction.set_rollback(True)
            return False
        cursor.execute(f"ALTER TABLE {name(day)} RENAME TO visits_gone_{day:%Y%m%d}")
    _known.discard(day)
    return True


def drop_detached() -> None:
    """Delete partitions that were let go."""
    with connection.cursor() as cursor:
        cursor.execute(r"SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'visits\_gone\_%'")
        for (gone,) in cursor.fetchall():
            cursor.execute(f"DROP TABLE IF EXISTS {gone}")


def days_kept() -> set[date]:
    """The days that have a partition."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = 'visits_hit'::regclass AND c.relname <> %s",
            [REST],
        )
        names = [found for (found,) in cursor.fetchall()]
    return {datetime.strptime(one.rsplit("_", 1)[1], "%Y%m%d").replace(tzinfo=UTC).date() for one in names}


def _make(day: date) -> None:
    """Attach rather than create in place: writers of other days go on meanwhile."""
    start, end = f"{day} 00:00+00", f"{day + timedelta(days=1)} 00:00+00"
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            take(Lock.PARTITIONS, 0)
            if day in days_kept():
                return
            cursor.execute(
                f"CREATE TABLE {name(day)} (LIKE visits_hit INCLUDING DEFAULTS,"
                f" CONSTRAINT day CHECK (time >= '{start}' AND time < '{end}'))"
            )
            cursor.execute(
                f"ALTER TABLE visits_hit ATTACH PARTITION {name(day)} FOR VALUES FROM ('{start}') TO ('{end}')"
            )
            cursor.execute(f"ALTER TABLE {name(day)} DROP CONSTRAINT day")
    except DatabaseError as error:
        # The rest partition holds hits of that day already (a clock was set back): they stay there.
        log.warning("No partition for %s: %s", day, error)
