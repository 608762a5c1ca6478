"""Django's own error answers: problems below /api/, pages elsewhere (named in config/urls.py).

None of them repeats the error's own words: those of the database name its address.
"""

import sys
from typing import Any

from django.core.exceptions import DisallowedHost
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views import defaults

from apps.accounts.addresses import account_number
from apps.api.problems import Unavailable, plain


def _of_api(request: HttpRequest) -> bool:
    """By the address within the portal, which may itself stand below a prefix; an account's pages have no API."""
    return request.path_info.startswith("/api/") and account_number(request) is None


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if isinstance(exception, DisallowedHost):
        return _unknown_host(request)
    if _of_api(request):
        return plain(request, 400, "bad_request", _("The request cannot be understood."))
    return defaults.bad_request(request, exception)


def _unknown_host(request: HttpRequest) -> HttpResponse:
    """Answered in words without a page's frame: its links and styles would need a host."""
    words = _("The portal does not answer to this host name. Whoever runs it adds it to ALLOWED_HOSTS.")
    if _of_api(request):
        return plain(request, 400, "unknown_host", words, header="Host")
    return HttpResponse(f"{words}\n", status=400, content_type="text/plain; charset=utf-8")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if _of_api(request):
        return plain(request, 403, "permission_denied", _("This is not allowed."))
    return defaults.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if _of_api(request):
        return plain(request, 404, "not_found", _("There is nothing here."))
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest, *_arguments: Any) -> HttpResponseBase:
    if isinstance(sys.exception(), OperationalError | InterfaceError):
        return _database_away(request)
    if _of_api(request):
        return plain(
            request, 500, "error", _("Something failed on our side; it was logged. Try again later.")
        )
    return defaults.server_error(request)


def _database_away(request: HttpRequest) -> HttpResponse:
    if _of_api(request):
        response: HttpResponse = plain(
            request, 503, Unavailable.default_code, str(Unavailable.default_detail)
        )
    else:
        response = render(
            None, "503.html", status=503
        )  # without a request no context processor asks the database
    response["Retry-After"] = str(Unavailable.wait)
    return response
