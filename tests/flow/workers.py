"""Real Celery workers on the test's database, with a broker database of their own."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import redis
from celery import current_app
from django.conf import settings
from django.db import connection
from psycopg.conninfo import make_conninfo

from apps.core import queues

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0  # seconds; the machine may be busy


def broker_number() -> int:
    """One of Valkey's sixteen databases for each process of tests, from the last one down."""
    return 15 - int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 8


def _numbered(url: str, number: int, parameter: str) -> str:
    parts = urlsplit(url)
    if parts.scheme in {"unix", "redis+socket"}:
        return f"{url.partition('?')[0]}?{parameter}={number}"
    return urlunsplit(parts._replace(path=f"/{number}"))


@contextlib.contextmanager
def own_broker() -> Iterator[dict[str, str]]:
    """Send this process's hints to an empty broker; the environment for workers that should get them."""
    number = broker_number()
    url = _numbered(settings.REDIS_URL, number, "db")
    with redis.Redis.from_url(url) as client:
        client.flushdb()
        before = current_app.conf.broker_url
        current_app.conf.broker_url = _numbered(before, number, "virtual_host")
        try:
            yield {"REDIS_URL": url, "DATABASE_URL": database_url()}
        finally:
            current_app.conf.broker_url = before
            client.flushdb()


def database_url() -> str:
    """Where this process's test database is, for another process."""
    known = connection.settings_dict
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    return make_conninfo(**{names[key]: str(known[key]) for key in names if known[key]})


class Worker:
    """One `celery worker` with one child."""

    def __init__(self, env: dict[str, str], log: Path) -> None:
        self.log = log
        program = [sys.executable, "-m", "celery", "-A", "config", "worker", "-Q", ",".join(queues.ALL)]
        options = ["-c", "1", "--without-gossip", "--without-mingle", "-l", "INFO"]
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [*program, *options],
                cwd=ROOT,
                env={**os.environ, **env},
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        """-9, the child too."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """Politely; an impolite worker fails the test."""
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise


def until(true: Callable[[], object], what: str, log: Path | None = None) -> None:
    """Wait until it holds."""
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            said = log.read_text(encoding="utf-8", errors="replace")[-4000:] if log else ""
            raise AssertionError(f"not within {PATIENCE:.0f} s: {what}\n{said}")
        time.sleep(0.1)
