"""The account chooser of the header; for operators the list of accounts and a new one."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts import services
from apps.accounts.selectors import CHOSEN
from apps.backoffice.forms import Form
from apps.backoffice.here import enterable
from apps.backoffice.pages.base import OperatorPage, Page, Paths
from apps.core.errors import Refused

SHOWN = 200


class ChooseForm(Form):
    account = forms.IntegerField(min_value=1, max_value=2**62)


class ChoosePage(Page):
    """Work in another account; what operators enter is noted."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ChooseForm(request.POST)
        account = (
            form.is_valid() and enterable(self.here.user).filter(pk=form.cleaned_data["account"]).first()
        )
        if not account:
            raise Http404
        request.session[CHOSEN] = account.pk
        if self.here.user.is_superuser:
            services.audit(
                account_id=account.pk, user=self.here.user, action="account.entered", target=account.name
            )
        return self.go(
            "index", say=_("You are now in %(account)s.") % {"account": account}, level=messages.INFO
        )


class FindForm(Form):
    q = forms.CharField(label=gettext_lazy("Name"), required=False)


class AccountsPage(OperatorPage):
    """The accounts, for operators."""

    title = gettext_lazy("Accounts")
    template_name = "backoffice/accounts.html"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        form = FindForm(request.GET)
        form.is_valid()
        found = enterable(request.user).filter(name__icontains=form.cleaned_data.get("q", ""))  # type: ignore[arg-type]
        return self.show(filters=form, rows=list(found[:SHOWN]), shown=SHOWN)


def zones() -> list[tuple[str, str]]:
    """The time zones that there are, UTC first."""
    return [(zone, zone) for zone in ["UTC", *sorted(available_timezones() - {"UTC", "localtime"})]]


class NewAccountForm(Form):
    name = forms.CharField(label=gettext_lazy("Name"))
    timezone = forms.ChoiceField(label=gettext_lazy("Time zone"), choices=zones, initial="UTC")
    currency = forms.CharField(label=gettext_lazy("Currency"), initial="EUR", help_text="EUR, USD, ...")


class NewAccountPage(OperatorPage):
    """A new account, for operators."""

    title = gettext_lazy("New account")
    template_name = "backoffice/form.html"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return self._ask(NewAccountForm())

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = NewAccountForm(request.POST)
        if form.is_valid():
            try:
                account = services.make_account(**form.cleaned_data)
            except Refused as refused:
                form.refuse(refused)
            else:
                request.session[CHOSEN] = account.pk
                return self.go("index", say=_("The account is made."))
        return self._ask(form, status=422)

    def _ask(self, form: Form, **how: Any) -> HttpResponseBase:
        return self.show(form=form, button=_("Make the account"), **how)


paths: Paths = [
    ("account/", ChoosePage, "choose_account"),
    ("accounts/", AccountsPage, "accounts"),
    ("accounts/add/", NewAccountPage, "new_account"),
]
