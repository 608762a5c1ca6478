"""Accounts and their settings."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from apps.accounts import checks
from apps.accounts.models import Account, AccountSettings
from apps.accounts.services.audit import audit
from apps.core import clock
from apps.core.errors import NotThere, Problem, Refused
from apps.core.retry import transactional

SETTINGS = (
    "name",
    "timezone",
    "currency",
    "inactivity_s",
    "closing_days",
    "message_text",
    "hits_days",
    "texts_days",
    "chat_goals_tracked",
    "link_contacts",
    "phone_country",
)
JUDGED_BY = ("timezone", "inactivity_s", "chat_goals_tracked", "link_contacts")
"""The settings that judging reads; each change of them has a history row."""
SPARE_DAYS = 7
"""So much longer than results are open their hits are kept: a visit may have begun before the closing line."""

_CHECKS: dict[str, Callable[[str], Problem | None]] = {
    "timezone": checks.timezone,
    "currency": checks.currency,
    "phone_country": checks.phone_country,
}


@transactional
def make_account(*, name: str, timezone: str = "UTC", currency: str = "EUR") -> Account:
    """A new account, its settings in force from now on."""
    account = Account(name=name.strip(), timezone=timezone, currency=currency, created_at=clock.now())
    _check(account, SETTINGS)
    account.save(force_insert=True)
    _remember(account, account.created_at)
    return account


@transactional
def record_settings(*, account_id: int, at: datetime, user_id: int | None = None, **values: Any) -> Account:
    """Change some of `SETTINGS` as `user_id`; what judging reads holds from `at` on."""
    account = lock_account(account_id=account_id)
    if unknown := sorted(set(values) - set(SETTINGS)):
        raise Refused(*(Problem(name, "unknown", _("There is no such setting.")) for name in unknown))
    changed = [name for name, value in values.items() if getattr(account, name) != value]
    before = {name: getattr(account, name) for name in changed}
    for name in changed:
        setattr(account, name, values[name])
    _check(account, changed)
    if changed:
        account.save(update_fields=changed)
        audit(
            account_id=account_id,
            user=user_id,
            action="account.changed",
            target=account.name,
            before=before,
            after={name: values[name] for name in changed},
        )
    if set(changed) & set(JUDGED_BY):
        _remember(account, at)
    return account


def lock_account(*, account_id: int) -> Account:
    """The account, whose settings nobody else changes until the transaction's end."""
    account = Account.objects.select_for_update(no_key=True).filter(pk=account_id).first()
    if account is None:
        raise NotThere
    return account


def _check(account: Account, fields: tuple[str, ...] | list[str]) -> None:
    checks.clean(account, fields)
    problems = [
        problem for name in fields if name in _CHECKS and (problem := _CHECKS[name](getattr(account, name)))
    ]
    if {"hits_days", "closing_days"} & set(fields):
        problems += _too_short(account, "hits_days" if "hits_days" in fields else "closing_days")
    if problems:
        raise Refused(*problems)


def _too_short(account: Account, field: str) -> list[Problem]:
    """Hits must be there as long as results may be judged again."""
    least = account.closing_days + SPARE_DAYS
    if account.hits_days is None or account.hits_days >= least:
        return []
    said = _(
        "Hits are kept for %(days)d days: with a closing period of %(closing)d days it must be at least %(least)d."
    )
    values = {"days": account.hits_days, "closing": account.closing_days, "least": least}
    return [Problem(field, "too_short", said % values)]


def _remember(account: Account, at: datetime) -> None:
    AccountSettings.objects.update_or_create(
        account=account, at=at, defaults={name: getattr(account, name) for name in JUDGED_BY}
    )
