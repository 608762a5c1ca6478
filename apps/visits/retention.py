"""Hits that their account keeps no longer: whole days go as partitions, the rest row by row. Days are those of UTC."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db import connection

from apps.accounts.models import Account
from apps.core import clock
from apps.visits import partitions

log = logging.getLogger(__name__)
AT_ONCE = 10_000  # rows a transaction
BLOCKS = 1024  # of 8 kB, looked through at once

Firsts = Mapping[int, date]
"""For each account with a limit, the first day that it keeps."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """Days that went whole, and hits that went one by one."""

    days: int = 0
    hits: int = 0


def drop_old_hits() -> Dropped:
    """Delete the hits of days that lie behind their account's retention. May be stopped and done again at any point."""
    partitions.drop_detached()
    firsts = _firsts()
    if not firsts:
        return Dropped()
    done = [_drop_day(day, firsts) for day in sorted(partitions.days_kept()) if day < max(firsts.values())]
    hits = sum(_delete_rest(account, first) for account, first in firsts.items())
    dropped = Dropped(sum(one.days for one in done), sum(one.hits for one in done) + hits)
    if dropped != Dropped():
        log.info("Retention: %d days dropped, %d hits deleted", dropped.days, dropped.hits)
    return dropped


def _firsts() -> dict[int, date]:
    now = clock.now()
    limits = Account.objects.filter(hits_days__isnull=False).values_list("pk", "hits_days")
    return {account: (now - timedelta(days=days or 0)).date() for account, days in limits}


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
    deleted, rows = 0, AT_ONCE
    before = datetime.combine(first, time(), UTC)
    with connection.cursor() as cursor:
        while rows == AT_ONCE:
            cursor.execute(
                f"DELETE FROM {partitions.REST} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {partitions.REST}"
                " WHERE account_id = %s AND time < %s ORDER BY time LIMIT %s))",
                [account, before, AT_ONCE],
            )
            rows = cursor.rowcount
            deleted += rows
    return deleted
