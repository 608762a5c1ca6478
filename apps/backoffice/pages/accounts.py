"""For operators: the list of accounts, and a new one."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts import services
from apps.accounts.addresses import account_url
from apps.backoffice.forms import Form
from apps.backoffice.here import enterable
from apps.backoffice.pages.base import OperatorPage, Paths
from apps.core import periods
from apps.core.errors import Refused

SHOWN = 200


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
    return [(zone, zone) for zone in periods.names()]


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
                messages.success(request, _("The account is made."))
                return HttpResponseRedirect(account_url("admin", account.pk, "index"))
        return self._ask(form, status=422)

    def _ask(self, form: Form, **how: Any) -> HttpResponseBase:
        return self.show(form=form, button=_("Make the account"), **how)


paths: Paths = [
    ("accounts/", AccountsPage, "accounts"),
    ("accounts/add/", NewAccountPage, "new_account"),
]
