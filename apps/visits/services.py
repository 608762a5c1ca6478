"""Hits are written here."""

from collections.abc import Sequence
from datetime import UTC, datetime

from apps.core import periods
from apps.visits import partitions
from apps.visits.keeping import keep_all_visits, keep_visits
from apps.visits.retention import drop_old_hits, drop_old_visits
from apps.visits.storing import HitKey, HitRow, insert_hits
from apps.visits.touching import touch, touch_moved

__all__ = [
    "HitKey",
    "HitRow",
    "drop_old_hits",
    "drop_old_visits",
    "insert_hits",
    "keep_all_visits",
    "keep_partitions",
    "keep_visits",
    "prepare_days",
    "touch",
    "touch_moved",
]


def prepare_days(*, times: Sequence[datetime]) -> None:
    """Make the partitions that hits of these times need. Call before the storing transaction."""
    partitions.ensure_days({periods.date_of(time, UTC) for time in times})


def keep_partitions() -> None:
    """Make partitions ahead of time."""
    partitions.keep()
