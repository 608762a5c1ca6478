"""manage.py make_account: an account without the browser."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.accounts import services
from apps.core.commands import telling


class Command(BaseCommand):
    help = "Make an account and print its number. The next step is make_member."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--timezone", default="UTC", help="such as Europe/Berlin (default: UTC)")
        parser.add_argument("--currency", default="EUR", help="ISO 4217 code (default: EUR)")

    @telling
    def handle(self, **options: Any) -> None:
        account = services.make_account(
            name=options["name"], timezone=options["timezone"], currency=options["currency"]
        )
        self.stdout.write(f"Account {account.pk}: {account.name} ({account.timezone}, {account.currency})")
