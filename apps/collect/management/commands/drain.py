"""manage.py drain: what the web workers took is stored; one such process a host."""

import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from apps.collect.drain import Drain


class Command(BaseCommand):
    help = "Store collected hits as they come, until SIGTERM or Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="store what is there, then end")

    def handle(self, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        once = options["once"]
        drain = (
            Drain(settings.COLLECT_SPOOL, stop=stop, lanes=1)
            if once
            else Drain(settings.COLLECT_SPOOL, stop=stop)
        )
        state = drain.run(once=once)
        self.stdout.write(
            f"{state.stored} hits stored, {state.duplicates} were there already, {state.letters} dead letters."
        )
