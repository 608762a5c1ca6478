"""The words of the two mails."""

from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _

from apps.accounts.addresses import public_account_url
from apps.exports.models import Export
from apps.mail.services import SECRET


class Text(NamedTuple):
    subject: str
    body: str


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def ready(export: Export, goal: str, timezone: str) -> Text:
    """The mail with the link; the token takes `SECRET`'s place when it is sent."""
    assert export.expires_at
    goal = _one_line(goal)
    if export.complete_until:
        until = _("The data is complete until %(until)s.") % {"until": _instant(export.complete_until)}
    else:
        until = _("No hourly run has ended yet, so conversions may be missing.")
    body = _(
        "The CSV that you asked for is ready: %(rows)s conversions of the goal “%(goal)s” "
        "from %(first)s to %(last)s (%(timezone)s).\n"
        "Account: %(account)s\n\n"
        "%(link)s\n\n"
        "%(until)s\n"
        "The link works for you alone, after signing in, until %(expires)s.\n"
    ) % {
        "account": _one_line(export.account.name),
        "rows": export.total,
        "goal": goal,
        "first": export.first_day,
        "last": export.last_day,
        "timezone": timezone,
        "link": f"{settings.BASE_URL}/exports/{SECRET}/",
        "until": until,
        "expires": _instant(export.expires_at),
    }
    return Text(_subject(_("CSV of “%(goal)s”, %(first)s to %(last)s"), export, goal), body)


def failed(export: Export, goal: str) -> Text:
    """The one mail about an export that came to nothing."""
    goal = _one_line(goal)
    body = _(
        "The CSV of the goal “%(goal)s” from %(first)s to %(last)s could not be made.\n"
        "Account: %(account)s\n\n"
        "%(error)s\n\n"
        "You can ask for it again on the page of messaging goals:\n%(goals)s\n"
    ) % {
        "account": _one_line(export.account.name),
        "goal": goal,
        "first": export.first_day,
        "last": export.last_day,
        "error": export.error,
        "goals": public_account_url("admin", export.account_id, "goals"),
    }
    return Text(_subject(_("No CSV of “%(goal)s”, %(first)s to %(last)s"), export, goal), body)


def _subject(pattern: str, export: Export, goal: str) -> str:
    short = goal if len(goal) <= 150 else f"{goal[:149]}…"
    return pattern % {"goal": short, "first": export.first_day, "last": export.last_day}
