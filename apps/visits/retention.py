"""Hits that their account keeps no longer, and visits whose hits are all gone.

Whole days of hits go as partitions, the rest row by row. Days are those of UTC.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection

from apps.accounts.models import Account
from apps.core import clock, periods
from apps.counters.models import Counter
from apps.visits import partitions
from apps.visits.models import Visit

log = logging.getLogger(__name__)
AT_ONCE = 10_000  # rows a transaction
BLOCKS = 1024  # of 8 kB, looked through at once

Firsts = Mapping[int, date]
"""For each account with a limit, the first day that it keeps."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """Days that went whole, hits that went one by one, and visits."""

    days: int = 0
    hits: int = 0
    visits: int = 0


def drop_old_hits() -> Dropped:
    """Delete the hits of days that lie behind their account's retention. May be stopped and done again at any point."""
    partitions.drop_detached()
    firsts = _firsts()
    if not firsts:
        return Dropped()
    done = [_drop_day(day, firsts) for day in sorted(partitions.days_kept()) if day < max(firsts.values())]
    rest = sum(_delete_rest(account, first) for account, first in firsts.items())
    dropped = Dropped(
        days=sum(one.days for one in done),
        hits=sum(one.hits for one in done) + rest,
        visits=sum(_delete_visits(account, first) for account, first in firsts.items()),
    )
    if dropped != Dropped():
        log.info("Retention: %s", dropped)
    return dropped


def drop_old_visits() -> int:
    """Delete the visits that ended before the days that their account keeps; how many."""
    deleted = 0
    for account, first in _firsts().items():
        before = _begin(first)
        rows = AT_ONCE
        while rows == AT_ONCE:
            old = Visit.objects.filter(account_id=account, started_at__lt=before, ended_at__lt=before)
            numbers = old.order_by("started_at").values("pk")[:AT_ONCE]
            rows, _ = Visit.objects.filter(pk__in=numbers).delete()
            deleted += rows
    return deleted


def _firsts() -> dict[int, date]:
    now = clock.now()
    limits = Account.objects.filter(hits_days__isnull=False).values_list("pk", "hits_days")
    return {account: periods.date_of(now - timedelta(days=days or 0), UTC) for account, days in limits}


def _drop_day(day: date, firsts: Firsts) -> Dropped:
    partition = partitions.name(day)
    expired = {account for account, first in firsts.items() if day < first}
    holders = partitions.holders(partition)
    if holders <= expired and partitions.drop(day, of=expired):
        return Dropped(days=1)
    return Dropped(hits=_delete(partition, sorted(holders & expired)))


def _delete(partition: str, accounts: list[int]) -> int:
    """Delete what these accounts have in a day that others keep: block by block, so that no lock is held for long."""
    if not accounts:
        return 0
    deleted = 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_size(%s) / current_setting('block_size')::int", [partition])
        for block in range(0, cursor.fetchone()[0] + 1, BLOCKS):
            cursor.execute(
                f"DELETE FROM {partition} WHERE account_id = ANY(%s) AND ctid >= %s::tid AND ctid < %s::tid",
                [accounts, f"({block},0)", f"({block + BLOCKS},0)"],
            )
            deleted += cursor.rowcount
    return deleted


def _delete_rest(account: int, first: date) -> int:
    return _delete_some(
        partitions.REST, "account_id = %s AND time < %s ORDER BY time", [account, _begin(first)]
    )


def _delete_visits(account: int, first: date) -> int:
    """Those of a visit's hits that are kept, if any, keep the visit."""
    counters = list(Counter.objects.filter(account_id=account).values_list("pk", flat=True))
    old = "account_id = %s AND counter_id = ANY(%s) AND started_at < %s AND ended_at < %s"
    return _delete_some("visits_visit", old, [account, counters, _begin(first), _begin(first)])


def _begin(day: date) -> datetime:
    return periods.start_of_day(day, UTC)


def _delete_some(table: str, old: str, said: list[Any]) -> int:
    """Delete what is old, a batch a transaction, until nothing is left."""
    deleted, rows = 0, AT_ONCE
    with connection.cursor() as cursor:
        while rows == AT_ONCE:
            cursor.execute(
                f"DELETE FROM {table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {table} WHERE {old} LIMIT %s))",
                [*said, AT_ONCE],
            )
            rows = cursor.rowcount
            deleted += rows
    return deleted
