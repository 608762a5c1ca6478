"""The counters of an account."""

from django.db.models import QuerySet

from apps.core.errors import NotThere
from apps.counters.models import Counter

__all__ = ["counter", "counters"]


def counters(*, account_id: int, archived: bool = False) -> QuerySet[Counter]:
    """Those in use, with the archived ones if asked for."""
    every = Counter.objects.filter(account_id=account_id)
    return every if archived else every.filter(archived_at=None)


def counter(*, account_id: int, number: int, archived: bool = False) -> Counter:
    """The counter of this number, if it is the account's."""
    found = counters(account_id=account_id, archived=archived).filter(pk=number).first()
    if not found:
        raise NotThere
    return found
