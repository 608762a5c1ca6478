"""Importing a web server's log: a stream of lines becomes hits, batch by batch; a bad line is told, never fatal."""

import bz2
import gzip
import lzma
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

from apps.core import clock
from apps.counters.models import Counter
from apps.intake import accesslog, lenient, log_formats
from apps.intake.accesslog import Repeats
from apps.intake.log_formats import BadLine
from apps.intake.records import Arrival, HitIn, check_hit
from apps.intake.services.arriving import Arrivals
from apps.intake.services.hits import prepare, store_hits

BATCH = 5_000
SHOWN = 20
"""How many bad lines are named one by one."""


@dataclass(slots=True)
class LogImport:
    """What became of a log: `hits + duplicates + no_page + bad == lines`."""

    format: str = ""  # its name or pattern, as guessed or as named
    lines: int = 0
    hits: int = 0
    duplicates: int = 0
    no_page: int = 0  # answers 4xx, 5xx and 1xx
    bad: int = 0
    told: list[str] = field(default_factory=list)

    def refuse(self, number: int, why: str) -> None:
        """Count a bad line; the first ones are remembered with their reason."""
        self.bad += 1
        if len(self.told) < SHOWN:
            self.told.append(f"line {number}: {why}")


def import_access_log(
    *,
    counter: Counter,
    path: Path,
    log_format: str | None = None,
    all_statuses: bool = False,
    progress: Callable[[int, int], None] = lambda done, lines: None,
) -> LogImport:
    """Store a log's hits, from a plain or a packed file; done again, it stores nothing. Memory stays flat.

    `log_format` is a name or a pattern of `log_formats`; without it, it is guessed. `progress` is told lines done and
    lines in all. What is appended meanwhile is left for the next import. Raises BadFormat, OSError and EOFError.
    """
    done = LogImport(format=log_format or _guessed(path))
    read = log_formats.reader(done.format)
    with _opened(path) as log:
        repeats = Repeats(_lines(log))
    with _opened(path) as log:
        lines = islice(_lines(log), repeats.lines)
        while batch := list(islice(lines, BATCH)):
            _take(counter, batch, Parser(read, repeats, counter.site, all_statuses), done)
            progress(done.lines, repeats.lines)
    return done


def _guessed(path: Path) -> str:
    with _opened(path) as log:
        return log_formats.guess(list(islice(_lines(log), log_formats.GUESSED_FROM)))


_PACKED: dict[bytes, Callable[[Path], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}
_NOT_UNPACKED = {
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
    b"7z\xbc\xaf": "7z",
    b"\x04\x22\x4d\x18": "lz4",
}


def _opened(path: Path) -> BinaryIO:
    """The file, unpacked if its first bytes say that it is packed, whatever its name."""
    with path.open("rb") as file:
        first = file.read(8)
    for mark, name in _NOT_UNPACKED.items():
        if first.startswith(mark):
            raise OSError(f"it is packed by {name}; unpack it first")
    for mark, unpacking in _PACKED.items():
        if first.startswith(mark):
            return cast("BinaryIO", unpacking(path))
    return path.open("rb")


def _lines(log: BinaryIO) -> Iterator[bytes]:
    return (line.rstrip(b"\r\n") for line in log)


class Parser(NamedTuple):
    """How lines become hits."""

    read: log_formats.Read
    repeats: Repeats
    site: str
    all_statuses: bool

    def hit(self, line: bytes) -> HitIn | None:
        """The line's page view; None for an answer with no page. Raises BadLine."""
        return accesslog.hit(
            line,
            self.read,
            site=self.site,
            occurrence=self.repeats.occurrence(line),
            all_statuses=self.all_statuses,
        )


def _take(counter: Counter, lines: Sequence[bytes], parser: Parser, done: LogImport) -> None:
    arrivals: list[Arrival] = []
    now = clock.now()
    arriving = Arrivals([counter])
    for line in lines:
        done.lines += 1
        try:
            hit = parser.hit(line)
        except BadLine as bad:
            done.refuse(done.lines, str(bad))
            continue
        if hit is None:
            done.no_page += 1
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
