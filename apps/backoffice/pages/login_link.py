"""The page of a one-time sign-in link: GET shows a button, POST uses the link up."""

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache

from apps.accounts import services
from apps.backoffice.site import site
from apps.core.errors import Refused


@method_decorator(never_cache, "dispatch")
class LoginLinkPage(View):
    """Mail scanners open links, they press no buttons."""

    def get(self, request: HttpRequest, token: str) -> HttpResponseBase:
        return self._show(request)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        try:
            user = services.use_login_link(token=token)
        except Refused as refused:
            return self._show(request, problem=refused.problems[0].detail, status=410)
        login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
        return redirect("admin:index")

    def _show(self, request: HttpRequest, *, problem: str = "", status: int = 200) -> TemplateResponse:
        context = {**site.each_context(request), "title": _("Sign in"), "problem": problem}
        return TemplateResponse(request, "backoffice/login_link.html", context, status=status)
