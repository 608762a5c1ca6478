"""manage.py demo: a plausible shop, from page views and chats to a mailed CSV."""

import io
import logging
import sys
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from apps.core import locks
from apps.core.commands import telling
from apps.demo import services, words
from apps.demo.portal import NotTaken


class Command(BaseCommand):
    help = "Fill the database with a plausible shop (once) and show what it says."

    @telling
    def handle(self, **options: Any) -> None:
        logging.disable(logging.WARNING)
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # names in scripts that the terminal does not know
        call_command("migrate", interactive=False, verbosity=0)
        with locks.alone(
            locks.Lock.DEMO, waits=lambda: self._say("Another process makes the demo; waiting for it")
        ):
            try:
                demo = services.make_demo(say=self._say)
            except NotTaken as error:
                raise CommandError(str(error)) from error
        self.stdout.write("")
        for line in words.report(demo):
            self.stdout.write(line)

    def _say(self, line: str) -> None:
        self.stdout.write(f"{line} ...")
        self.stdout.flush()
