"""In which account a page of the workspace works: the one that its address names, if this user is a member of it."""

from django.http import HttpRequest

from apps.accounts import selectors
from apps.accounts.addresses import account_number
from apps.accounts.models import Account, User
from apps.accounts.roles import May
from apps.accounts.selectors import Context
from apps.core.errors import NotThere

OFFERED = 20


def look(request: HttpRequest) -> Context | None:
    """Who asks in the account of the address; none if it names none, or if it is not theirs to enter."""
    user, number = request.user, account_number(request)
    if not isinstance(user, User) or not user.is_active or number is None:
        return None
    return enter(user, number)


def enter(user: User, account_id: int) -> Context | None:
    """The user at work in this account, if they may see conversations in it."""
    try:
        here = selectors.context(user=user, account_id=account_id)
    except NotThere:
        return None
    return here if here.may(May.SEE_CONVERSATIONS) else None


def default_account(user: User, last: int) -> int | None:
    """Where an address without an account leads: to the one opened last, or to the first of theirs."""
    accounts = selectors.accounts_of(user=user)
    account = accounts.filter(pk=last).first() or accounts.first()
    return account.pk if account else None


def offered(user: User) -> list[Account]:
    """The accounts in the chooser."""
    return list(selectors.accounts_of(user=user)[:OFFERED])
