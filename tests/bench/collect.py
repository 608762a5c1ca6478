"""Collection against granian answering a constant, on the same machine, by the same load generator.

`python -m tests.bench.collect [seconds]`: medians of paired runs. Two web processes each, 32 keep-alive
connections, rate limit on, a counter with everything switched on. One hit a request as browsers send it:
acknowledged is the edge alone; stored has the drain beside it, and the clock runs until the last acknowledged hit
is in the database; with visits, until those of all hits are made too, as a worker does each minute. Then ten hits a
request, as the tag sends what has queued, against the same rows by COPY and ON CONFLICT into the same tables. CPU is
that of all: web, drain, PostgreSQL, visits.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.setup import PROJECT, bench_database

SPOOL = Path(os.environ.setdefault("COLLECT_SPOOL", tempfile.mkdtemp(prefix="goalline-bench-")))
bench_database("goalline_bench_collect")

from apps.collect import selectors  # noqa: E402 - settings are made by the lines above
from apps.visits.models import Hit  # noqa: E402
from apps.visits.services import keep_all_visits  # noqa: E402
from tests.bench import cpu, floor, shop  # noqa: E402

PAIRS = 5
SECONDS = 6.0
BATCH = 10  # hits a request, of those that hold several
FLOOR_HITS = 100_000
GRANIAN = [
    sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "2", "--blocking-threads", "4", "--no-ws",
    "--log-level", "warning", "--workers-kill-timeout", "5",
]  # fmt: skip


@dataclass(frozen=True)
class Run:
    """One load: hits taken and stored a second, CPU s per 1,000 of them, the 99th percentile of an answer in ms."""

    rate: float
    web: float
    p99: float
    stored: float = 0.0
    drain: float = 0.0
    database: float = 0.0

    @property
    def cpu(self) -> float:
        """Of all together."""
        return self.web + self.drain + self.database


@dataclass
class Server:
    """A process with all that it started."""

    process: "subprocess.Popen[bytes]"
    port: int = 0

    def cpu(self) -> float:
        """Seconds used so far, of user and system."""
        return cpu.seconds(self.process.pid)

    def memory(self) -> float:
        """MB that its largest process holds."""
        return cpu.memory(self.process.pid)


@contextlib.contextmanager
def running(*argv: str, port: int = 0) -> Iterator[Server]:
    """A program, started and at last ended."""
    env = {**os.environ, "COLLECT_RATE": "100000000", "LOG_LEVEL": "WARNING", "GOALLINE_SERVICES": "running"}
    process = subprocess.Popen(argv, cwd=PROJECT, env=env)
    try:
        if port:
            _wait(lambda: _answers(port))
        yield Server(process, port)
    finally:
        process.terminate()
        process.wait(20)


def web(application: str) -> Any:
    """granian with this application."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return running(*GRANIAN, "--port", str(port), application, port=port)


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    return False


def _wait(until: Callable[[], bool], patience: float = 300.0) -> None:
    end = time.monotonic() + patience
    while not until():
        if time.monotonic() > end:
            raise TimeoutError(until)
        time.sleep(0.05)


def load(
    server: Server, path: str, seconds: float, seed: int, *, drain: Server | None = None, hits: int = 1
) -> Run:
    """Send for so long; with a drain, also how many a second were stored until all were."""
    before = _used(server, drain)
    argv = ["-m", "tests.bench.load", server.port, path, seconds, seed, hits]
    told = json.loads(subprocess.check_output([sys.executable, *map(str, argv)], cwd=PROJECT))
    if told["others"]:
        raise RuntimeError(f"not all were taken: {told['others']}")
    ended = time.perf_counter()
    if drain:
        _wait(lambda: selectors.oldest_waiting() is None)
    until = told["seconds"] + time.perf_counter() - ended
    taken = told["taken"] * hits
    web_, drain_, database = (
        (now - then) / taken * 1000 for now, then in zip(_used(server, drain), before, strict=True)
    )
    return Run(taken / told["seconds"], web_, told["p99_ms"], taken / until, drain_, database)


def _used(server: Server, drain: Server | None) -> tuple[float, float, float]:
    return server.cpu(), drain.cpu() if drain else 0.0, cpu.database() if drain else 0.0


@dataclass(frozen=True)
class Round:
    """A pair, and what else is measured beside it."""

    constant: Run
    edge: Run
    both: Run
    many: Run
    floor: float  # hits a second
    visits: float  # CPU s per 1,000 hits of `both`, here and in PostgreSQL
    kept: float  # hits a second of `both`, until their visits are made too


