"""Forgotten passwords: asking for a link, and choosing a new password by it. The same for every address."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.forms import SetPasswordForm
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts import selectors, services
from apps.backoffice.forms import Form
from apps.backoffice.pages.plain import PlainPage
from apps.core.errors import Refused


class AskForm(Form):
    """Any text is taken: what is no address has no user either."""

    email = forms.CharField(
        label=gettext_lazy("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )


class AskResetPage(PlainPage):
    template_name = "backoffice/password_reset.html"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return self._ask(AskForm())

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = AskForm(request.POST)
        if not form.is_valid():
            return self._ask(form, status=422)
        services.ask_reset(email=form.cleaned_data["email"])
        return self.show(title=_("Look into your mailbox"), sent=True)

    def _ask(self, form: Form, **how: Any) -> HttpResponseBase:
        return self.show(title=_("Choose a new password"), form=form, button=_("Send the link"), **how)


class ResetPage(PlainPage):
    template_name = "backoffice/password_reset.html"

    def get(self, request: HttpRequest, token: str) -> HttpResponseBase:
        user = selectors.reset_user(token=token)
        return self._ask(SetPasswordForm(user, label_suffix="")) if user else self._gone()

    def post(self, request: HttpRequest, token: str) -> HttpResponseBase:
        user = selectors.reset_user(token=token)
        if user is None:
            return self._gone()
        form = SetPasswordForm(user, request.POST, label_suffix="")
        if not form.is_valid():
            return self._ask(form, status=422)
        try:
            services.reset_password(token=token, password=form.cleaned_data["new_password1"])
        except Refused:
            return self._gone()
        messages.success(request, _("Your password is saved, and your sessions have ended. Sign in with it."))
        return HttpResponseRedirect(reverse("admin:login"))

    def _ask(self, form: Any, **how: Any) -> HttpResponseBase:
        return self.show(title=_("Choose a new password"), form=form, button=_("Save"), **how)

    def _gone(self) -> HttpResponseBase:
        return self.show(title=_("Choose a new password"), gone=True, status=410)
