"""Visits, newest first; paged by the last one shown, so that nothing is counted and nothing drifts."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy

from apps.backoffice.days import within_days
from apps.backoffice.forms import DateInput, Form, OwnedChoice, choices_of
from apps.backoffice.pages.base import Page, Paths
from apps.backoffice.tables import address
from apps.counters import selectors as counters
from apps.counters.models import Counter
from apps.visits import selectors
from apps.visits.models import Visit

PER_PAGE = 50
ANY = ("", gettext_lazy("Any"))


class VisitFilters(Form):
    counter = OwnedChoice(label=gettext_lazy("Counter"), required=False)
    source = forms.ChoiceField(
        label=gettext_lazy("Source"), choices=[ANY, *Visit.Source.choices], required=False
    )
    device = forms.ChoiceField(
        label=gettext_lazy("Device"), choices=[ANY, *Visit.Device.choices], required=False
    )
    of = forms.ChoiceField(
        label=gettext_lazy("Visits of"),
        choices=[("", gettext_lazy("People")), ("robots", gettext_lazy("Robots"))],
        required=False,
    )
    first_day = forms.DateField(label=gettext_lazy("From"), required=False, widget=DateInput())
    last_day = forms.DateField(label=gettext_lazy("To"), required=False, widget=DateInput())

    def prepare(self) -> None:
        assert self.here
        of_account = counters.counters(account_id=self.here.account.pk, archived=True).order_by("name", "pk")
        self.fields["counter"].choices = choices_of(of_account, ANY[1])  # type: ignore[attr-defined]


class VisitsPage(Page):
    title = gettext_lazy("Visits")
    template_name = "backoffice/visits.html"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        form = VisitFilters(request.GET, here=self.here)
        form.is_valid()
        wanted = form.cleaned_data
        found = _filtered(selectors.visits(account_id=self.account_id), wanted, self.here.zone)
        if after := request.GET.get("after"):
            found = _following(found, after)
        listed = list(found.order_by("-started_at", "-pk")[: PER_PAGE + 1])
        rows = listed[:PER_PAGE]
        names = dict(Counter.objects.filter(account_id=self.account_id).values_list("pk", "name"))
        return self.show(
            rows=[{"visit": one, "counter": names.get(one.counter_id, "")} for one in rows],
            filters=form,
            filtered=any(value not in (None, "") for value in wanted.values()),
            before=address(request.GET, after=None) if after else None,
            after=address(request.GET, after=_place(rows[-1])) if len(listed) > PER_PAGE else None,
        )


def _filtered(found: QuerySet[Visit], wanted: dict[str, Any], zone: ZoneInfo) -> QuerySet[Visit]:
    found = found.filter(robot=wanted.get("of") == "robots")
    if wanted.get("counter"):
        found = found.filter(counter_id=wanted["counter"])
    for name in ("source", "device"):
        if wanted.get(name):
            found = found.filter(**{name: wanted[name]})
    return within_days(found, "started_at", wanted, zone)


def _place(visit: Visit) -> str:
    return f"{visit.started_at.isoformat()}_{visit.pk}"


def _following(found: QuerySet[Visit], after: str) -> QuerySet[Visit]:
    """Those that come after this place in the list's order; all, where it is no place."""
    instant, _, number = after.rpartition("_")
    try:
        started_at, pk = datetime.fromisoformat(instant), int(number)
        if started_at.tzinfo is None or abs(pk) > 2**62:
            return found
        started_at = started_at.astimezone(UTC)  # PostgreSQL knows no offsets of 16 hours or more
    except (ValueError, OverflowError):
        return found
    return found.filter(Q(started_at__lt=started_at) | Q(started_at=started_at, pk__lt=pk))


paths: Paths = [("visits/", VisitsPage, "visits")]
