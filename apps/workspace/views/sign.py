"""Signing in and out, and choosing the account: one at a time, as in the admin."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.accounts.next_page import next_page
from apps.accounts.selectors import CHOSEN
from apps.accounts.services import audit
from apps.workspace.here import enter, look
from apps.workspace.views.base import Screen, guarded


class SignInForm(AuthenticationForm):
    """E-mail and password; lock-out is the authentication's own, here as in the admin."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("E-mail")
        self.fields["username"].widget.attrs["autocomplete"] = "email"

    def confirm_login_allowed(self, user: Any) -> None:
        """Whoever belongs to no account has nothing to see here."""
        if not user.is_active or not (user.is_superuser or user.memberships.exists()):
            raise ValidationError(_("This user belongs to no account."), code="no_account")


@guarded
class SignIn(LoginView):
    template_name = "workspace/sign_in.html"
    authentication_form = SignInForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "GET" and look(request) is not None:
            return HttpResponseRedirect(self.get_success_url())
        return super().dispatch(request, *args, **kwargs)

    def get_success_url(self) -> str:
        return next_page(self.request) or reverse("workspace:conversations")


@guarded
class SignOut(LogoutView):
    http_method_names = ["post"]

    def get_success_url(self) -> str:
        return next_page(self.request) or reverse("workspace:sign_in")


class Choose(Screen):
    """Work in another account; what operators enter is noted."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponseBase:
        text = request.POST.get("account", "")
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
        assert isinstance(request.user, User)
        here = enter(request.user, number)
        if here is None:
            raise Http404
        request.session[CHOSEN] = here.account.pk
        if here.user.is_superuser:
            audit(
                account_id=here.account.pk, user=here.user, action="account.entered", target=here.account.name
            )
        return redirect("workspace:conversations")
