"""What waits in this host's spool, and whether its drain is at work."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec
from django.conf import settings

from apps.collect import segments
from apps.collect.models import Position
from apps.core import clock

__all__ = ["DrainState", "Waiting", "drain_state", "oldest_waiting", "positions", "unstored", "waiting"]

COUNTED = 8 << 20  # bytes that are looked through to count hits


@dataclass(frozen=True)
class Waiting:
    """What is acknowledged and not stored yet; `hits` is None where it would take long to count them."""

    bytes: int
    hits: int | None
    oldest: datetime | None


class DrainState(msgspec.Struct, frozen=True):
    """What the drain last said of itself: counts since it began, and what keeps it from storing."""

    pid: int
    began: datetime
    at: datetime
    stored: int = 0
    duplicates: int = 0
    letters: int = 0
    trouble: str = ""


def waiting() -> Waiting:
    """Bytes, hits and the oldest arrival that wait on this host."""
    found = unstored(folder=settings.COLLECT_SPOOL)
    total = sum(size for _, _, size in found)
    count: int | None = 0 if total <= COUNTED else None
    oldest: int | None = None
    for path, offset, _size in found:
        for arrived_us, hits in segments.heads(path, offset):
            oldest = arrived_us if oldest is None else min(oldest, arrived_us)
            if count is None:
                break
            count += hits
    return Waiting(total, count, None if oldest is None else clock.from_us(oldest))


def oldest_waiting() -> datetime | None:
    """When the oldest hit that is not stored yet arrived."""
    found = unstored(folder=settings.COLLECT_SPOOL)
    firsts = [head[0] for path, offset, _ in found if (head := next(segments.heads(path, offset), None))]
    return clock.from_us(min(firsts)) if firsts else None


def unstored(*, folder: Path) -> list[tuple[Path, int, int]]:
    """`(path, offset, bytes behind it)` of each segment that has some."""
    names = segments.names(folder)
    if not names:
        return []
    known = positions(spool=segments.spool_id(folder))
    found = []
    for name in names:
        offset = known.get(name, 0)
        try:
            size = (folder / name).stat().st_size - offset
        except FileNotFoundError:
            continue
        if size > 0:
            found.append((folder / name, offset, size))
    return found


def positions(*, spool: str) -> dict[str, int]:
    """How far each segment is stored."""
    return dict(Position.objects.filter(spool=spool).values_list("segment", "offset"))


def drain_state() -> DrainState | None:
    """The last word of this host's drain, or None if there never was one."""
    try:
        return msgspec.json.decode(
            (settings.COLLECT_SPOOL / segments.HEARTBEAT).read_bytes(), type=DrainState
        )
    except (OSError, msgspec.DecodeError):
        return None
