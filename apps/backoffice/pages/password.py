"""Choosing a password. Who has none yet, having come by a link, is not asked for an old one."""

from typing import Any

from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.backoffice.pages.base import Paths, Shell


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
        user = form.save()
        update_session_auth_hash(request, user)
        return self.go("index", say=_("The password is saved. Other sessions of yours have ended."))

    def _form(self, data: Any = None) -> Any:
        user = self.request.user
        assert isinstance(user, User)
        kind = PasswordChangeForm if user.has_usable_password() else SetPasswordForm
        return kind(user, data, label_suffix="")


paths: Paths = [("password/", PasswordPage, "password_change")]
