"""Collection against granian answering a constant, on the same machine, by the same load generator.

`python -m tests.bench.collect [seconds]`: medians of paired runs. Two web processes each, 32 keep-alive
connections, one hit a request as browsers send it, rate limit on. Acknowledged: the edge alone. Stored: the
drain works beside it, and the clock runs until the last acknowledged hit is in the database.
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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.setup import PROJECT, bench_database

SPOOL = Path(os.environ.setdefault("COLLECT_SPOOL", tempfile.mkdtemp(prefix="goalline-bench-")))
bench_database("goalline_bench_collect")

from apps.collect import selectors  # noqa: E402 - settings are made by the lines above
from apps.visits.models import Hit  # noqa: E402
from tests.bench import shop  # noqa: E402

PAIRS = 5
SECONDS = 6.0
TICKS = os.sysconf("SC_CLK_TCK")
GRANIAN = [
    sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "2", "--blocking-threads", "4", "--no-ws",
    "--log-level", "warning", "--workers-kill-timeout", "5",
]  # fmt: skip


@dataclass(frozen=True)
class Run:
    """One load: requests taken a second, CPU s per 1,000, the 99th percentile in ms."""

    rate: float
    cpu: float
    p99: float
    stored: float = 0.0


@dataclass
class Server:
    """A process with all that it started."""

    process: "subprocess.Popen[bytes]"
    port: int = 0

    def family(self) -> list[int]:
        """Its process ids."""
        found, todo = [], [self.process.pid]
        while todo:
            found.append(todo.pop())
            for task in Path(f"/proc/{found[-1]}/task").glob("*/children"):
                todo += [int(pid) for pid in task.read_text().split()]
        return found

    def cpu(self) -> float:
        """Seconds used so far, of user and system."""
        stats = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in self.family()]
        return sum(int(stat[11]) + int(stat[12]) for stat in stats) / TICKS

    def memory(self) -> float:
        """MB that its largest process holds."""
        pages = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self.family()]
        return max(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20


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


def _wait(until: Any, patience: float = 120.0) -> None:
    end = time.monotonic() + patience
    while not until():
        if time.monotonic() > end:
            raise TimeoutError(until)
        time.sleep(0.05)


def load(server: Server, path: str, seconds: float, seed: int, *, drain: Server | None = None) -> Run:
    """Send for so long; with a drain, also how many a second were stored until all were."""
    used, began = server.cpu(), time.perf_counter()
    said = subprocess.check_output(
        [sys.executable, "-m", "tests.bench.load", str(server.port), path, str(seconds), str(seed)],
        cwd=PROJECT,
    )
    told = json.loads(said)
    if told["others"]:
        raise RuntimeError(f"not all were taken: {told['others']}")
    began = time.perf_counter() - told["seconds"] if drain else began
    if drain:
        _wait(lambda: selectors.oldest_waiting() is None)
    taken, until = told["taken"], time.perf_counter() - began
    cpu = (server.cpu() - used) / taken * 1000
    return Run(taken / told["seconds"], cpu, told["p99_ms"], taken / until)


def rounds(
    made: shop.Shop, constant: Server, collect: Server, drain: Server, seconds: float
) -> list[list[Run]]:
    """For each pair: the constant, the edge alone, edge and drain."""
    path, found = f"/collect/{made.counter}", []
    for seed in range(PAIRS + 1):
        plain = load(constant, path, seconds, seed)
        drain.process.send_signal(signal.SIGSTOP)
        edge = load(collect, path, seconds, 2 * seed)
        drain.process.send_signal(signal.SIGCONT)
        _wait(lambda: selectors.oldest_waiting() is None)
        both = load(collect, path, seconds, 2 * seed + 1, drain=drain)
        found.append([plain, edge, both])
    return found[1:]  # the first warms up


def main(seconds: float = SECONDS) -> None:
    """Measure and print."""
    made = shop.make()
    with (
        web("tests.bench.constant:application") as constant,
        web("config.wsgi:application") as collect,
        running(sys.executable, "manage.py", "drain") as drain,
    ):
        found = rounds(made, constant, collect, drain, seconds)
        memory = constant.memory(), collect.memory(), drain.memory()
        drain_cpu = drain.cpu() / Hit.objects.count() * 1000
    shutil.rmtree(SPOOL)
    _tell(found, memory, drain_cpu, seconds)


def _tell(found: Sequence[Sequence[Run]], memory: Sequence[float], drain_cpu: float, seconds: float) -> None:
    print(f"Collection, medians of {PAIRS} pairs of {seconds:.0f} s, 2 web processes, 32 connections:")
    for index, name in enumerate(("a constant", "acknowledged", "with the drain")):
        runs = [runs[index] for runs in found]
        rate, cpu, p99 = (
            statistics.median(getattr(one, field) for one in runs) for field in ("rate", "cpu", "p99")
        )
        print(f"  {name:<14} {rate:>8,.0f}/s   p99 {p99:5.1f} ms   {cpu:.3f} CPU s per 1,000 in the web")
    print(f"  {'stored':<14} {statistics.median(runs[2].stored for runs in found):>8,.0f}/s")
    print(f"  the drain: {drain_cpu:.3f} CPU s per 1,000 hits, beside PostgreSQL's")
    acknowledged = statistics.median(runs[1].rate / runs[0].rate for runs in found)
    stored = statistics.median(runs[2].stored / runs[0].rate for runs in found)
    print(f"  acknowledged : constant {acknowledged:5.2f}   target at least 0.35")
    print(f"  stored : constant       {stored:5.2f}   target at least 0.20")
    print("  memory of a process: constant {:.0f} MB, web {:.0f} MB, drain {:.0f} MB".format(*memory))


if __name__ == "__main__":
    main(*(float(text) for text in sys.argv[1:2]))
