"""Visits, newest first."""

from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy

from apps.backoffice.days import within_days
from apps.backoffice.forms import DateInput, Form, OwnedChoice, choices_of
from apps.backoffice.pages.base import Page, Paths
from apps.backoffice.paging import Order, paged
from apps.counters import selectors as counters
from apps.counters.models import Counter
from apps.visits import selectors
from apps.visits.models import Visit

NEWEST = Order("-started_at", ("started_at", "pk"), descending=True)
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
    per_page: ClassVar[int] = 50

    def get(self, request: HttpRequest) -> HttpResponseBase:
        form = VisitFilters(request.GET, here=self.here)
        form.is_valid()
        wanted = form.cleaned_data
        found = _filtered(selectors.visits(account_id=self.account_id), wanted, self.here.zone)
        page = paged(found, order=NEWEST, query=request.GET, size=self.per_page)
        names = dict(Counter.objects.filter(account_id=self.account_id).values_list("pk", "name"))
        return self.show(
            rows=[{"visit": one, "counter": names.get(one.counter_id, "")} for one in page.rows],
            filters=form,
            filtered=page.inside or any(value not in (None, "") for value in wanted.values()),
            before=page.before,
            after=page.after,
        )


def _filtered(found: QuerySet[Visit], wanted: dict[str, Any], zone: ZoneInfo) -> QuerySet[Visit]:
    found = found.filter(robot=wanted.get("of") == "robots")
    if wanted.get("counter"):
        found = found.filter(counter_id=wanted["counter"])
    for name in ("source", "device"):
        if wanted.get(name):
            found = found.filter(**{name: wanted[name]})
    return within_days(found, "started_at", wanted, zone)


paths: Paths = [("visits/", VisitsPage, "visits")]
