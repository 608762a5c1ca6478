"""The whole portal in a folder of its own, whose parts can be killed and come back."""

import contextlib
import json
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from apps.core import embedded
from apps.core.embedded import postgres, valkey
from apps.core.embedded.layout import Layout
from apps.core.management.commands.up import programs

PROJECT = Path(__file__).resolve().parents[2]
DISK_FULL_FOR = 0.7  # seconds


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@dataclass
class Stand:
    """Starts, watches, kills and ends; `tick` brings back what died."""

    home: Path
    only: frozenset[str] = frozenset({"web", "drain", "worker", "beat"})
    port: int = field(default_factory=free_port)
    killed: list[str] = field(default_factory=list)
    away: bool = False
    """Whether killed servers stay away."""
    _full: dict[int, float] = field(default_factory=dict)  # processes without room on their disk, until when
    _running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def __post_init__(self) -> None:
        urls = embedded.start(self.home)  # with fsync: without it a killed PostgreSQL may forget commits
        self.env = {
            **os.environ,
            "GOALLINE_VAR": str(self.home),
            "DATABASE_URL": urls.database_url,
            "REDIS_URL": urls.redis_url,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "API_RATE": "1000000/min",
            "COLLECT_RATE": "0",
        }
        self.env.pop("COLLECT_SPOOL", None)
        found = programs(host="127.0.0.1", port=self.port, workers=2)
        self.programs = {one.name: list(one.argv) for one in found if one.name in self.only}
        if "beat" in self.only:
            self.programs["beat"][-1] = str(self.home / "beat")  # not this process's own

    def inside(self, *argv: str) -> str:
        """Run Python in the stand's environment; what it prints."""
        done = subprocess.run(
            [sys.executable, *argv], cwd=PROJECT, env=self.env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ask(self, module: str, **said: Any) -> Any:
        """Call a module with JSON and read its JSON."""
        path = self.home / "asked.json"
        path.write_text(json.dumps(said))
        return json.loads(self.inside("-m", module, str(path)).splitlines()[-1])

    def tick(self) -> None:
        """Start again whatever has died, and give room on the disk again."""
        if not self.away:
            self.tick_servers()
        self._give_room()
        for name, argv in self.programs.items():
            if name not in self._running or self._running[name].poll() is not None:
                with (self.home / f"{name}.log").open("ab") as log:
                    self._running[name] = subprocess.Popen(
                        argv, cwd=PROJECT, env=self.env, stdout=log, stderr=log, start_new_session=True
                    )

    def tick_servers(self) -> None:
        """The servers alone."""
        with contextlib.suppress(embedded.EmbeddedError):  # a killed one may still be ending
            embedded.start(self.home)

    def wait_until_up(self) -> None:
        """The web answers."""
        end = time.monotonic() + 90
        while True:
            self.tick()
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            assert time.monotonic() < end, (self.home / "web.log").read_text()
            time.sleep(0.1)

    def kill(self, what: str, rng: random.Random) -> None:
        """SIGKILL one part: a program with all it started, one web process, or a server."""
        self.killed.append(what)
        layout = Layout.of(self.home)
        if what == "valkey":
            self._shoot(valkey.running(layout))
        elif what == "postmaster":
            self._shoot(postgres.running(layout))
        elif what == "postgres":
            master = postgres.running(layout)
            for pid in [*children(master or 0), master]:
                self._shoot(pid)
        elif what == "web process":
            found = children(self._running["web"].pid)
            self._shoot(rng.choice(found) if found else None)
        elif what == "full disk":
            self._fill_disk()
        else:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._running[what].pid, signal.SIGKILL)
            self._running[what].wait()

    def _fill_disk(self) -> None:
        """No file that a web process writes grows any further for a while: writes fail, or are cut short."""
        for pid in children(self._running["web"].pid):
            self._full[pid] = time.monotonic() + DISK_FULL_FOR
            _limit(pid, 4096)

    def _give_room(self) -> None:
        for pid, until in list(self._full.items()):
            if until < time.monotonic():
                del self._full[pid]
                _limit(pid, resource.RLIM_INFINITY)

    @contextlib.contextmanager
    def without_database(self, seconds: float) -> Iterator[None]:
        """PostgreSQL is killed, and stays away until so long after; then this waits until it is back."""
        self.away, until = True, time.monotonic() + seconds
        self.kill("postgres", random.Random(0))
        try:
            yield
            time.sleep(max(0.0, until - time.monotonic()))
        finally:
            self.away = False
            self._await_servers()

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """PostgreSQL and Valkey are stopped as they stand: their sockets are open, and nobody answers."""
        layout = Layout.of(self.home)
        master, broker = postgres.running(layout), valkey.running(layout)
        assert master
        assert broker
        pids = [master, broker, *children(master)]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def kill_all_web_processes(self) -> None:
        """Each is started again by the web server's own parent; waits until one answers."""
        for pid in children(self._running["web"].pid):
            self._shoot(pid)
        self.wait_until_up()

    def _await_servers(self) -> None:
        end = time.monotonic() + 60
        while postgres.running(Layout.of(self.home)) is None:
            assert time.monotonic() < end
            self.tick_servers()

    def waiting(self) -> int:
        """Bytes of the spool that are not stored yet."""
        with psycopg.connect(self.env["DATABASE_URL"]) as database:
            stored: dict[str, int] = dict(
                database.execute('SELECT segment, "offset" FROM collect_position').fetchall()
            )
        total = 0
        for path in (self.home / "spool").glob("*.seg"):
            with contextlib.suppress(FileNotFoundError):
                total += max(0, path.stat().st_size - stored.get(path.name, 0))
        return total

    def _shoot(self, pid: int | None) -> None:
        if pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        """End everything."""
        for number, patience in ((signal.SIGTERM, 8), (signal.SIGKILL, 8)):
            for one in self._running.values():
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(one.pid, number)
            end = time.monotonic() + patience
            for one in self._running.values():
                with contextlib.suppress(subprocess.TimeoutExpired):
                    one.wait(max(0.1, end - time.monotonic()))
        self._running.clear()

    def close(self) -> None:
        """End the servers too."""
        self.stop()
        embedded.stop(self.home)


def _limit(pid: int, size: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def children(parent: int) -> list[int]:
    """The processes that this one started."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                stat = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
                if int(stat[1]) == parent:
                    found.append(int(entry.name))
    return sorted(found)
