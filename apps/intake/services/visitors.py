"""Names for visitors who have not agreed to be known again: the same for a day, and never to be traced back.

A name is a hash of counter, address and user agent under a salt that is drawn each day (UTC) and deleted when the
day is over. Without the salt nobody can tell, not even by trying all addresses, whose name it was; and the same
browser has another name tomorrow and at another counter. It is no identity: nothing is linked to it.
"""

import secrets
from datetime import UTC, date
from hashlib import blake2b

from apps.core import clock, periods
from apps.intake.models import Salt

_today: tuple[date, bytes] | None = None


def visitor(counter: int, address: str, agent: str) -> str:
    """Today's name of whoever has this address and user agent."""
    told = f"{counter}\n{address}\n{agent}".encode(errors="replace")
    return blake2b(told, key=_salt(), digest_size=12).hexdigest()


def _salt() -> bytes:
    global _today  # noqa: PLW0603 (asked for with each hit)
    day = periods.date_of(clock.now(), UTC)
    if _today is None or _today[0] != day:
        _today = day, _drawn(day)
    return _today[1]


def _drawn(day: date) -> bytes:
    forget_salts()
    Salt.objects.bulk_create([Salt(day=day, salt=secrets.token_bytes(32))], ignore_conflicts=True)
    return bytes(Salt.objects.values_list("salt", flat=True).get(day=day))


def forget_salts() -> None:
    """Delete the salts of days that are over."""
    Salt.objects.filter(day__lt=periods.date_of(clock.now(), UTC)).delete()


def forget() -> None:
    """Ask the database again; for tests, which undo what was drawn."""
    global _today  # noqa: PLW0603 (as above)
    _today = None
