"""Where `next` leads: only to a page of this portal that is there for whoever goes on.

A page can be a goal if its view class has `opens_for(user, number, last)`: `user` is None for nobody signed in, `number`
is the account that the address names, or None, and `last` the one that the session has opened last. Whatever else `next`
holds (another host, a view's name, a file, a page of another role) counts as if it were not there.
"""

from typing import Any
from urllib.parse import unquote, urlsplit

from django.http import HttpRequest
from django.urls import Resolver404
from django.utils.http import url_has_allowed_host_and_scheme

from apps.accounts.addresses import page_at
from apps.accounts.entering import last_entered
from apps.accounts.models import User

FIELD = "next"
LONGEST = 2000


def next_page(request: HttpRequest, user: User | None = None) -> str | None:
    """The address that the request's `next` names, if this user (the request's, by default) may go there by GET."""
    asked = request.POST.get(FIELD) or request.GET.get(FIELD) or ""
    if user is None and isinstance(request.user, User) and request.user.is_active:
        user = request.user
    return asked if _is_path(asked) and _opens(asked, user, last_entered(request)) else None


def _is_path(text: str) -> bool:
    """A path of this host, as browsers read it: they take a backslash for a slash and skip control characters."""
    plain = text.isascii() and text.isprintable() and "\\" not in text and " " not in text
    local = text.startswith("/") and not text.startswith("//") and len(text) <= LONGEST
    return plain and local and url_has_allowed_host_and_scheme(text, allowed_hosts=None)


def _opens(address: str, user: User | None, last: int) -> bool:
    try:
        match, number = page_at(unquote(urlsplit(address).path, errors="strict"))
    except (Resolver404, ValueError):
        return False
    view: Any = getattr(match.func, "view_class", None)
    readable = hasattr(view, "get") and "get" in view.http_method_names
    return readable and hasattr(view, "opens_for") and bool(view.opens_for(user, number, last))
