"""The page of whoever tried too often, at whichever door: the same for every name."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.limits import TooManyAttempts


class LockOutMiddleware:
    """Answers `TooManyAttempts` of any page with 429, in the frame, with ways on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        from apps.backoffice.site import site  # no model may be loaded yet when middleware is named

        if not isinstance(exception, TooManyAttempts):
            return None
        minutes = -(-exception.seconds // 60)
        words = ngettext("Try again in a minute.", "Try again in %(minutes)d minutes.", minutes)
        context = {
            **site.each_context(request),
            "title": _("Too many attempts"),
            "words": words % {"minutes": minutes},
        }
        answer = TemplateResponse(request, "backoffice/locked.html", context, status=429)
        answer["Retry-After"] = str(exception.seconds)
        add_never_cache_headers(answer)
        return answer.render()
