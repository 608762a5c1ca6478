"""Entering an account: the session remembers the last one, and what operators enter is noted in its audit log."""

from django.http import HttpRequest

from apps.accounts.selectors import Context
from apps.accounts.services import audit

LAST = "account_id"
"""Where a session keeps the account opened last. It only decides where an address without an account leads."""
NOTED = "accounts_entered"
"""Where an operator's session keeps the accounts that it entered today."""


def entered(request: HttpRequest, here: Context, *, polled: bool = False) -> None:
    """A page of the account is asked for by somebody who may enter it. `polled`: by a script of an open page."""
    request.entered_account = here.account.pk  # type: ignore[attr-defined]
    if here.user.is_superuser:
        _note(request, here)
    if not polled and _navigates(request) and request.session.get(LAST) != here.account.pk:
        request.session[LAST] = here.account.pk


def last_entered(request: HttpRequest) -> int:
    """The number of the account opened last in this session, or 0; whether it may still be entered is not known."""
    number = request.session.get(LAST)
    return number if isinstance(number, int) else 0


def _navigates(request: HttpRequest) -> bool:
    """Whether a person goes to a page: not a form, a dialog, or a script's question in another open tab."""
    mode = request.headers.get("Sec-Fetch-Mode", "navigate")
    return request.method == "GET" and mode == "navigate" and "X-Dialog" not in request.headers


def _note(request: HttpRequest, here: Context) -> None:
    """Once a day, session and account, however many pages are opened and in however many tabs."""
    number, today = str(here.account.pk), here.today.isoformat()
    noted = request.session.get(NOTED) or {}
    if noted.get(number) == today:
        return
    request.session[NOTED] = {**{key: day for key, day in noted.items() if day == today}, number: today}
    audit(account_id=here.account.pk, user=here.user, action="account.entered", target=here.account.name)
