"""Chat analytics: how often chat goals are achieved, by member, date or channel; the inquiries behind each number."""

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import Agent
from apps.backoffice.forms import DateInput, Form, OwnedChoice, choices_of
from apps.backoffice.pages.base import Page, Paths
from apps.backoffice.paging import Order, address, paged
from apps.conversations.models import Channel, Conversation
from apps.conversions.models import ChatStates, Inquiry
from apps.core import clock, csvsafe
from apps.core.errors import Refused
from apps.goals.models import ChatGoalVersion
from apps.reports import chats as reports
from apps.reports.chats import ChatCounts, ChatRates

LATEST = Order("-ended_at", ("ended_at", "conversation_id", "number"), descending=True, nulls=False)
BY = (
    ("member", gettext_lazy("Member")),
    ("date", gettext_lazy("Date")),
    ("channel", gettext_lazy("Channel")),
)
OUTCOMES = (
    ("", gettext_lazy("Any")),
    ("achieved", gettext_lazy("Achieved")),
    ("missed", gettext_lazy("Missed goal")),
    ("pending", gettext_lazy("Pending")),
    ("unanswered", gettext_lazy("Unanswered")),
)
PARTS = ("achieved", "missed", "pending", "unanswered")
BADGES = {ChatStates.ACHIEVED: "good", ChatStates.MISSED: "bad", ChatStates.IN_PROCESS: "warn"}
NOBODY = "0"


class PeriodForm(Form):
    """Which inquiries: when they ended, where, answered by whom."""

    first_day = forms.DateField(label=gettext_lazy("From"), required=False, widget=DateInput())
    last_day = forms.DateField(label=gettext_lazy("To"), required=False, widget=DateInput())
    channel = OwnedChoice(label=gettext_lazy("Channel"), required=False)
    member = OwnedChoice(label=gettext_lazy("Member"), required=False)

    def prepare(self) -> None:
        assert self.here
        account_id = self.here.account.pk
        any_one = gettext_lazy("Any")
        channels = Channel.objects.filter(account_id=account_id).order_by("name", "external_id")
        self.fields["channel"].choices = choices_of(channels, any_one)  # type: ignore[attr-defined]
        agents = Agent.objects.filter(account_id=account_id).order_by("name", "external_id")
        members = [*choices_of(agents, any_one), (NOBODY, gettext_lazy("nobody"))]
        self.fields["member"].choices = members  # type: ignore[attr-defined]

    def wanted(self) -> dict[str, Any]:
        """The arguments of the reports; the last 30 days where none are named."""
        assert self.here
        self.is_valid()
        said = self.cleaned_data
        first, last = reports.shown_days(account_id=self.here.account.pk, last_day=said.get("last_day"))
        found: dict[str, Any] = {"first_day": said.get("first_day") or first, "last_day": last}
        if said.get("channel"):
            found["channel_id"] = int(said["channel"])
        if said.get("member"):
            found["agent_id"] = int(said["member"])
        return found


class RatesForm(PeriodForm):
    by = forms.ChoiceField(label=gettext_lazy("By"), choices=BY, required=False)
    field_order = ("by", "first_day", "last_day", "channel", "member")


class InquiriesForm(PeriodForm):
    outcome = forms.ChoiceField(label=gettext_lazy("Outcome"), choices=OUTCOMES, required=False)


@dataclass(frozen=True)
class Bar:
    """One row of the chart: parts of the longest one, in percent; where each begins."""

    name: str
    percent: str
    parts: list[tuple[str, float, float]]  # what, from, length
    words: str


class Rates(Page):
    """What page and CSV share."""

    title = gettext_lazy("Chat analytics")
    template_name = "backoffice/chat_analytics.html"

    def ask(self, request: HttpRequest) -> tuple[RatesForm, ChatRates | None]:
        """The form as sent and the rates; none where the period makes no sense."""
        form = RatesForm(request.GET, here=self.here)
        wanted = form.wanted()
        by = form.cleaned_data.get("by") or "member"
        try:
            return form, reports.chat_rates(account_id=self.account_id, by=by, **wanted)
        except Refused as refused:
            form.add_error("last_day", [str(problem.detail) for problem in refused.problems])
            return form, None


class AnalyticsPage(Rates):
    def get(self, request: HttpRequest) -> HttpResponseBase:
        form, rates = self.ask(request)
        shown: dict[str, Any] = {"filters": form, "filtered": bool(request.GET), "rates": rates}
        if rates:
            query = {key: request.GET[key] for key in request.GET if request.GET[key] and key != "by"}
            shown |= {
                "bars": _bars(rates),
                "rows": [_row(row.name, row.counts, _link(query, rates, row.key)) for row in rates.rows],
                "total": _row(_("All"), rates.total, _link(query, rates, None)),
                "by_name": dict(BY)[rates.by],
                "csv": reverse("admin:chat_analytics_csv") + address(request.GET),
            }
        return self.show(**shown)


