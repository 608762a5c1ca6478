"""The page of an invitation's link. GET says who invites into what; POST accepts. The link signs nobody in by itself."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.decorators.cache import never_cache

from apps.accounts import selectors, services
from apps.accounts.addresses import account_url
from apps.accounts.models import Invitation, Member, User
from apps.backoffice.forms import Form
from apps.backoffice.here import ENTERING
from apps.backoffice.site import site
from apps.core.errors import Refused


class NewUserForm(Form):
    """Who the invited address is from now on. Only a form for somebody new: others sign in."""

    name = forms.CharField(label=gettext_lazy("Your name"), max_length=255)
    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("Ten characters or more."),
    )
    again = forms.CharField(
        label=gettext_lazy("Password, once more"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_again(self) -> str:
        """Both are alike."""
        if self.cleaned_data["again"] != self.cleaned_data.get("password", self.cleaned_data["again"]):
            raise forms.ValidationError(_("The two passwords differ."), "differ")
        return str(self.cleaned_data["again"])


@method_decorator(never_cache, "dispatch")
class InvitationPage(View):
    """For whoever has the link. It shows the same whether the address has a user or not."""

    @classmethod
    def opens_for(cls, user: User | None, number: int | None, last: int) -> bool:  # noqa: ARG003 - anybody's
        return True

    def get(self, request: HttpRequest, token: str) -> HttpResponseBase:
        return self._show(selectors.open_invitation(token=token), NewUserForm())

    def post(self, request: HttpRequest, token: str) -> HttpResponseBase:
        form = NewUserForm(request.POST)
        user, invitation = request.user, selectors.open_invitation(token=token)
        if invitation is None:
            return self._show(None, form)
        try:
            if isinstance(user, User):
                return self._entered(services.accept(token=token, user_id=user.pk))
            if form.is_valid():
                said = form.cleaned_data
                member = services.accept_as_new_user(
                    token=token, name=said["name"], password=said["password"]
                )
                login(request, member.user, backend=settings.AUTHENTICATION_BACKENDS[0])
                return self._entered(member)
        except Refused as refused:
            form = form if form.is_bound and not isinstance(user, User) else NewUserForm({})
            form.is_valid()
            form.errors.clear()
            form.refuse(refused)
        return self._show(invitation, form, status=422)

    def _entered(self, member: Member) -> HttpResponse:
        """In the account that was joined, where its role begins."""
        if member.role in ENTERING:
            return HttpResponseRedirect(account_url("admin", member.account_id, "index"))
        return HttpResponseRedirect(account_url("workspace", member.account_id, "conversations"))

    def _show(self, invitation: Invitation | None, form: Form, *, status: int = 200) -> TemplateResponse:
        user = self.request.user
        signed_in = user if isinstance(user, User) else None
        context: dict[str, Any] = {
            **site.each_context(self.request),
            "title": _("Invitation"),
            "invitation": invitation,
            "role": invitation.get_role_display() if invitation else "",
            "signed_in": signed_in,
            "own": bool(signed_in and invitation and signed_in.email == invitation.email),
            "form": form,
        }
        status = status if invitation else 410
        return TemplateResponse(self.request, "backoffice/invitation.html", context, status=status)
