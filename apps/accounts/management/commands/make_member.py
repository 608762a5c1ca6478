"""manage.py make_member: invite somebody into an account, without the browser and without mail."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from apps.accounts import services
from apps.accounts.roles import Role
from apps.core.commands import telling


class Command(BaseCommand):
    help = (
        "Invite somebody into an account and print the link by which they join it, once, within seven days. "
        "Somebody new chooses a name and a password there."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("account", type=int, help="the account's number")
        parser.add_argument("email")
        parser.add_argument("role", choices=Role.values)
        parser.add_argument(
            "--agent", help="external id of the agent that a member with the role agent is tied to"
        )

    @telling
    def handle(self, **options: Any) -> None:
        link = services.make_invitation_link(
            account_id=options["account"],
            base_url=settings.BASE_URL,
            email=options["email"],
            role=options["role"],
            agent=options["agent"],
        )
        self.stdout.write(
            f"Join account {options['account']} as {options['role']}, within seven days: {link}"
        )
