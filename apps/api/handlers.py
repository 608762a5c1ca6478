"""Django's own error answers: problems below /api/, pages elsewhere (named in config/urls.py)."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.views import defaults

from apps.api.problems import plain


def _of_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if _of_api(request):
        return plain(request, 400, "bad_request", _("The request cannot be understood."))
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if _of_api(request):
        return plain(request, 403, "permission_denied", _("This is not allowed."))
    return defaults.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if _of_api(request):
        return plain(request, 404, "not_found", _("There is nothing here."))
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest, *_arguments: Any) -> HttpResponseBase:
    if _of_api(request):
        return plain(
            request, 500, "error", _("Something failed on our side; it was logged. Try again later.")
        )
    return defaults.server_error(request)
