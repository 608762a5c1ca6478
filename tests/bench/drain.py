"""The drain against the floor: the same rows by COPY into a temporary table and ON CONFLICT DO NOTHING.

`python -m tests.bench.drain [hits]`: medians of paired runs, in one process, into the same table of a
database of their own. Both begin with empty tables, known client IDs and batches of 10,000.
"""

import resource
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench.setup import bench_database

bench_database("goalline_bench_drain")

from django.db import connection, transaction  # noqa: E402 - settings are made by the lines above

from apps.collect.drain import FULL, Drain  # noqa: E402
from apps.collect.spool import Spool  # noqa: E402
from tests.bench import shop  # noqa: E402

PAIRS = 5
HITS = 100_000
TEMPORARY = "CREATE TEMPORARY TABLE IF NOT EXISTS floor (LIKE visits_hit) ON COMMIT DELETE ROWS"


@dataclass(frozen=True)
class Figures:
    """Hits a second of both, and this process's CPU microseconds a hit."""

    drain: float
    floor: float
    drain_cpu: float
    floor_cpu: float


def timed(work: object, *args: object) -> tuple[float, float]:
    """Seconds by the wall and of this process's CPU."""
    wall, cpu = time.perf_counter(), time.process_time()
    work(*args)  # type: ignore[operator]
    return time.perf_counter() - wall, time.process_time() - cpu


def empty() -> None:
    """No hits and nothing that follows from them; identities stay."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE visits_hit, goals_reach, people_mark, intake_tally, collect_position")
        cursor.execute("CHECKPOINT")


def spooled(counter: int, count: int, seed: int) -> Path:
    """A folder with that many records."""
    folder = Path(tempfile.mkdtemp(prefix="goalline-bench-"))
    workers = [Spool(folder), Spool(folder)]  # as two web processes leave them
    for number, record in enumerate(shop.records(counter, count, seed)):
        workers[number % 2].append(record)
    for one in workers:
        one.close()
    return folder


def drain(folder: Path) -> None:
    """What is measured."""
    Drain(folder).run(once=True)


def copied_out() -> list[bytes]:
    """The stored rows as COPY's text, cut into batches as the drain's."""
    with connection.cursor() as cursor, cursor.copy("COPY (SELECT * FROM visits_hit) TO STDOUT") as copy:
        lines = b"".join(bytes(block) for block in copy).splitlines(keepends=True)
    return [b"".join(lines[at : at + FULL]) for at in range(0, len(lines), FULL)]


def floor(batches: list[bytes]) -> None:
    """What it is measured against."""
    for batch in batches:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(TEMPORARY)
            with cursor.copy("COPY floor FROM STDIN") as copy:
                copy.write(batch)
            cursor.execute("INSERT INTO visits_hit SELECT * FROM floor ON CONFLICT DO NOTHING")


def pair(counter: int, count: int, seed: int) -> Figures:
    """One after the other, the same rows."""
    folder = spooled(counter, count, seed)
    empty()
    drained, drained_cpu = timed(drain, folder)
    shutil.rmtree(folder)
    batches = copied_out()
    assert sum(batch.count(b"\n") for batch in batches) == count
    empty()
    floored, floored_cpu = timed(floor, batches)
    return Figures(count / drained, count / floored, drained_cpu / count * 1e6, floored_cpu / count * 1e6)


def main(count: int = HITS) -> None:
    """Warm up, measure, print."""
    made = shop.make()
    pair(made.counter, count // 5, 1)
    found = [pair(made.counter, count, seed) for seed in range(2, 2 + PAIRS)]
    ratio = statistics.median(one.drain / one.floor for one in found)
    print(f"The drain, {count:,} hits, medians of {PAIRS} pairs:")
    print(
        f"  drain {_median(found, 'drain'):>10,.0f} hits/s   {_median(found, 'drain_cpu'):5.1f} us CPU a hit"
    )
    print(
        f"  floor {_median(found, 'floor'):>10,.0f} hits/s   {_median(found, 'floor_cpu'):5.1f} us CPU a hit"
    )
    print(f"  ratio {ratio:>10.2f}            target at least 0.40")
    print(f"  memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:>8.0f} MB")


def _median(found: list[Figures], name: str) -> float:
    return statistics.median(getattr(one, name) for one in found)


if __name__ == "__main__":
    main(*(int(text) for text in sys.argv[1:2]))
