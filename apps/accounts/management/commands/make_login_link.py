"""manage.py make_login_link: a new link for somebody who cannot sign in."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from apps.accounts import services
from apps.accounts.email_addresses import canonical
from apps.accounts.models import User
from apps.core.commands import telling
from apps.core.errors import NotThere


class Command(BaseCommand):
    help = "Print a link that signs this user in once, within 15 minutes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    @telling
    def handle(self, **options: Any) -> None:
        email = options["email"].strip()
        user = User.objects.filter(email=canonical(email)).first()
        if not user:
            raise NotThere(f"There is no user {email}.")
        if not user.is_active:
            raise NotThere(f"{user.email} is not active, and cannot sign in.")
        link = services.make_login_link(base_url=settings.BASE_URL, user_id=user.pk)
        self.stdout.write(f"Sign in once, within 15 minutes: {link}")
