"""How every error looks: RFC 9457, with a machine's code and one entry for each field that is wrong."""

import logging
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from drf_standardized_errors.formatter import flatten_errors
from rest_framework import exceptions, serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import set_rollback

from apps.core.errors import NotThere, Outdated, Problem, Refused

CONTENT_TYPE = "application/problem+json"
NOT_THERE = frozenset({"unknown_agent", "unknown_group", "unknown_goal", "unknown_counter"})
"""Refusals of services that mean: the account has nothing of this name. A 404 that says what."""
logger = logging.getLogger(__name__)


class Named(Exception):
    """Something that the body or the query names does not exist in the account: 404 with its name."""

    def __init__(self, *problems: Problem, parameter: bool = False) -> None:
        super().__init__()
        self.problems = problems
        self.parameter = parameter


class BadParameters(Exception):
    """Parameters of the query that cannot be used: 400."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__()
        self.problems = problems


class Conflict(exceptions.APIException):
    """409."""

    status_code = 409
    default_code = "conflict"


class Unavailable(exceptions.APIException):
    """503: the database cannot be reached; come back soon."""

    status_code = 503
    default_code = "unavailable"
    default_detail = "The service cannot reach its database; try again in some seconds."
    wait = 5


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
    if isinstance(error, Refused | BadParameters | Named | NotThere):
        set_rollback()
        return _domain(request, error)
    known = _api_exception(error)
    if known is None:
        return None
    set_rollback()
    headers = {}
    if header := getattr(known, "auth_header", None):
        headers["WWW-Authenticate"] = header
    if wait := getattr(known, "wait", None):
        headers["Retry-After"] = str(max(1, round(wait)))
    return _response(request, known.status_code, headers, **_members(known))


def _api_exception(error: Exception) -> exceptions.APIException | None:
    if isinstance(error, Http404):
        return exceptions.NotFound()
    if isinstance(error, DjangoPermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(error, OperationalError | InterfaceError):
        logger.error("The database failed a request of the API", exc_info=error)
        return Unavailable()
    return error if isinstance(error, exceptions.APIException) else None


def _members(error: exceptions.APIException) -> dict[str, Any]:
    if isinstance(error, exceptions.ValidationError):
        errors = [_entry(e.attr or "", str(e.code), str(e.detail)) for e in flatten_errors(error.detail)]
        return {"code": "invalid", "detail": _count(errors), "errors": errors}
    found: Any = error.get_codes()
    return {"code": found if isinstance(found, str) else "error", "detail": str(error.detail)}


def _domain(request: Request, error: Refused | BadParameters | Named | NotThere) -> Response:
    if isinstance(error, NotThere):
        return _response(request, 404, code="not_found", detail=_("There is nothing here."))
    in_query = isinstance(error, BadParameters) or (isinstance(error, Named) and error.parameter)
    errors = [_entry(p.field, p.code, str(p.detail), in_query=in_query) for p in error.problems]
    if isinstance(error, Named) or all(p.code in NOT_THERE for p in error.problems):
        return _response(request, 404, code="not_found", detail=errors[0]["detail"], errors=errors)
    if isinstance(error, Outdated):
        return _response(request, 409, code="outdated", detail=errors[0]["detail"], errors=errors)
    if isinstance(error, Refused) and len(error.problems) == 1 and not error.problems[0].field:
        only = error.problems[0]
        return _response(request, 400, code=only.code, detail=str(only.detail))
    return _response(request, 400, code="invalid", detail=_count(errors), errors=errors)


def _entry(field: str, code: str, detail: str, *, in_query: bool = False) -> dict[str, str]:
    """One wrong field: a JSON pointer into the body, or the name of a parameter."""
    parts = [part for part in field.split(".") if part and part != "non_field_errors"]
    where = {"parameter": field} if in_query else {"pointer": "#" + "".join(f"/{part}" for part in parts)}
    return {**where, "code": code, "detail": detail}


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


def plain(request: HttpRequest, status: int, code: str, detail: str = "") -> JsonResponse:
    """A problem outside DRF: Django's own 400, 404 and 500."""
    members = body(request, status, code=code, detail=detail)
    return JsonResponse(members, status=status, content_type=CONTENT_TYPE)


class ErrorEntry(serializers.Serializer[Any]):
    pointer = serializers.CharField(required=False, help_text="JSON pointer to the field in the body.")
    parameter = serializers.CharField(required=False, help_text="Name of the parameter in the query.")
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
