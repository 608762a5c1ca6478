"""manage.py import_access_log: a web server's log as page views of a counter."""

import time
from lzma import LZMAError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.commands import telling
from apps.core.errors import NotThere
from apps.counters.models import Counter
from apps.intake import services
from apps.intake.log_formats import NAMES, BadFormat

WIDTH = 30
PAUSE = 0.1  # seconds between two pictures of the bar


class Command(BaseCommand):
    help = "Import a log, plain or packed by gzip, bzip2 or xz. Doing it again doubles nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--counter", type=int, required=True, help="number of the counter it belongs to")
        parser.add_argument(
            "--format",
            help=f"one of {', '.join(NAMES)}, or the server's own pattern (Apache's LogFormat, nginx's log_format);"
            " without it, it is guessed from the first lines".replace("%", "%%"),
        )
        parser.add_argument(
            "--all-statuses", action="store_true", help="take answers 4xx and 5xx for page views too"
        )

    @telling
    def handle(self, **options: Any) -> None:
        counter = Counter.objects.filter(pk=options["counter"], archived_at=None).first()
        if counter is None:
            raise NotThere(f"There is no counter {options['counter']}, or it is archived.")
        bar = Bar(self) if self.stdout.isatty() else lambda done, lines: None
        try:
            done = services.import_access_log(
                counter=counter,
                path=options["file"],
                log_format=options["format"],
                all_statuses=options["all_statuses"],
                progress=bar,
            )
        except BadFormat as error:
            raise CommandError(str(error)) from error
        except (OSError, EOFError, LZMAError) as error:
            raise CommandError(f"{options['file']} cannot be read: {error}") from error
        if options["format"] is None:
            self.stdout.write(f"The log's format is taken for {done.format}; --format names another.")
        for told in done.told:
            self.stdout.write(f"Bad {told}")
        if done.bad > len(done.told):
            self.stdout.write(f"... and {done.bad - len(done.told):,} more bad lines")
        self.stdout.write(
            f"{done.hits:,} hits + {done.duplicates:,} duplicates + {done.no_page:,} answers without a page"
            f" + {done.bad:,} bad lines = {done.lines:,} lines"
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
