"""Counters: the sites that are measured, and how each sends its hits."""

from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.addresses import portal_url
from apps.accounts.roles import May
from apps.backoffice.forms import Form
from apps.backoffice.pages.base import AskPage, FormPage, Page, Paths
from apps.backoffice.tables import Column, RowAction, TablePage
from apps.core import clock
from apps.counters import selectors, services
from apps.counters.models import LEAST_TIMEOUT_S, MOST_TIMEOUT_S, Consent, Counter, WithoutConsent


class CounterFilters(Form):
    q = forms.CharField(label=gettext_lazy("Name or site contains"), required=False)


class CountersPage(TablePage):
    title = gettext_lazy("Counters")
    template_name = "backoffice/counters.html"
    sees = May.CONFIGURE
    filters = CounterFilters
    ordering = "name"
    columns = (
        Column("name", gettext_lazy("Name"), ("name",)),
        Column("number", gettext_lazy("Number"), ("pk",), numeric=True),
        Column("site", gettext_lazy("Site"), ("site",)),
        Column("state", gettext_lazy("State"), ("archived_at",)),
        Column("menu", ""),
    )

    def rows(self, wanted: dict[str, Any]) -> QuerySet[Counter]:
        counters = selectors.counters(account_id=self.account_id, archived=True)
        if text := wanted.get("q"):
            counters = counters.filter(Q(name__icontains=text) | Q(site__icontains=text))
        return counters

    def decorate(self, rows: list[Any]) -> list[dict[str, Any]]:
        return [{"counter": counter, "actions": _actions(counter)} for counter in rows]


def _actions(counter: Counter) -> list[RowAction]:
    def to(name: str) -> str:
        return reverse(f"admin:{name}", args=[counter.pk])

    send = RowAction(_("Send hits"), to("counter_send"), dialog=False)
    cookies = RowAction(_("Page about cookies"), portal_url("counters:cookies", counter.pk), dialog=False)
    if counter.archived_at:
        return [send, cookies]
    return [
        RowAction(_("Install the tag"), to("counter_tag"), dialog=False),
        RowAction(_("Edit"), to("counter"), dialog=False),
        send,
        cookies,
        RowAction(_("Archive"), to("counter_archive"), danger=True),
    ]


