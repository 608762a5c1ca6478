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

from apps.accounts.models import User
from apps.accounts.roles import Role
from apps.accounts.selectors import Context
from apps.core.errors import NotThere
from apps.workspace import selectors
from apps.workspace.here import entered, look, offered

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
    """A page of an account. What whoever asks may not see is not there: 404."""

    template_name: ClassVar[str] = ""
    here: Context
    sight: selectors.Sight

    @classmethod
    def opens_for(cls, user: User | None, account_id: int | None) -> bool:
        """Whether this user can be sent here after signing in (accounts.next_page)."""
        return user is not None and entered(user, account_id) is not None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        here = look(request)
        if here is None:
            return redirect(f"{reverse('workspace:sign_in')}?{urlencode({'next': request.get_full_path()})}")
        self.here, self.sight = here, selectors.sight_of(here=here)
        with timezone.override(here.account.timezone):
            try:
                response = super().dispatch(request, *args, **kwargs)
            except NotThere:
                raise Http404
            if isinstance(response, TemplateResponse):
                response.render()
        return response

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
