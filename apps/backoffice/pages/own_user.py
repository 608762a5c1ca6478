"""What a user has of their own: address, password and sessions."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import authenticate
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts import selectors, services
from apps.backoffice.forms import Form
from apps.backoffice.here import start_page
from apps.backoffice.pages.password import password_form, save_password
from apps.backoffice.pages.plain import UserPage
from apps.core.errors import NotThere, Refused


class EmailForm(Form):
    email = forms.CharField(
        label=gettext_lazy("New e-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


def back(request: HttpRequest, words: str) -> HttpResponse:
    """To the page of the own user, with a word."""
    messages.success(request, words)
    return HttpResponseRedirect(reverse("own_user"))


class OwnUserPage(UserPage):
    """The sessions, and ways to the rest."""

    template_name = "backoffice/own_user.html"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        key = request.session.session_key
        rows = [
            {
                "session": session,
                "mark": selectors.session_mark(session_key=session.session_key),
                "present": session.session_key == key,
            }
            for session in selectors.sessions(user_id=self.user.pk)
        ]
        return self.show(title=_("Your user"), rows=rows, start=start_page(self.user))


class EndSessionsPage(UserPage):
    """End one session, or all but the present one."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponseBase:
        mark = request.POST.get("session", "")
        if mark == "others":
            services.end_sessions(user_id=self.user.pk, but=request.session.session_key)
            return back(request, _("Your other sessions have ended."))
        try:
            services.end_session(user_id=self.user.pk, mark=mark)
        except NotThere:
            raise Http404 from None
        return back(request, _("The session has ended."))


class OwnFormPage(UserPage):
    """A form of the own user."""

    template_name = "backoffice/own_form.html"

    def ask(self, title: str, button: str, form: Any, *, status: int = 200) -> HttpResponseBase:
        """The form, with its errors if it has any."""
        return self.show(title=title, button=button, form=form, status=status)


class OwnPasswordPage(OwnFormPage):
    def get(self, request: HttpRequest) -> HttpResponseBase:
        return self.ask(_("Choose a password"), _("Save"), password_form(request))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = password_form(request, request.POST)
        if not form.is_valid():
            return self.ask(_("Choose a password"), _("Save"), form, status=422)
        save_password(request, form)
        return back(request, _("The password is saved. Other sessions of yours have ended."))


class OwnEmailPage(OwnFormPage):
    """Nothing changes before the new mailbox has answered."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return self._ask(self._form())

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = self._form(request.POST)
        if form.is_valid() and self._is_own(form):
            try:
                change = services.ask_email_change(user_id=self.user.pk, email=form.cleaned_data["email"])
            except Refused as refused:
                form.refuse(refused)
            else:
                return back(
                    request, _("A link is on its way to %s. Open it where you are signed in.") % change.email
                )
        return self._ask(form, status=422)

    def _form(self, data: Any = None) -> Form:
        form = EmailForm(data)
        if not self.user.has_usable_password():
            del form.fields["password"]
        return form

    def _is_own(self, form: Form) -> bool:
        """Whether the password is right; tried like any other, within the limits of signing in."""
        password = form.cleaned_data.get("password")
        if password is None or authenticate(username=self.user.email, password=password):
            return True
        form.add_error("password", _("This is not your password."))
        return False

    def _ask(self, form: Form, *, status: int = 200) -> HttpResponseBase:
        return self.ask(_("Change your e-mail"), _("Send the link"), form, status=status)


class EmailChangePage(UserPage):
    """The page of the link that the new mailbox got. GET asks, POST changes."""

    template_name = "backoffice/email_change.html"

    def get(self, request: HttpRequest, token: str) -> HttpResponseBase:
        return self.show(title=_("Change your e-mail"))

    def post(self, request: HttpRequest, token: str) -> HttpResponseBase:
        try:
            user = services.confirm_email_change(user_id=self.user.pk, token=token)
        except Refused as refused:
            return self.show(title=_("Change your e-mail"), problem=refused.problems[0].detail, status=410)
        return back(request, _("Your e-mail is %s from now on.") % user.email)
