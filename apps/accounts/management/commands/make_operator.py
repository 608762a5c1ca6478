"""manage.py make_operator: somebody who may enter every account, without the browser."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from apps.accounts import services
from apps.core.commands import telling


class Command(BaseCommand):
    help = (
        "Make an operator, who may enter every account, and print a link that signs them in once, "
        "within 15 minutes."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="")

    @telling
    def handle(self, **options: Any) -> None:
        operator = services.make_operator(email=options["email"], name=options["name"])
        link = services.make_login_link(base_url=settings.BASE_URL, user_id=operator.pk)
        self.stdout.write(f"Operator: {operator.email}")
        self.stdout.write(f"Sign in once, within 15 minutes: {link}")