class CsvPage(Rates):
    """The table as a file."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        _form, rates = self.ask(request)
        if rates is None:
            return HttpResponse(_("This period makes no sense."), status=400, content_type="text/plain")
        head = [rates.by, "ended", *PARTS, "rate"]
        rows = [_cells(row.name, row.counts) for row in rates.rows]
        answer = HttpResponse(
            csvsafe.BOM + csvsafe.lines([head, *rows]), content_type="text/csv; charset=utf-8"
        )
        name = f"chat-goals-{rates.by}-{rates.first_day}-{rates.last_day}.csv"
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer


def _cells(name: str, counts: ChatCounts) -> list[str | int]:
    rate = "" if counts.rate is None else repr(counts.rate)
    return [csvsafe.text(name), counts.ended, *(getattr(counts, part) for part in PARTS), rate]


def _bars(rates: ChatRates) -> list[Bar]:
    """The chart: each row's parts, as long as the row with most is full."""
    most = max((row.counts.ended for row in rates.rows), default=0)
    return [_bar(row.name, row.counts, most) for row in rates.rows] if most else []


def _bar(name: str, counts: ChatCounts, most: int) -> Bar:
    parts, begins = [], 0.0
    for part in PARTS:
        length = round(100 * getattr(counts, part) / most, 3)
        if length:
            parts.append((part, begins, length))
        begins = round(begins + length, 3)
    words = _("%(achieved)d of %(ended)d achieved") % {"achieved": counts.achieved, "ended": counts.ended}
    return Bar(name, counts.percent, parts, words)


def _row(name: str, counts: ChatCounts, link: str) -> dict[str, Any]:
    cells = [(part, getattr(counts, part), f"{link}&outcome={part}") for part in PARTS]
    return {"name": name, "counts": counts, "cells": cells, "href": link, "percent": counts.percent}


def _link(query: dict[str, str], rates: ChatRates, key: int | date | None) -> str:
    """The inquiries behind a row."""
    days = {"first_day": rates.first_day.isoformat(), "last_day": rates.last_day.isoformat()}
    if isinstance(key, date):
        days = {"first_day": key.isoformat(), "last_day": key.isoformat()}
    elif key is not None:
        days[rates.by] = str(key)
    return reverse("admin:chat_inquiries") + "?" + urlencode({**query, **days})


class InquiriesPage(Page):
    """The tracked inquiries that ended, the latest first."""

    title = gettext_lazy("Ended inquiries")
    template_name = "backoffice/chat_inquiries.html"
    per_page: ClassVar[int] = 50

    def get(self, request: HttpRequest) -> HttpResponseBase:
        form = InquiriesForm(request.GET, here=self.here)
        wanted = form.wanted()
        try:
            rows = reports.ended_inquiries(account_id=self.account_id, now=clock.now(), **wanted)
        except Refused as refused:
            form.add_error("last_day", [str(problem.detail) for problem in refused.problems])
            return self.show(rows=[], filters=form, filtered=True)
        rows = reports.with_outcome(rows, form.cleaned_data.get("outcome") or "")
        page = paged(rows, order=LATEST, query=request.GET, size=self.per_page)
        return self.show(
            rows=self._rows(page.rows),
            filters=form,
            filtered=bool(request.GET),
            before=page.before,
            after=page.after,
            **wanted,
        )

    def _rows(self, found: list[Inquiry]) -> list[dict[str, Any]]:
        mine = {"account_id": self.account_id}
        chats = Conversation.objects.filter(**mine).select_related("channel")
        tickets = chats.in_bulk({one.conversation_id for one in found})
        agents = Agent.objects.filter(**mine).in_bulk({one.agent_id for one in found if one.agent_id})
        versions = ChatGoalVersion.objects.filter(**mine).in_bulk({one.version_id for one in found})
        return [
            {
                "inquiry": one,
                "conversation": tickets.get(one.conversation_id),
                "agent": agents.get(one.agent_id or 0),
                "version": versions.get(one.version_id),
                "state": dict(OUTCOMES)[reports.outcome_of(one)],
                "badge": BADGES.get(ChatStates(one.outcome), ""),  # type: ignore[attr-defined]  # annotated
            }
            for one in found
        ]


paths: Paths = [
    ("chat-analytics/", AnalyticsPage, "chat_analytics"),
    ("chat-analytics/csv/", CsvPage, "chat_analytics_csv"),
    ("chat-analytics/inquiries/", InquiriesPage, "chat_inquiries"),
]
