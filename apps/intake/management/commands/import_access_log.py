"""manage.py import_access_log: a web server's log as page views of a counter."""

import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.commands import telling
from apps.core.errors import NotThere
from apps.counters.models import Counter
from apps.intake import services

WIDTH = 30
PAUSE = 0.1  # seconds between two pictures of the bar


class Command(BaseCommand):
    help = "Import a log in the combined format (plain or .gz). Doing it again doubles nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--counter", type=int, required=True, help="number of the counter it belongs to")

    @telling
    def handle(self, **options: Any) -> None:
        counter = Counter.objects.filter(pk=options["counter"], archived_at=None).first()
        if counter is None:
            raise NotThere(f"There is no counter {options['counter']}, or it is archived.")
        bar = Bar(self) if self.stdout.isatty() else lambda done, lines: None
        try:
            done = services.import_access_log(counter=counter, path=options["file"], progress=bar)
        except (OSError, EOFError) as error:
            raise CommandError(f"{options['file']} cannot be read: {error}") from error
        for told in done.told:
            self.stdout.write(f"Bad {told}")
        if done.bad > len(done.told):
            self.stdout.write(f"... and {done.bad - len(done.told):,} more bad lines")
        self.stdout.write(
            f"{done.hits:,} hits + {done.duplicates:,} duplicates + {done.bad:,} bad lines = {done.lines:,} lines"
        )


class Bar:
    """A line that fills from left to right."""

    def __init__(self, command: BaseCommand) -> None:
        self._command, self._shown = command, 0.0

    def __call__(self, done: int, lines: int) -> None:
        now = time.monotonic()
        if done < lines and now - self._shown < PAUSE:
            return
        self._shown = now
        filled = WIDTH * done // lines
        end = "\n" if done == lines else ""
        self._command.stdout.write(
            f"\r[{'#' * filled}{'.' * (WIDTH - filled)}] {done:,} of {lines:,} lines", ending=end
        )
        self._command.stdout.flush()
