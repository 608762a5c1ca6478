"""In which account somebody works in the workspace now: any member may, in any of their accounts."""

from django.http import HttpRequest

from apps.accounts import selectors
from apps.accounts.models import Account, User
from apps.accounts.roles import May
from apps.accounts.selectors import CHOSEN, Context
from apps.core.errors import NotThere

OFFERED = 20


def look(request: HttpRequest) -> Context | None:
    """Who asks in which account. Reads the session only: the first account is a default, not a choice."""
    user = request.user
    if not isinstance(user, User) or not user.is_active:
        return None
    return entered(user, request.session.get(CHOSEN))


def entered(user: User, chosen: object) -> Context | None:
    """The user in the chosen account, or else in their first."""
    return (isinstance(chosen, int) and enter(user, chosen)) or _first(user)


def enter(user: User, account_id: int) -> Context | None:
    """The user at work in this account, if they may see conversations in it."""
    try:
        here = selectors.context(user=user, account_id=account_id)
    except NotThere:
        return None
    return here if here.may(May.SEE_CONVERSATIONS) else None


def _first(user: User) -> Context | None:
    account = selectors.accounts_of(user=user).first()
    return enter(user, account.pk) if account else None


def offered(user: User) -> list[Account]:
    """The accounts in the chooser."""
    return list(selectors.accounts_of(user=user)[:OFFERED])
