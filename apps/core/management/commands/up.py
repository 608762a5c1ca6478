"""`manage.py up`: the whole portal in one terminal."""

import argparse
import os
import signal
import socket
import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from apps.core import embedded, env, queues, supervisor

MOST_WORKERS = 256
NO_LINK = (
    "To sign in: manage.py make_login_link EMAIL, for the first time make_operator EMAIL (or up --login-link)"
)
STOPPED = "PostgreSQL and Valkey have ended too; the data stays in {}"
LEFT = (
    "PostgreSQL and Valkey go on, for another process uses them; python -m apps.core.embedded stop ends them "
    "all the same"
)


class Command(BaseCommand):
    """Brings up servers, web, worker, clock and drain; Ctrl-C ends them all."""

    help = "Run the whole portal: database and broker if none are named, web, worker, clock and drain."
    requires_system_checks = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--host", default=settings.HOST, help="host name or IP address to listen on (HOST)"
        )
        parser.add_argument("--port", type=int, default=settings.PORT, help="(PORT)")
        parser.add_argument("--workers", type=_count, default=2, help="web processes")
        parser.add_argument(
            "--login-link",
            action="store_true",
            help="print a link that signs an operator in, also where the output is no terminal",
        )

    def handle(self, *, host: str, port: int, workers: int, login_link: bool, **_: Any) -> None:
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # until the supervisor takes it
        own = not settings.OWN_SERVERS
        try:
            address = supervisor.address_of(host, port)
            site = settings.BASE_URL if env.text("BASE_URL") else f"http://{env.site_of(host, port)}"
            self._run(address, site, port=port, workers=workers, login_link=login_link or sys.stdout.isatty())
        except supervisor.CannotListen as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            self._say("Stopped before everything was up.")
        finally:
            signal.signal(signal.SIGTERM, before)
            if own:
                home = embedded.home()
                self._say(STOPPED.format(home) if embedded.stop_unused(home) else LEFT)

    def _run(self, address: str, site: str, *, port: int, workers: int, login_link: bool) -> None:
        call_command("migrate", interactive=False, verbosity=0, stdout=self.stdout)
        welcome = Welcome(self, address, port, self.words(site, login_link=login_link))

        def tick() -> None:
            if not settings.OWN_SERVERS:
                embedded.start(embedded.home())  # a millisecond, unless one was killed
            welcome.once()

        supervisor.Supervisor(
            programs=programs(host=address, port=port, workers=workers),
            logs=embedded.home() / "log",
            cwd=env.PROJECT,
            say=self._say,
            env={**os.environ, "GOALLINE_SERVICES": "running", "BASE_URL": site},
            tick=tick,
        ).run()

    def words(self, site: str, *, login_link: bool) -> str:
        """Where the portal is and how to get in; a link only where it stays with who asked, not in a journal."""
        from apps.accounts.services import make_login_link

        sign_in = f"Sign in once with {make_login_link(base_url=site)}" if login_link else NO_LINK
        return f"\n  Goalline is at {site}\n  {sign_in}\n  Ctrl-C ends it.\n"

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


def _count(value: str) -> int:
    if not (value.isascii() and value.isdecimal() and 0 < int(value) <= MOST_WORKERS):
        raise argparse.ArgumentTypeError(f"{value!r}: write a whole number from 1 to {MOST_WORKERS}")
    return int(value)


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
             # at a reload (SIGHUP) the old worker goes so many seconds after the new one began to load
             "--respawn-interval", "15",
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
