"""`manage.py up`: the whole portal in one terminal."""

import argparse
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from apps.core import embedded, queues, supervisor

PROJECT = Path(__file__).resolve().parents[4]


class Command(BaseCommand):
    """Brings up servers, web, worker, clock and drain; Ctrl-C ends all that it started."""

    help = "Run the whole portal: database and broker if none are named, web, worker, clock and drain."
    requires_system_checks = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--host", default=os.environ.get("HOST") or "127.0.0.1", help="or HOST")
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000), help="or PORT")
        parser.add_argument("--workers", type=int, default=2, help="web processes")

    def handle(self, *, host: str, port: int, workers: int, **_: Any) -> None:
        home = embedded.home()
        own = not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"))
        try:
            supervisor.check_port(host, port)
            if own:
                embedded.start(home)
            self._run(host=host, port=port, workers=workers, home=home if own else None)
        except (supervisor.PortTaken, embedded.EmbeddedError) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            self._say("Stopped before everything was up.")
        finally:
            if own and embedded.started_here(home):
                embedded.stop(home)

    def _run(self, *, host: str, port: int, workers: int, home: Path | None) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        base_url = (
            os.environ.get("BASE_URL") or f"http://{'localhost' if host == '127.0.0.1' else host}:{port}"
        )
        welcome = Welcome(self, host, port, self._login(base_url))

        def tick() -> None:
            if home is not None:
                embedded.start(home)  # a millisecond, unless one was killed
            welcome.once()

        supervisor.Supervisor(
            programs=programs(host=host, port=port, workers=workers),
            logs=embedded.home() / "log",
            cwd=PROJECT,
            say=self._say,
            env={**os.environ, "GOALLINE_SERVICES": "running", "PORT": str(port)},
            tick=tick,
        ).run()

    def _login(self, base_url: str) -> str:
        from apps.accounts.services import make_login_link

        link = make_login_link(base_url=base_url)
        return f"\n  Goalline is at {base_url}\n  Sign in once with {link}\n  Ctrl-C ends it.\n"

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


class Welcome:
    """Says where to go, once, when the web server takes connections."""

    def __init__(self, command: Command, host: str, port: int, words: str) -> None:
        self.command, self.address, self.words = command, (_reachable(host), port), words

    def once(self) -> None:
        """Say it if it is time."""
        if not self.words:
            return
        try:
            socket.create_connection(self.address, timeout=0.2).close()
        except OSError:
            return
        self.command.stdout.write(self.words)
        self.command.stdout.flush()
        self.words = ""


def _reachable(host: str) -> str:
    """An address to knock at, for a server that listens on all of them."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 (compared, not bound)


def programs(*, host: str, port: int, workers: int) -> list[supervisor.Program]:
    """What runs beside the databases."""
    python = (sys.executable, "-m")
    return [
        supervisor.Program(
            "web",
            (*python, "granian", "--interface", "wsgi", "--host", host, "--port", str(port),
             "--workers", str(workers), "--respawn-failed-workers", "--blocking-threads", "4",
             "--workers-kill-timeout", "5", "--no-ws", "--log-level", "warning", "config.wsgi:application"),
        ),
        supervisor.Program(
            "worker",
            (*python, "celery", "-A", "config", "worker", "-Q", ",".join(queues.ALL), "-c", "2",
             "--without-gossip", "--without-mingle", "-l", "WARNING"),
            orphaned=signal.SIGQUIT,  # a task that runs is taken up again from its row
        ),
        supervisor.Program(
            "beat",
            (*python, "celery", "-A", "config", "beat", "--pidfile=", "-l", "WARNING",
             "--schedule", str(settings.CELERY_BEAT_SCHEDULE_FILENAME)),
        ),
        supervisor.Program("drain", (sys.executable, "manage.py", "drain")),
    ]  # fmt: skip
