"""manage.py rebuild_conversations: what lists show of conversations, made anew from their events."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.accounts.models import Account
from apps.conversations import summaries


class Command(BaseCommand):
    help = "Make the conversations' summaries, and who may see which, anew from the recorded events."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--account", type=int, help="only this account's")

    def handle(self, *, account: int | None, **_: Any) -> None:
        accounts = Account.objects.order_by("pk")
        for one in accounts.filter(pk=account) if account is not None else accounts:
            summaries.rebuild(account_id=one.pk)
            self.stdout.write(f"Account {one.pk}: conversations rebuilt")
