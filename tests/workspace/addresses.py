"""Every address of the workspace: who may see it, by the table of `accounts.md`."""

from dataclasses import dataclass

from django.urls import URLPattern, reverse

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
    "account": Row(post_only=True),
    "sign_in": Row(open=True),
    "sign_out": Row(post_only=True, open=True),
}


def named() -> dict[str, URLPattern]:
    return {str(pattern.name): pattern for pattern in urlpatterns}


def address(name: str, one: Conversation) -> str:
    return reverse(f"workspace:{name}", kwargs={"number": one.pk} if PAGES[name].of_one else {})
