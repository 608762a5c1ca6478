"""manage.py make_member: somebody's role in an account, without the browser."""

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from apps.accounts import services
from apps.accounts.roles import Role
from apps.core.commands import telling


class Command(BaseCommand):
    help = "Give somebody a role in an account and print a link that signs them in once, within 15 minutes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("account", type=int, help="the account's number")
        parser.add_argument("email")
        parser.add_argument("role", choices=Role.values)
        parser.add_argument("--name", default="")
        parser.add_argument(
            "--agent", help="external id of the agent that a member with the role agent is tied to"
        )
        parser.add_argument(
            "--password-stdin",
            action="store_true",
            help="read the password of a new user from standard input",
        )

    @telling
    def handle(self, **options: Any) -> None:
        member = services.make_member(
            account_id=options["account"],
            email=options["email"],
            role=options["role"],
            name=options["name"],
            agent=options["agent"],
            password=sys.stdin.readline().rstrip("\n") if options["password_stdin"] else None,
        )
        self.stdout.write(
            f"Member {member.pk}: {member.user.email} is {member.role} of account {member.account_id}"
        )
        if not options["password_stdin"]:
            link = services.make_login_link(base_url=settings.BASE_URL, user_id=member.user_id)
            self.stdout.write(f"Sign in once, within 15 minutes: {link}")
