"""Signing in and out. Both pages are in no account; below one they lead back into it."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.addresses import portal_url
from apps.accounts.models import User
from apps.accounts.next_page import next_page
from apps.workspace.here import default_account, look
from apps.workspace.views.base import guarded


class SignInForm(AuthenticationForm):
    """E-mail and password; lock-out is the authentication's own, here as in the admin."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("E-mail")
        self.fields["username"].widget.attrs["autocomplete"] = "email"

    def confirm_login_allowed(self, user: Any) -> None:
        """Whoever belongs to no account has nothing to see here, unless `next` leads to an invitation."""
        belongs = user.is_superuser or user.memberships.exists()
        if not user.is_active or not (belongs or (self.request and next_page(self.request, user))):
            raise ValidationError(_("This user belongs to no account."), code="no_account")


@guarded
class SignIn(LoginView):
    template_name = "workspace/sign_in.html"
    authentication_form = SignInForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = request.user
        if request.method == "GET" and isinstance(user, User) and default_account(user, 0) is not None:
            return HttpResponseRedirect(self.get_success_url())
        return super().dispatch(request, *args, **kwargs)

    def get_success_url(self) -> str:
        start = reverse if look(self.request) else portal_url
        return next_page(self.request) or start("workspace:conversations")


@guarded
class SignOut(LogoutView):
    http_method_names = ["post"]

    def get_success_url(self) -> str:
        return next_page(self.request) or reverse("workspace:sign_in")
