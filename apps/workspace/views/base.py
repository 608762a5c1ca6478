"""What every page of the workspace does: who asks in which account, their time zone, and a strict policy."""

from typing import Any, ClassVar

from csp.constants import NONE, SELF
from csp.decorators import csp
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.views import View
from django.views.decorators.cache import never_cache

from apps.accounts.addresses import account_number, moved_into
from apps.accounts.entering import entered, last_entered
from apps.accounts.models import User
from apps.accounts.roles import Role
from apps.accounts.selectors import Context
from apps.core.errors import NotThere
from apps.workspace import selectors
from apps.workspace.here import default_account, enter, look, offered

STRICT = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF],
    "connect-src": [SELF],
    "form-action": [SELF],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
}
"""No inline script, no inline style, no evaluation, nothing from elsewhere."""

guarded = method_decorator([never_cache, csp(STRICT)], "dispatch")


@guarded
class Screen(View):
    """A page of an account. What whoever asks may not see is not there: 404.

    Without an account in its address it only leads to the page of one.
    """

    template_name: ClassVar[str] = ""
    polled: ClassVar[bool] = False  # asked for by scripts of open pages
    here: Context
    sight: selectors.Sight

    @classmethod
    def opens_for(cls, user: User | None, number: int | None, last: int) -> bool:
        """Whether this user can be sent here after signing in (accounts.next_page)."""
        if user is None:
            return False
        number = number or default_account(user, last)
        return number is not None and enter(user, number) is not None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_active:
            return redirect(f"{reverse('workspace:sign_in')}?{urlencode({'next': request.get_full_path()})}")
        if account_number(request) is None:
            return self._led(request)
        here = look(request)
        if here is None:
            raise Http404
        entered(request, here, polled=self.polled)
        self.here, self.sight = here, selectors.sight_of(here=here)
        with timezone.override(here.zone):
            try:
                response = super().dispatch(request, *args, **kwargs)
            except NotThere:
                raise Http404
            if isinstance(response, TemplateResponse):
                response.render()
        return response

    def _led(self, request: HttpRequest) -> HttpResponseBase:
        """An old bookmark leads to the account opened last; a form without an account does nothing."""
        assert isinstance(request.user, User)
        number = default_account(request.user, last_entered(request))
        if number is None or request.method not in {"GET", "HEAD"}:
            raise Http404
        return redirect(moved_into(request, "workspace", number))

    @property
    def account_id(self) -> int:
        """The account that everything on the page belongs to."""
        return self.here.account.pk

    def show(self, template: str | None = None, **context: Any) -> TemplateResponse:
        """The page in the workspace's frame."""
        frame = {
            "here": self.here,
            "accounts": offered(self.here.user),
            "role_name": Role(self.here.role).label,
            "sees_admin": self.here.role != Role.AGENT,
        }
        return TemplateResponse(self.request, template or self.template_name, {**frame, **context})
