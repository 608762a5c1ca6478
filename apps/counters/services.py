"""Making and changing counters; every change is in the audit log."""

from typing import Any

from django.db import transaction

from apps.accounts import checks
from apps.accounts.models import Account
from apps.accounts.services import audit
from apps.core import clock
from apps.core.errors import NotThere, Problem, Refused
from apps.counters import origins
from apps.counters.models import Counter

__all__ = ["archive_counter", "make_counter", "save_counter"]

FIELDS = ("name", "site", "allowed_origins", "user_ids")


@transaction.atomic
def make_counter(
    *,
    account_id: int,
    user_id: int | None,
    name: str,
    site: str,
    allowed_origins: list[str] | None = None,
    user_ids: bool = True,
) -> Counter:
    """A new counter; the database gives it its public number."""
    if not Account.objects.filter(pk=account_id).exists():
        raise NotThere
    counter = Counter(
        account_id=account_id,
        name=name.strip(),
        site=site,
        allowed_origins=allowed_origins or [],
        user_ids=user_ids,
        created_at=clock.now(),
    )
    _check(counter)
    counter.save(force_insert=True)
    _note(counter, user_id, "counter.made", {}, _values(counter))
    return counter


@transaction.atomic
def save_counter(
    *,
    account_id: int,
    user_id: int | None,
    number: int,
    name: str | None = None,
    site: str | None = None,
    allowed_origins: list[str] | None = None,
    user_ids: bool | None = None,
) -> Counter:
    """Change a counter; None leaves a value as it is."""
    counter = _held(account_id, number)
    before = _values(counter)
    given = {"name": name, "site": site, "allowed_origins": allowed_origins, "user_ids": user_ids}
    for field, value in given.items():
        if value is not None:
            setattr(counter, field, value)
    _check(counter)
    changed = [field for field, value in _values(counter).items() if value != before[field]]
    if changed:
        counter.save(update_fields=changed)
        after = {field: getattr(counter, field) for field in changed}
        _note(counter, user_id, "counter.changed", {field: before[field] for field in changed}, after)
    return counter


@transaction.atomic
def archive_counter(*, account_id: int, user_id: int | None, number: int) -> Counter:
    """Take a counter out of use: its hits stay, new ones are refused."""
    counter = _held(account_id, number)
    counter.archived_at = clock.now()
    counter.save(update_fields=["archived_at"])
    _note(counter, user_id, "counter.archived", _values(counter), {})
    return counter


def _held(account_id: int, number: int) -> Counter:
    rows = Counter.objects.select_for_update(of=("self",))
    found = rows.filter(account_id=account_id, pk=number, archived_at=None).first()
    if not found:
        raise NotThere
    return found


def _check(counter: Counter) -> None:
    checks.clean(counter, ["name", "user_ids"])
    candidates = [origins.check("site", counter.site)]
    candidates += [
        origins.check(f"allowed_origins.{n}", one) for n, one in enumerate(counter.allowed_origins)
    ]
    if len(counter.allowed_origins) > 100:
        candidates.append(Problem("allowed_origins", "too_many", "At most 100 origins are taken."))
    if problems := [problem for problem in candidates if problem]:
        raise Refused(*problems)


def _values(counter: Counter) -> dict[str, Any]:
    return {field: getattr(counter, field) for field in FIELDS}


def _note(
    counter: Counter, user_id: int | None, action: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    audit(
        account_id=counter.account_id,
        user=user_id,
        action=action,
        target=str(counter),
        before=before,
        after=after,
    )
