"""manage.py make_token: an API token without the browser. Here, above accounts, because it may name a counter."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.accounts import services
from apps.accounts.email_addresses import canonical
from apps.accounts.models import User
from apps.accounts.roles import Scope
from apps.core import clock
from apps.core.commands import telling
from apps.core.errors import NotThere
from apps.counters import selectors


class Command(BaseCommand):
    help = "Make an API token and print its secret, which is shown this once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("account", type=int, help="the account's number")
        parser.add_argument("email", help="the maker: the token never does more than they may")
        parser.add_argument("name", help="what the token is for")
        parser.add_argument("--scope", choices=Scope.values, default=Scope.READ)
        parser.add_argument(
            "--counter", type=int, help="number of the one counter that an ingest token may send to"
        )
        parser.add_argument("--days", type=int, help="end the token after so many days (default: never)")

    @telling
    def handle(self, **options: Any) -> None:
        account_id, number = options["account"], options["counter"]
        user = User.objects.filter(email=canonical(options["email"])).first()
        if not user:
            raise NotThere(
                f"There is no user {options['email']}; whoever is invited is one from acceptance on."
            )
        if number is not None:
            selectors.counter(account_id=account_id, number=number)
        token, secret = services.make_token(
            account_id=account_id,
            user_id=user.pk,
            name=options["name"],
            scope=options["scope"],
            counter_number=number,
            expiry=clock.now() + timedelta(days=options["days"]) if options["days"] is not None else None,
        )
        self.stdout.write(f"Token {token.token_key}, scope {token.scope}; its secret is shown only now:")
        self.stdout.write(secret)
