"""In which account the admin works now, and who may work in the admin at all."""

from django.db.models import QuerySet
from django.http import HttpRequest

from apps.accounts import selectors
from apps.accounts.models import Account, User
from apps.accounts.roles import May, Role, allowed
from apps.accounts.selectors import Context
from apps.core.errors import NotThere

OFFERED = 20

ENTERING = [role for role in Role.values if allowed(role, May.SEE_RESULTS)]
"""Agents have no admin: nothing in it is theirs to see."""


def look(request: HttpRequest) -> Context | None:
    """Who asks in which account; none if no account's admin is theirs to enter. Asked once a request.

    Reads the session only: the first account is a default, not a choice.
    """
    if not hasattr(request, "_here"):
        request._here = _look(request)  # type: ignore[attr-defined]
    here: Context | None = request._here  # type: ignore[attr-defined]
    return here


def _look(request: HttpRequest) -> Context | None:
    user = request.user
    if not isinstance(user, User) or not user.is_active:
        return None
    return entered(user, request.session.get(selectors.CHOSEN))


def entered(user: User, chosen: object) -> Context | None:
    """The user in the chosen account, or else in the first whose admin they may enter."""
    return (isinstance(chosen, int) and _context(user, chosen)) or _first(user)


def _context(user: User, account_id: int) -> Context | None:
    try:
        here = selectors.context(user=user, account_id=account_id)
    except NotThere:
        return None
    return here if here.role in ENTERING else None


def _first(user: User) -> Context | None:
    account = enterable(user).first()
    return _context(user, account.pk) if account else None


def enterable(user: User) -> QuerySet[Account]:
    """The accounts whose admin this user may enter, by name."""
    accounts = selectors.accounts_of(user=user)
    entering = user.memberships.filter(role__in=ENTERING)
    return accounts if user.is_superuser else accounts.filter(pk__in=entering.values("account"))


def offered(user: User) -> list[Account]:
    """The first of them, for the chooser; operators find the others on the page of accounts."""
    return list(enterable(user)[:OFFERED])