class CounterForm(Form):
    name = forms.CharField(label=gettext_lazy("Name"))
    site = forms.CharField(
        label=gettext_lazy("Site"),
        help_text=gettext_lazy("Scheme and host, as in https://shop.example."),
        widget=forms.URLInput(),
    )
    allowed_origins = forms.CharField(
        label=gettext_lazy("Other allowed origins"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("One a line. Browsers on other origins may not send hits."),
    )
    excluded_referrers = forms.CharField(
        label=gettext_lazy("Excluded referrers"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy(
            "Hosts of your sign-in and payment pages, one a line: a visit goes on over them. The well-known ones"
            " (PayPal, Stripe, Google's sign-in and the like) are excluded by themselves."
        ),
    )
    user_ids = forms.BooleanField(
        label=gettext_lazy("Take user IDs"),
        required=False,
        initial=True,
        help_text=gettext_lazy("Signed-in people are recognised across devices."),
    )
    visit_timeout_s = forms.IntegerField(
        label=gettext_lazy("Visit timeout, seconds"),
        initial=LEAST_TIMEOUT_S,
        min_value=LEAST_TIMEOUT_S,
        max_value=MOST_TIMEOUT_S,
        help_text=gettext_lazy("Hits further apart are two visits. A change holds from now on."),
    )
    consent = forms.ChoiceField(
        label=gettext_lazy("Consent of visitors"),
        choices=Consent.choices,
        initial=Consent.NOT_REQUIRED,
        help_text=gettext_lazy("Whether the tag waits for a yes before it knows a browser again."),
    )
    without_consent = forms.ChoiceField(
        label=gettext_lazy("Counted without consent"),
        choices=WithoutConsent.choices,
        initial=WithoutConsent.COOKIELESS,
    )
    respect_dnt = forms.BooleanField(
        label=gettext_lazy("Respect Do Not Track"),
        required=False,
        help_text=gettext_lazy("A browser that asks not to be tracked has not agreed."),
    )
    respect_gpc = forms.BooleanField(
        label=gettext_lazy("Respect Global Privacy Control"),
        required=False,
        help_text=gettext_lazy("A browser that refuses sale and sharing has not agreed."),
    )

    def clean_allowed_origins(self) -> list[str]:
        """One origin a line."""
        return self._lines("allowed_origins")

    def clean_excluded_referrers(self) -> list[str]:
        """One host a line."""
        return self._lines("excluded_referrers")

    def _lines(self, field: str) -> list[str]:
        return [line.strip() for line in self.cleaned_data[field].splitlines() if line.strip()]

    def place(self, field: str) -> str | None:
        return super().place(field.split(".", maxsplit=1)[0])


class CounterPage(FormPage):
    """Make a counter or change one."""

    sees = May.CONFIGURE
    form_class = CounterForm
    back = "counters"

    def initial(self) -> dict[str, Any]:
        if "counter_number" not in self.kwargs:
            return {}
        counter = selectors.counter(account_id=self.account_id, number=self.kwargs["counter_number"])
        return {
            "name": counter.name,
            "site": counter.site,
            "allowed_origins": "\n".join(counter.allowed_origins),
            "excluded_referrers": "\n".join(counter.excluded_referrers),
            "user_ids": counter.user_ids,
            **{name: getattr(counter, name) for name in services.SETTINGS},
        }

    def extra(self) -> dict[str, Any]:
        return {
            "title": _("Counter %d") % self.kwargs["counter_number"]
            if "counter_number" in self.kwargs
            else _("New counter")
        }

    def act(self, form: Any) -> HttpResponse:
        said = {**form.cleaned_data, "account_id": self.account_id, "user_id": self.here.user.pk}
        if "counter_number" in self.kwargs:
            services.save_counter(number=self.kwargs["counter_number"], **said)
            return self.go("counters", say=_("The counter is saved."))
        counter = services.make_counter(**said)
        return self.go("counter_tag", counter.pk, say=_("The counter is made. This is how it gets its hits."))


class SendPage(Page):
    """How a site or a server sends hits to this counter."""

    template_name = "backoffice/counter_send.html"
    sees = May.CONFIGURE

    def get(self, request: HttpRequest, counter_number: int) -> HttpResponseBase:
        counter = selectors.counter(account_id=self.account_id, number=counter_number, archived=True)
        now = f"{clock.now():%Y-%m-%dT%H:%M:%SZ}"  # the example is sent as it stands
        return self.show(title=counter.name, counter=counter, base_url=settings.BASE_URL, now=now)


class ArchivePage(AskPage):
    title = gettext_lazy("Archive the counter")
    sees = May.CONFIGURE
    button = gettext_lazy("Archive")
    danger = True
    back = "counters"

    def question(self) -> str:
        counter = selectors.counter(account_id=self.account_id, number=self.kwargs["counter_number"])
        return _("%s takes no more hits. Those it has stay.") % counter

    def act(self, form: Any) -> HttpResponse:
        counter = services.archive_counter(
            account_id=self.account_id, user_id=self.here.user.pk, number=self.kwargs["counter_number"]
        )
        return self.go("counters", say=_("%s is archived.") % counter)


paths: Paths = [
    ("counters/", CountersPage, "counters"),
    ("counters/add/", CounterPage, "counter_add"),
    ("counters/<id:counter_number>/", CounterPage, "counter"),
    ("counters/<id:counter_number>/send/", SendPage, "counter_send"),
    ("counters/<id:counter_number>/archive/", ArchivePage, "counter_archive"),
]
