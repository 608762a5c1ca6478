"""A browser at work in one account of the admin or the workspace."""

import re
from typing import Any

from django.test import Client

from apps.accounts.models import Account

_WITHOUT = re.compile(
    r"/(?:admin|workspace)/(?!a/\d|login/|logout/|password/|accounts/|outbox/|sign-in/|sign-out/)"
)


class PortalClient(Client):
    """Asks for `/admin/goals/` at the address that the account's page really has: `/admin/a/<number>/goals/`.

    With `bare=True` it asks for the address as it stands.
    """

    def __init__(self, account: Account, **options: Any) -> None:
        super().__init__(**options)
        self.account = account

    def at(self, path: str) -> str:
        """The account's address of a page; addresses that name their account, or need none, stay as they are."""
        found = _WITHOUT.match(path)
        return f"{found[0]}a/{self.account.pk}/{path[found.end() :]}" if found else path

    def generic(self, method: str, path: Any, *args: Any, bare: bool = False, **options: Any) -> Any:
        return super().generic(method, path if bare else self.at(str(path)), *args, **options)
