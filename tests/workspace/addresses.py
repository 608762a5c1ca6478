"""Every address of the workspace: who may see it, by the table of `accounts.md`."""

from dataclasses import dataclass

from django.urls import URLPattern, reverse

from apps.accounts.addresses import account_url
from apps.accounts.models import Account
from apps.conversations.models import Conversation
from apps.workspace.urls import urlpatterns

EVERYBODY = frozenset({"owner", "admin", "analyst", "agent", "operator"})


@dataclass(frozen=True)
class Row:
    """`of_one`: it names a conversation, which is there for whoever may see that one."""

    of_one: bool = False
    post_only: bool = False
    open: bool = False


PAGES = {
    "conversations": Row(),
    "conversation": Row(of_one=True),
    "news": Row(of_one=True),
    "sign_in": Row(open=True),
    "sign_out": Row(post_only=True, open=True),
}


def named() -> dict[str, URLPattern]:
    return {str(pattern.name): pattern for pattern in urlpatterns}


def address(name: str, one: Conversation, account: Account | None = None) -> str:
    """The address below the number of the conversation's account, or of another."""
    number = account.pk if account else one.account_id
    return account_url("workspace", number, name, *([one.pk] if PAGES[name].of_one else []))


def bare_address(name: str, one: Conversation) -> str:
    """The same without an account, as bookmarks were once."""
    return reverse(f"workspace:{name}", kwargs={"number": one.pk} if PAGES[name].of_one else {})
