"""Choosing a password. Who has none yet, having come by a link, is not asked for an old one."""

from typing import Any

from django.contrib.auth import authenticate, update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts import services
from apps.accounts.models import User
from apps.backoffice.pages.base import Paths, Shell


class ChangeForm(PasswordChangeForm):
    """The old password is tried like any other: within the limits of signing in."""

    def clean_old_password(self) -> str:
        old = str(self.cleaned_data["old_password"])
        if authenticate(username=self.user.get_username(), password=old) is None:
            raise ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        return old


class PasswordPage(Shell):
    """Of the user, not of an account."""

    title = gettext_lazy("Choose a password")
    template_name = "backoffice/form.html"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return self.show(form=self._form(), button=_("Save"))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = self._form(request.POST)
        if not form.is_valid():
            return self.show(form=form, button=_("Save"), status=422)
        save_password(request, form)
        return self.go("index", say=_("The password is saved. Other sessions of yours have ended."))

    def _form(self, data: Any = None) -> Any:
        return password_form(self.request, data)


def password_form(request: HttpRequest, data: Any = None) -> Any:
    """For the request's user; who has a password is asked for it."""
    user = request.user
    assert isinstance(user, User)
    kind = ChangeForm if user.has_usable_password() else SetPasswordForm
    return kind(user, data, label_suffix="")


def save_password(request: HttpRequest, form: Any) -> None:
    """Keep the password and this session; the others end."""
    user = form.save()
    update_session_auth_hash(request, user)
    services.end_sessions(user_id=user.pk, but=request.session.session_key)


paths: Paths = [("password/", PasswordPage, "password_change")]
