"""Importing a web server's log: a stream of lines becomes hits, batch by batch; a bad line is told, never fatal."""

import gzip
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

from apps.core import clock
from apps.counters.models import Counter
from apps.intake import accesslog, lenient
from apps.intake.accesslog import BadLine, Repeats
from apps.intake.records import Arrival, check_hit
from apps.intake.services.arriving import Arrivals
from apps.intake.services.hits import prepare, store_hits

BATCH = 5_000
SHOWN = 20
"""How many bad lines are named one by one."""


@dataclass(slots=True)
class LogImport:
    """What became of a log: `hits + duplicates + bad == lines`."""

    lines: int = 0
    hits: int = 0
    duplicates: int = 0
    bad: int = 0
    told: list[str] = field(default_factory=list)

    def refuse(self, number: int, why: str) -> None:
        """Count a bad line; the first ones are remembered with their reason."""
        self.bad += 1
        if len(self.told) < SHOWN:
            self.told.append(f"line {number}: {why}")


def import_access_log(
    *, counter: Counter, path: Path, progress: Callable[[int, int], None] = lambda done, lines: None
) -> LogImport:
    """Store a log's hits, from a plain or a gzipped file; done again, it stores nothing. Memory stays flat.

    `progress` is told lines done and lines in all. What is appended meanwhile is left for the next import.
    """
    with _opened(path) as log:
        repeats = Repeats(_lines(log))
    done = LogImport()
    with _opened(path) as log:
        lines = islice(_lines(log), repeats.lines)
        while batch := list(islice(lines, BATCH)):
            _take(counter, batch, repeats, done)
            progress(done.lines, repeats.lines)
    return done


def _opened(path: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _lines(log: BinaryIO) -> Iterator[bytes]:
    return (line.rstrip(b"\r\n") for line in log)


def _take(counter: Counter, lines: Sequence[bytes], repeats: Repeats, done: LogImport) -> None:
    arrivals: list[Arrival] = []
    now = clock.now()
    arriving = Arrivals([counter])
    for line in lines:
        done.lines += 1
        try:
            hit = accesslog.hit(line, site=counter.site, occurrence=repeats.occurrence(line))
        except BadLine as bad:
            done.refuse(done.lines, str(bad))
            continue
        mended = lenient.mend(hit)
        if problem := check_hit(hit, arrived_at=now):
            done.refuse(done.lines, str(problem.detail))
        else:
            arrivals.append(arriving.of(counter, hit, now, mended=mended))
    if not arrivals:
        return
    prepare(arrivals=arrivals)
    stored = store_hits(arrivals=arrivals)
    done.hits += stored.stored
    done.duplicates += stored.duplicates
