"""In which account a page of the admin works: the one that its address names, if this user may enter it."""

from django.db.models import QuerySet
from django.http import HttpRequest

from apps.accounts import selectors
from apps.accounts.addresses import account_number, portal_url
from apps.accounts.models import Account, User
from apps.accounts.roles import May, Role, allowed
from apps.accounts.selectors import Context
from apps.core.errors import NotThere

OFFERED = 20

ENTERING = [role for role in Role.values if allowed(role, May.SEE_RESULTS)]
"""Agents have no admin: nothing in it is theirs to see."""


def look(request: HttpRequest) -> Context | None:
    """Who asks in the account of the address; none if it names none or they may not enter. Asked once a request."""
    if not hasattr(request, "_here"):
        request._here = _look(request)  # type: ignore[attr-defined]
    here: Context | None = request._here  # type: ignore[attr-defined]
    return here


def _look(request: HttpRequest) -> Context | None:
    user, number = request.user, account_number(request)
    if not isinstance(user, User) or not user.is_active or number is None:
        return None
    return enter(user, number)


def default_account(user: User, last: int) -> int | None:
    """Where an address without an account leads: to the one opened last, or to the first that may be entered."""
    accounts = enterable(user)
    account = accounts.filter(pk=last).first() or accounts.first()
    return account.pk if account else None


def enter(user: User, account_id: int) -> Context | None:
    """The user at work in this account, if its admin is theirs to enter."""
    try:
        here = selectors.context(user=user, account_id=account_id)
    except NotThere:
        return None
    return here if here.role in ENTERING else None


def enterable(user: User) -> QuerySet[Account]:
    """The accounts whose admin this user may enter, by name."""
    accounts = selectors.accounts_of(user=user)
    entering = user.memberships.filter(role__in=ENTERING)
    return accounts if user.is_superuser else accounts.filter(pk__in=entering.values("account"))


def offered(user: User) -> list[Account]:
    """The first of them, for the chooser; operators find the others on the page of accounts."""
    return list(enterable(user)[:OFFERED])


def start_page(user: User) -> str | None:
    """Where this user begins: the admin, or the workspace for agents; none for whoever belongs to no account."""
    if user.is_superuser or enterable(user).exists():
        return portal_url("admin:index")
    return portal_url("workspace:conversations") if user.memberships.exists() else None
