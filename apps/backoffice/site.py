"""The admin site: Unfold's shell around our own pages."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.forms import AuthenticationForm
from unfold.sites import UnfoldAdminSite

from apps.accounts.addresses import account_number
from apps.accounts.models import User
from apps.accounts.next_page import next_page
from apps.backoffice.here import enterable, start_page


class SignIn(AuthenticationForm):
    """E-mail and password; says plainly when a user has nothing to do here."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("E-mail")
        self.fields["username"].widget.attrs["autocomplete"] = "email"

    def confirm_login_allowed(self, user: User) -> None:
        """Agents have no admin, they are led to the workspace; who belongs to no account has nothing to do here.

        Except to accept an invitation: `next` leads there.
        """
        belongs = user.is_superuser or user.memberships.exists()
        if not user.is_active or not (belongs or (self.request and next_page(self.request, user))):
            raise ValidationError(
                _("This user has no access to the admin. Ask an owner of your account for another role."),
                code="no_admin",
            )


class Site(UnfoldAdminSite):
    """Registers no model: what there is to see is a page of its own."""

    login_form = SignIn
    enable_nav_sidebar = True
    final_catch_all_view = False

    def has_permission(self, request: HttpRequest) -> bool:
        """Anybody with an account to work in; each page asks for its account and the role itself."""
        user = request.user
        if not isinstance(user, User) or not user.is_active:
            return False
        return account_number(request) is not None or user.is_superuser or enterable(user).exists()

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """To the page that was wanted, to the overview, or to the workspace for whoever has no admin."""
        if request.method == "GET" and (start := _start(request)):
            return HttpResponseRedirect(next_page(request) or start)
        answer: HttpResponse = super().login(request, extra_context)
        if request.method == "POST" and answer.status_code == 302:
            answer = HttpResponseRedirect(next_page(request) or _start(request) or reverse("admin:index"))
        return answer

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Django's own, which would lead to whatever path `next` holds."""
        answer: HttpResponse = super().logout(request, extra_context)
        if request.method == "POST":
            answer = HttpResponseRedirect(next_page(request) or reverse("admin:login"))
        return answer

    def get_urls(self) -> list[URLPattern]:
        from apps.backoffice import pages

        return [
            path("login/", self.login, name="login"),
            path("logout/", self.logout, name="logout"),
            *pages.paths(self.admin_view),
        ]


def _start(request: HttpRequest) -> str | None:
    """Where whoever is signed in begins: in the account of the address, if it is theirs to enter."""
    user, number = request.user, account_number(request)
    if not (isinstance(user, User) and user.is_active):
        return None
    if enterable(user).filter(pk=number or 0).exists():
        return reverse("admin:index")
    return start_page(user)


site = Site(name="admin")
