"""The drain against the floor (`floor.py`), with everything that is done to a hit.

`python -m tests.bench.drain [hits]`: medians of paired runs, in one process, into the same table of a
database of their own. Both begin with empty tables, known client IDs and batches of 10,000.
"""

import resource
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.bench.setup import bench_database

bench_database("goalline_bench_drain")

from tests.bench import cpu, floor, shop  # noqa: E402 - settings are made by the lines above
from tests.bench.spooling import drain, spooled  # noqa: E402

PAIRS = 5
HITS = 100_000


@dataclass(frozen=True)
class Figures:
    """Of one side: hits a second, and CPU microseconds a hit of this process and of PostgreSQL."""

    rate: float
    own: float
    database: float


def timed(count: int, work: Callable[[], object]) -> Figures:
    """Measure the storing of so many hits."""
    floor.empty()
    wall, own, database = time.perf_counter(), time.process_time(), cpu.database()
    work()
    took = time.perf_counter() - wall
    used = time.process_time() - own
    return Figures(count / took, used / count * 1e6, (cpu.database() - database) / count * 1e6)


def pair(counter: int, count: int, seed: int) -> tuple[Figures, Figures]:
    """The drain and the floor, one after the other, with the same rows."""
    folder = spooled(counter, count, seed)
    drained = timed(count, lambda: drain(folder))
    shutil.rmtree(folder)
    batches = floor.copied_out()
    assert sum(batch.count(b"\n") for batch in batches) == count
    return drained, timed(count, lambda: floor.store(batches))


def main(count: int = HITS) -> None:
    """Warm up, measure, print."""
    made = shop.make()
    pair(made.counter, count // 5, 1)
    found = [pair(made.counter, count, seed) for seed in range(2, 2 + PAIRS)]
    print(f"The drain, {count:,} hits, medians of {PAIRS} pairs; CPU a hit here and in PostgreSQL:")
    for index, name in enumerate(("drain", "floor")):
        rate, own, database = (
            statistics.median(getattr(both[index], field) for both in found)
            for field in ("rate", "own", "database")
        )
        print(f"  {name} {rate:>10,.0f} hits/s   {own:5.1f} + {database:4.1f} us")
    ratio = statistics.median(drained.rate / floored.rate for drained, floored in found)
    print(f"  ratio {ratio:>10.2f}            target at least 0.40")
    print(f"  memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:>8.0f} MB")


if __name__ == "__main__":
    main(*(int(text) for text in sys.argv[1:2]))
