"""Conversions, newest first."""

from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy

from apps.accounts.models import Agent
from apps.backoffice.days import within_days
from apps.backoffice.forms import DateInput, Form, OwnedChoice, choices_of
from apps.backoffice.pages.base import Page, Paths
from apps.backoffice.paging import Order, paged
from apps.conversations.models import Conversation
from apps.conversions import selectors
from apps.conversions.models import Conversion
from apps.core import clock
from apps.goals import selectors as goals
from apps.goals.models import GoalVersion
from apps.hourly import selectors as hourly
from apps.reports import selectors as reports

LATEST = Order("-time", ("time", "goal_id", "counter_id", "hit_id"), descending=True)
BADGES = {Conversion.Outcome.CREDITED: "good", Conversion.Outcome.UNCREDITED: "warn"}
LATELY = [
    ("", gettext_lazy("Any time")),
    ("today", gettext_lazy("Today")),
    ("7", gettext_lazy("7 days")),
    ("30", gettext_lazy("30 days")),
]
OUTCOMES = [
    ("", gettext_lazy("Credited and uncredited")),
    *((str(value), label) for value, label in Conversion.Outcome.choices),
]


class ConversionFilters(Form):
    goal = OwnedChoice(label=gettext_lazy("Goal"), required=False)
    agent = OwnedChoice(label=gettext_lazy("Agent"), required=False)
    outcome = forms.ChoiceField(label=gettext_lazy("Outcome"), choices=OUTCOMES, required=False)
    lately = forms.ChoiceField(label=gettext_lazy("Lately"), choices=LATELY, required=False)
    first_day = forms.DateField(label=gettext_lazy("From"), required=False, widget=DateInput())
    last_day = forms.DateField(label=gettext_lazy("To"), required=False, widget=DateInput())

    def prepare(self) -> None:
        assert self.here
        account_id = self.here.account.pk
        any_one = gettext_lazy("Any")
        of_account = goals.goals(account_id=account_id).order_by("current__name")
        self.fields["goal"].choices = choices_of(of_account, any_one)  # type: ignore[attr-defined]
        agents = Agent.objects.filter(account_id=account_id).order_by("name", "external_id")
        self.fields["agent"].choices = choices_of(agents, any_one)  # type: ignore[attr-defined]


class ConversionsPage(Page):
    title = gettext_lazy("Conversions")
    template_name = "backoffice/conversions.html"
    per_page: ClassVar[int] = 50

    def get(self, request: HttpRequest) -> HttpResponseBase:
        form = ConversionFilters(request.GET, here=self.here)
        form.is_valid()
        wanted = form.cleaned_data
        found = _filtered(_results(self.account_id, wanted), wanted, self.here.zone)
        if chosen := wanted.get("lately"):
            now = clock.now()
            since = reports.lately(account_id=self.account_id, now=now)[chosen]
            found = found.filter(time__gte=since, time__lt=now)
        page = paged(found, order=LATEST, query=request.GET, size=self.per_page)
        return self.show(
            rows=self._rows(page.rows),
            filters=form,
            filtered=page.inside or any(value not in (None, "") for value in wanted.values()),
            before=page.before,
            after=page.after,
            complete_until=hourly.complete_until(account_id=self.account_id),
        )

    def _rows(self, found: list[Conversion]) -> list[dict[str, Any]]:
        versions = GoalVersion.objects.filter(account_id=self.account_id).in_bulk(
            {one.version_id for one in found}
        )
        tickets = Conversation.objects.filter(account_id=self.account_id).in_bulk(
            {one.conversation_id for one in found if one.conversation_id}
        )
        return [
            {
                "id": selectors.encode_id(
                    goal_id=one.goal_id, counter_id=one.counter_id, time=one.time, hit_id=one.hit_id
                ),
                "conversion": one,
                "version": versions[one.version_id],
                "value": selectors.value_of(conversion=one, version=versions[one.version_id]),
                "ticket": tickets.get(one.conversation_id or 0),
                "badge": BADGES.get(Conversion.Outcome(one.outcome), ""),
            }
            for one in found
        ]


def _results(account_id: int, wanted: dict[str, Any]) -> QuerySet[Conversion]:
    outcome = wanted.get("outcome")
    return selectors.with_outcome(account_id=account_id, outcome=int(outcome) if outcome else None)


def _filtered(found: QuerySet[Conversion], wanted: dict[str, Any], zone: ZoneInfo) -> QuerySet[Conversion]:
    if wanted.get("goal"):
        found = found.filter(goal_id=wanted["goal"])
    if wanted.get("agent"):
        found = found.filter(agent_id=wanted["agent"])
    return within_days(found, "time", wanted, zone)


paths: Paths = [("conversions/", ConversionsPage, "conversions")]
