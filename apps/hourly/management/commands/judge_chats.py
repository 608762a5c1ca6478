"""manage.py judge_chats: the minutely job for chat goals, now and here."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.accounts import selectors as accounts
from apps.accounts.models import Account
from apps.core.commands import telling
from apps.hourly import services


class Command(BaseCommand):
    help = "Look now at the conversations whose chat goal waits to be judged, in this process."

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--account", type=int, metavar="ID", help="the number that make_account printed")
        which.add_argument("--all", action="store_true", help="every account")

    @telling
    def handle(self, **options: Any) -> None:
        if options["all"]:
            ids = list(Account.objects.order_by("pk").values_list("pk", flat=True))
        else:
            ids = [accounts.account(account_id=options["account"]).pk]
        for account_id in ids:
            services.look_at_chats(account_id=account_id)
        self.stdout.write(f"Looked at the chats of {len(ids)} account{'' if len(ids) == 1 else 's'}.")