def measure(made: shop.Shop, constant: Server, collect: Server, drain: Server, seconds: float) -> list[Round]:
    """The rounds; the first warms up and is left out."""
    path, found = f"/collect/{made.counter}", []
    for seed in range(0, 4 * (PAIRS + 1), 4):
        plain = load(constant, path, seconds, seed)
        drain.process.send_signal(signal.SIGSTOP)
        edge = load(collect, path, seconds, seed + 1)
        drain.process.send_signal(signal.SIGCONT)
        _wait(lambda: selectors.oldest_waiting() is None)
        keep_all_visits()
        others = Hit.objects.count()
        both = load(collect, path, seconds, seed + 2, drain=drain)
        used, took = _make_visits()
        taken = Hit.objects.count() - others
        visits, kept = used / taken * 1000, taken / (taken / both.stored + took)
        many = load(collect, path, seconds, seed + 3, drain=drain, hits=BATCH)
        found.append(Round(plain, edge, both, many, _floor(), visits, kept))
    return found[1:]


def _make_visits() -> tuple[float, float]:
    """CPU s, here and in PostgreSQL, and seconds of the visits that a worker makes each minute."""
    used, began = time.process_time() + cpu.database(), time.perf_counter()
    keep_all_visits()
    return time.process_time() + cpu.database() - used, time.perf_counter() - began


def _floor() -> float:
    """Hits a second by COPY; leaves the tables empty."""
    batches = floor.copied_out(FLOOR_HITS)
    rows = sum(batch.count(b"\n") for batch in batches)
    floor.empty()
    took = floor.store(batches)
    floor.empty()
    return rows / took


def main(seconds: float = SECONDS) -> None:
    """Measure and print."""
    made = shop.make()
    with (
        web("tests.bench.constant:application") as constant,
        web("config.wsgi:application") as collect,
        running(sys.executable, "manage.py", "drain") as drain,
    ):
        found = measure(made, constant, collect, drain, seconds)
        memory = constant.memory(), collect.memory(), drain.memory()
    shutil.rmtree(SPOOL)
    _tell(found, memory, seconds)


def _tell(found: Sequence[Round], memory: Sequence[float], seconds: float) -> None:
    print(f"Collection, medians of {PAIRS} pairs of {seconds:.0f} s, 2 web processes, 32 connections:")
    print("                          hits/s      p99    CPU s per 1,000 hits: web + drain + PostgreSQL")
    for name, label in (
        ("constant", "a constant"), ("edge", "acknowledged"), ("both", "with the drain"), ("many", f"{BATCH} a request"),
    ):  # fmt: skip
        runs = [getattr(one, name) for one in found]
        rate, p99, web_, drain, database = (
            statistics.median(getattr(run, field) for run in runs)
            for field in ("rate", "p99", "web", "drain", "database")
        )
        print(f"  {label:<16} {rate:>12,.0f}  {p99:5.1f} ms   {web_:.3f} + {drain:.3f} + {database:.3f}")
    visits = statistics.median(one.visits for one in found)
    print(f"  visits, by a worker each minute: {visits:.3f} CPU s per 1,000 hits, with PostgreSQL's")
    print("  memory of a process: constant {:.0f} MB, web {:.0f} MB, drain {:.0f} MB".format(*memory))
    for label, target, value in _ratios(found):
        print(f"  {label:<50} {value:>10,.2f}   target {target}")


def _ratios(found: Sequence[Round]) -> Iterator[tuple[str, str, float]]:
    def median(of: Callable[[Round], float]) -> float:
        return statistics.median(map(of, found))

    yield "acknowledged : constant", "at least 0.4", median(lambda one: one.edge.rate / one.constant.rate)
    yield "stored : constant", "at least 0.25", median(lambda one: one.both.stored / one.constant.rate)
    yield (
        "stored and visits made : constant",
        "at least 0.25",
        median(lambda one: one.kept / one.constant.rate),
    )
    yield "stored a second", "", median(lambda one: one.both.stored)
    yield f"stored a second, {BATCH} a request", "20,000, or", median(lambda one: one.many.stored)
    yield "  against COPY and ON CONFLICT", "at least 0.4", median(lambda one: one.many.stored / one.floor)
    yield (
        "CPU of web, drain, PostgreSQL, visits : constant's",
        "at most 4.5",
        median(lambda one: (one.both.cpu + one.visits) / one.constant.web),
    )
    yield "  without visits", "", median(lambda one: one.both.cpu / one.constant.web)
    yield (
        "  of web and drain alone",
        "",
        median(lambda one: (one.both.web + one.both.drain) / one.constant.web),
    )


if __name__ == "__main__":
    main(*(float(text) for text in sys.argv[1:2]))
