"""The account in an address: pages of the admin are below `/admin/a/<number>/`, the workspace's below
`/workspace/a/<number>/`, so that a tab, a bookmark and a form name the account they belong to.

Within such a request `reverse()` and `{% url %}` keep the account by themselves: the script prefix is the mount's
address, and the request's URLconf has the mount's pages at its root. Links out of the mount are made here.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, ResolverMatch, get_script_prefix, resolve, reverse, set_script_prefix

Mount = Literal["admin", "workspace"]
URLCONFS: dict[str, str] = {"admin": "config.urls_admin", "workspace": "config.urls_workspace"}
"""By mount: the URLconf that has its pages at the root. Two are cached by Django, however many accounts there are."""

_ACCOUNT = re.compile(r"/(admin|workspace)/a/([1-9][0-9]{0,17})(?=/|\Z)")
_portal_prefix: ContextVar[str | None] = ContextVar("portal_prefix", default=None)


class AccountAddressMiddleware:
    """Takes `a/<number>/` out of the path that is resolved; `request.path` stays what the browser shows.

    Stands before every middleware that resolves addresses (CommonMiddleware, LocaleMiddleware).
    """

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        match = _ACCOUNT.match(request.path_info)
        if match is None:
            return self.get_response(request)
        mount, number = match[1], int(match[2])
        request.account_number = number  # type: ignore[attr-defined]
        request.path_info = request.path_info[match.end() :]
        request.urlconf = URLCONFS[mount]
        token = _portal_prefix.set(get_script_prefix())
        try:
            with _script_prefix(_mount_prefix(mount, number)):
                return self.get_response(request)
        finally:
            _portal_prefix.reset(token)


def account_number(request: HttpRequest) -> int | None:
    """The account that the request's address names, whoever asks."""
    number: int | None = getattr(request, "account_number", None)
    return number


def portal_url(name: str, *args: Any) -> str:
    """The address of a page that is in no account: a sign-in page, the page about cookies, the API."""
    with _script_prefix(_portal()):
        return reverse(name, urlconf=settings.ROOT_URLCONF, args=args)


def account_url(mount: Mount, number: int, name: str, *args: Any) -> str:
    """The address of an account's page, asked for from anywhere."""
    with _script_prefix(_mount_prefix(mount, number)):
        return reverse(f"{mount}:{name}", urlconf=URLCONFS[mount], args=args)


def public_url(name: str, *args: Any) -> str:
    """The whole address of a page that is in no account. BASE_URL has the deployment's own prefix already."""
    with _script_prefix("/"):
        return settings.BASE_URL.rstrip("/") + reverse(name, urlconf=settings.ROOT_URLCONF, args=args)


def public_account_url(mount: Mount, number: int, name: str, *args: Any) -> str:
    """The whole address of an account's page, for a mail."""
    with _script_prefix(f"/{mount}/a/{number}/"):
        return settings.BASE_URL.rstrip("/") + reverse(f"{mount}:{name}", urlconf=URLCONFS[mount], args=args)


def moved_into(request: HttpRequest, mount: Mount, number: int) -> str:
    """The address of the requested page, which named no account, in this account; with its query."""
    rest = request.get_full_path_info()[len(f"/{mount}/") :]
    return f"{_mount_prefix(mount, number)}{rest}"


def page_at(path: str) -> tuple[ResolverMatch, int | None]:
    """What answers at this path of the portal, and the account that it names; raises Resolver404."""
    prefix = _portal()
    if not path.startswith(prefix):
        raise Resolver404
    path = path[len(prefix) - 1 :]
    match = _ACCOUNT.match(path)
    if match is None:
        return resolve(path, settings.ROOT_URLCONF), None
    return resolve(path[match.end() :], URLCONFS[match[1]]), int(match[2])


def overview_url(request: HttpRequest | None) -> str:
    """Where an error page leads: to the overview of its own account, if somebody has entered it."""
    here = getattr(request, "entered_account", None)
    return portal_url("admin:index") if here is None else account_url("admin", here, "index")


def _portal() -> str:
    return _portal_prefix.get() or get_script_prefix()


def _mount_prefix(mount: str, number: int) -> str:
    return f"{_portal()}{mount}/a/{number}/"


@contextmanager
def _script_prefix(prefix: str) -> Iterator[None]:
    before = get_script_prefix()
    set_script_prefix(prefix)
    try:
        yield
    finally:
        set_script_prefix(before)
