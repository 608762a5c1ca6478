"""manage.py run_hourly: the hourly job, now and here."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts import selectors as accounts
from apps.accounts.models import Account
from apps.core.commands import telling
from apps.hourly import services
from apps.hourly.models import Run


class Command(BaseCommand):
    help = "Judge now what has come in, in this process, and print what became of it."

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
        failed = [pk for pk in ids if not self._run(pk)]
        if failed:
            raise CommandError(f"The run failed for account {', '.join(map(str, failed))}.")

    def _run(self, account_id: int) -> bool:
        run = services.run_now(account_id=account_id)
        done = run.state == Run.State.DONE
        self.stdout.write(
            f"Account {account_id}: {run.people} people, {run.reaches} reaches, {run.credited} credited, "
            f"{run.uncredited} uncredited, {run.dropped} dropped, {run.corrected} corrected"
            if done
            else f"Account {account_id}: failed. {run.error}"
        )
        return done
