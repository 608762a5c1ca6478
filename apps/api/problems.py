"""How every error looks: RFC 9457, with a machine's code and one entry for each field that is wrong."""

import logging
import math
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from drf_standardized_errors.formatter import flatten_errors
from rest_framework import exceptions, serializers
from rest_framework.permissions import SAFE_METHODS
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import set_rollback

from apps.api.refusals import BadHeader, BadParameters, Conflict, InProgress, Named, Unavailable
from apps.core.errors import NotThere, Outdated, Refused

__all__ = [
    "CONTENT_TYPE",
    "BadHeader",
    "BadParameters",
    "Conflict",
    "InProgress",
    "Named",
    "ProblemShape",
    "Unavailable",
    "body",
    "handler",
    "plain",
]

CONTENT_TYPE = "application/problem+json"
NOT_THERE = frozenset({"unknown_agent", "unknown_group", "unknown_goal", "unknown_counter"})
"""Refusals of services that mean: the account has nothing of this name. A 404 that says what."""
NOT_ALLOWED = frozenset({"owners_only"})
"""Refusals of services that mean: the caller's role may not do this to that row. A 403 that says why."""
logger = logging.getLogger(__name__)


def body(
    request: HttpRequest | Request,
    status: int,
    *,
    code: str,
    detail: str = "",
    errors: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    """The members of a problem."""
    title = HTTPStatus(status).phrase
    problem: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "code": code}
    problem |= {"detail": detail or title, "instance": request.path}
    if errors:
        problem["errors"] = errors
    return problem


def handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. What it does not know becomes a 500 by Django's own way."""
    request: Request = context["request"]
    if isinstance(error, NotThere):
        set_rollback()
        return _response(request, 404, code="not_found", detail=_("There is nothing here."))
    if isinstance(error, Refused | BadParameters | BadHeader | Named):
        set_rollback()
        return _domain(request, error)
    known = _api_exception(error)
    if known is None:
        return None
    set_rollback()
    headers = dict(getattr(known, "headers", {}))
    if header := getattr(known, "auth_header", None):
        headers["WWW-Authenticate"] = header
    if wait := getattr(known, "wait", None):
        headers["Retry-After"] = str(max(1, math.ceil(wait)))
    return _response(request, known.status_code, headers, **_members(request, known))


def _api_exception(error: Exception) -> exceptions.APIException | None:
    if isinstance(error, Http404):
        return exceptions.NotFound()
    if isinstance(error, DjangoPermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(error, OperationalError | InterfaceError):
        logger.error("The database failed a request of the API", exc_info=error)
        return Unavailable()
    return error if isinstance(error, exceptions.APIException) else None


def _members(request: Request, error: exceptions.APIException) -> dict[str, Any]:
    place = _place(request)
    if isinstance(error, exceptions.ValidationError):
        found = [(e.attr or "", str(e.code), str(e.detail)) for e in flatten_errors(error.detail)]
        errors = [_entry(place, *each) for each in found]
        return {"code": "invalid", "detail": _count(errors), "errors": errors}
    codes: Any = error.get_codes()
    code, detail = codes if isinstance(codes, str) else "error", str(error.detail)
    errors = [_entry(place, "", code, detail)] if error.status_code == HTTPStatus.BAD_REQUEST else []
    return {"code": code, "detail": detail, "errors": errors}


def _place(request: HttpRequest | Request) -> str:
    """Where the fields of a refusal are: a request that may have no body has them in its query."""
    return "parameter" if request.method in SAFE_METHODS else "pointer"


def _domain(request: Request, error: Refused | BadParameters | BadHeader | Named) -> Response:
    place = _place(request)
    if isinstance(error, BadParameters):
        place = "parameter"
    elif isinstance(error, BadHeader):
        place = "header"
    errors = [_entry(place, each.field, each.code, str(each.detail)) for each in error.problems]
    members: dict[str, Any] = {"detail": _count(errors), "errors": errors}
    codes = {each.code for each in error.problems}
    if isinstance(error, Named) or codes <= NOT_THERE:
        return _response(request, 404, code="not_found", **members)
    if isinstance(error, Outdated):
        return _response(request, 409, code="outdated", **members)
    if codes <= NOT_ALLOWED:
        return _response(request, 403, code=error.problems[0].code, **members)
    only = error.problems[0] if len(error.problems) == 1 and isinstance(error, Refused) else None
    return _response(request, 400, code=only.code if only and not only.field else "invalid", **members)


def _entry(place: str, field: str, code: str, detail: str) -> dict[str, str]:
    """One wrong thing: a JSON pointer into the body, or the name of a parameter or of a header."""
    if place == "pointer" or not field:
        parts = [part for part in field.split(".") if part and part != "non_field_errors"]
        return {"pointer": "#" + "".join(f"/{part}" for part in parts), "code": code, "detail": detail}
    return {place: field, "code": code, "detail": detail}


def _count(errors: list[dict[str, str]]) -> str:
    if len(errors) == 1:
        return errors[0]["detail"]
    return _("%(n)d things are wrong; see errors.") % {"n": len(errors)}


def _response(
    request: Request, status: int, headers: dict[str, str] | None = None, **members: Any
) -> Response:
    # Whatever a view renders (the schema is YAML, its page HTML), its problems are JSON.
    request.accepted_renderer = JSONRenderer()
    request.accepted_media_type = "application/json"
    return Response(body(request, status, **members), status, headers=headers, content_type=CONTENT_TYPE)


def plain(
    request: HttpRequest, status: int, code: str, detail: str = "", *, header: str = ""
) -> JsonResponse:
    """A problem outside DRF: Django's own 400, 404 and 500. `header`: the one to blame for a 400."""
    errors = [_entry("header", header, code, detail)] if status == HTTPStatus.BAD_REQUEST else None
    members = body(request, status, code=code, detail=detail, errors=errors)
    return JsonResponse(members, status=status, content_type=CONTENT_TYPE)


class ErrorEntry(serializers.Serializer[Any]):
    pointer = serializers.CharField(required=False, help_text="JSON pointer to the field in the body.")
    parameter = serializers.CharField(required=False, help_text="Name of the parameter in the query.")
    header = serializers.CharField(required=False, help_text="Name of the header.")
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemShape(serializers.Serializer[Any]):
    """RFC 9457 problem details."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="For machines: what went wrong.")
    detail = serializers.CharField(help_text="For people: what went wrong and what to do.")
    instance = serializers.CharField()
    errors = ErrorEntry(many=True, required=False)  # type: ignore[assignment]  # a name of RFC 9457
