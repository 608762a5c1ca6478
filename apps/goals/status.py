"""The word that the goals page shows for a goal. Pure."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

LAST_DAYS = 5


@dataclass(frozen=True, slots=True)
class Status:
    """`code` is inactive, ended, remaining or active; `days` only with remaining."""

    code: str
    days: int = 0
    starts: date | None = None  # active, and not tracked before this day

    def __str__(self) -> str:
        if self.code == "remaining":
            return ngettext("%(days)d day remaining", "%(days)d days remaining", self.days) % {
                "days": self.days
            }
        return {"inactive": _("Inactive"), "ended": _("Ended"), "active": _("Active")}[self.code]


def status(*, active: bool, start_date: date | None, end_date: date | None, today: date) -> Status:
    """The status on `today`, a date of the account's time zone. The last day shows 1 day remaining."""
    if not active:
        return Status("inactive")
    starts = start_date if start_date and start_date > today else None
    if end_date is None:
        return Status("active", starts=starts)
    if end_date < today:
        return Status("ended")
    days = (end_date - today).days + 1
    if days <= LAST_DAYS:
        return Status("remaining", days, starts)
    return Status("active", starts=starts)
