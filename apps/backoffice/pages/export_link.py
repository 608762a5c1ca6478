"""The link of an export's mail: GET shows what it leads to, POST gives the file."""

from typing import Any

from csp.constants import NONE, SELF
from csp.decorators import csp
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from apps.accounts.models import User
from apps.core import periods
from apps.core.errors import NotThere
from apps.exports import services
from apps.exports.errors import Gone

STRICT = {
    "default-src": [NONE],
    "style-src": [SELF],
    "form-action": [SELF],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
}


@method_decorator([never_cache, csp(STRICT)], "dispatch")
class ExportLinkPage(LoginRequiredMixin, View):
    """For the member it was made for; for others it is not there. No script runs on it."""

    @classmethod
    def opens_for(cls, user: User | None, number: int | None, last: int) -> bool:  # noqa: ARG003 - of no account
        return user is not None

    def get(self, request: HttpRequest, token: str) -> HttpResponseBase:
        return self._open(request, token, post=False)

    def post(self, request: HttpRequest, token: str) -> HttpResponseBase:
        return self._open(request, token, post=True)

    def _open(self, request: HttpRequest, token: str, *, post: bool) -> HttpResponseBase:
        assert isinstance(request.user, User)
        try:
            found = services.open_link(user=request.user, token=token, post=post)
        except NotThere:
            raise Http404
        except Gone:
            return TemplateResponse(request, "backoffice/export_gone.html", status=410)
        if post:
            return sent(found)
        with timezone.override(periods.zone(found.export.account.timezone)):
            return TemplateResponse(request, "backoffice/export_link.html", {"found": found}).render()


def sent(found: services.Opened) -> FileResponse:
    """The file itself, never shown in the browser."""
    assert found.file is not None
    kind: dict[str, Any] = {"content_type": "application/zip"}
    return FileResponse(found.file, as_attachment=True, filename=found.file_name, **kind)
