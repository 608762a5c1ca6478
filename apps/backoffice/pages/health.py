"""Whether facts come in, get judged and go out; and a test mail with the server's answer."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.accounts.roles import May
from apps.backoffice.pages.base import AskPage, Page, Paths
from apps.core.rates import percent
from apps.exports import selectors as exports
from apps.hourly import selectors
from apps.mail import selectors as mails
from apps.mail import services as mail

SHOWN = 10
FEW = 0.5
"""Of the conversations are of a person with hits: fewer say that tag and chat do not name people alike."""


class HealthPage(Page):
    title = gettext_lazy("Health")
    template_name = "backoffice/health.html"
    sees = May.SEE_HEALTH

    def get(self, request: HttpRequest) -> HttpResponseBase:
        health = selectors.health(account_id=self.account_id)
        share = health.share_with_hits
        return self.show(
            health=health,
            hour_ends=_end(health.last_complete_hour),
            percent=percent(health.conversations_with_hits, health.conversations),
            few=share is not None and share < FEW,
            lag=words_for(health.lag_s),
            mended=[(detail_name(name), hits) for name, hits in health.mended.items()],
            parts=[
                {"name": part_name(part.name), "part": part, "age": _age(part.age_s)} for part in health.parts
            ],
            failing_mails=list(mails.failing(account_id=self.account_id)[:SHOWN]),
            failing_exports=list(
                exports.failing(account_id=self.account_id).select_related("goal__current")[:SHOWN]
            ),
            may_run=self.here.may(May.MANAGE_PEOPLE),
        )


def _end(hour: datetime | None) -> datetime | None:
    return hour + timedelta(hours=1) if hour else None


def _age(seconds: float | None) -> str:
    return _("never") if seconds is None else _("%s ago") % words_for(seconds)


def words_for(seconds: float) -> str:
    """A duration, in its two largest units at most."""
    whole = int(seconds)
    if whole < 120:
        return ngettext("%d second", "%d seconds", whole) % whole
    if whole < 7200:
        return ngettext("%d minute", "%d minutes", whole // 60) % (whole // 60)
    if whole < 2 * 86400:
        return _("%(hours)d h %(minutes)d min") % {"hours": whole // 3600, "minutes": whole % 3600 // 60}
    return ngettext("%d day", "%d days", whole // 86400) % (whole // 86400)


def part_name(part: str) -> str:
    """What a process is called."""
    names = {"beat": _("Clock"), "worker": _("Workers"), "drain": _("Drain of the spool")}
    return names.get(part, part)


def detail_name(detail: str) -> str:
    """What an optional detail of a hit is called."""
    names = {
        "value": _("Value that is no number"),
        "currency": _("Currency that is no code of three letters"),
        "referrer": _("Referrer too long"),
        "title": _("Title too long"),
        "url": _("Address too long"),
        "name": _("Name of a page view"),
        "client_id": _("Client ID that names nobody"),
        "user_id": _("User ID that names nobody"),
        "purchase_id": _("Purchase ID that names no purchase"),
        "click_ids": _("Click IDs too long"),
        "params": _("Parameters that cannot be read"),
        "user_agent": _("User agent too long"),
        "consent": _("Consent in words that are not known"),
        "time": _("Time that cannot be"),
    }
    return names.get(detail, detail)


class TestMailPage(AskPage):
    """To oneself only: nobody else's mailbox is written to by a button."""

    title = gettext_lazy("Send a test mail")
    sees = May.SEE_HEALTH
    button = gettext_lazy("Send")
    back = "health"

    def question(self) -> str:
        return _("A mail goes to %s at once; the server's answer shows here.") % self.here.user.email

    def act(self, form: Any) -> HttpResponse:
        answer = mail.send_test_mail(to=self.here.user.email)
        return self.go("health", say=_("The mail server's answer: %s") % answer, level=messages.INFO)


paths: Paths = [
    ("health/", HealthPage, "health"),
    ("health/test-mail/", TestMailPage, "test_mail"),
]
