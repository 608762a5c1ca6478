"""What the OpenAPI document says beyond what drf-spectacular reads from serializers, filters and addresses."""

from http import HTTPStatus
from typing import Any

import msgspec
from drf_spectacular.contrib.django_filters import DjangoFilterExtension
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent, force_instance, is_serializer
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from apps.api import fields, filters
from apps.api.idempotency import HEADER, KEY_PATTERN, REPLAYED
from apps.api.problems import CONTENT_TYPE, ProblemShape

ID = {"type": "integer", "format": "int64", "minimum": 1, "maximum": fields.MOST}
BODIES = frozenset({"POST", "PUT", "PATCH"})
HEADERS: dict[int, dict[str, str]] = {
    401: {"WWW-Authenticate": "How to sign in."},
    429: {"Retry-After": "Seconds until the next request is taken."},
    503: {"Retry-After": "Seconds until trying again makes sense."},
}
"""Headers that answers with a status always have."""
MEANINGS = {
    400: "The request cannot be understood or is not allowed to say this; `errors` names each place.",
    401: "No token, none that is valid, or no session.",
    403: "The token's scope, the caller's role or the missing CSRF token forbids it.",
    404: "There is nothing here that the caller may see, or something that the request names does not exist.",
    406: "The answer is JSON; the header Accept takes none.",
    409: "The Idempotency-Key was used with another request or is being answered now, or somebody else came first.",
    411: "The body has no Content-Length.",
    412: "The row is not, or no longer, as If-Match and If-None-Match have it; nothing was done.",
    413: "The body is too large, as it came or unpacked.",
    415: "The body is not JSON in UTF-8, or packed with something else than gzip or deflate.",
    429: "Too many requests.",
    503: "The database is away.",
}


class Schema(AutoSchema):
    """What holds for every operation: who is meant, how to send again, and each problem that may be answered."""

    def get_override_parameters(self) -> list[Any]:
        account = OpenApiParameter(
            "X-Account",
            ID,
            OpenApiParameter.HEADER,
            description="Number of the account; sessions with several.",
        )
        parameters = [account, *self._conditions()]
        if not self._repeatable():
            return parameters
        key = OpenApiParameter(
            HEADER,
            {"type": "string", "minLength": 1, "maxLength": 255, "pattern": KEY_PATTERN},
            OpenApiParameter.HEADER,
            description="Sent again with the same key and body, the request gets the same answer for a day.",
        )
        replayed = OpenApiParameter(
            REPLAYED,
            {"type": "string", "const": "true"},
            OpenApiParameter.HEADER,
            description="The answer was given before.",
            response=[200, 201, 202],
        )
        return [*parameters, key, replayed]

    def _conditions(self) -> list[Any]:
        """What is asked of one row: by whoever reads it, and by whoever changes it."""
        action = getattr(self.view, "action", None) or ""
        if_match = OpenApiParameter(
            "If-Match",
            {"type": "string", "minLength": 1},
            OpenApiParameter.HEADER,
            description="ETags that were answered, or `*`: nothing is done unless one is the row's.",
        )
        if_none_match = OpenApiParameter(
            "If-None-Match",
            {"type": "string", "minLength": 1},
            OpenApiParameter.HEADER,
            description="ETags that the caller has, or `*`: a GET answers 304 where one is the row's.",
        )
        if self.method in {"PUT", "PATCH", "DELETE"} or action in {"activate", "deactivate"}:
            return [if_match]
        if action == "create" and getattr(self.view, "by_external_id", False):
            return [if_match, if_none_match]
        return [if_none_match] if action == "retrieve" else []

    def _repeatable(self) -> bool:
        action = getattr(self.view, "action", None) or ""
        return bool(getattr(getattr(self.view, action, None), "repeatable", False))

    def _problems(self) -> list[int]:
        statuses = {400, 401, 403, 404, 406, 412, 429, 503}
        statuses |= {411, 413, 415} if self.method in BODIES else set()
        overtaken = getattr(self.view, "action", None) in getattr(self.view, "may_be_overtaken", ())
        return sorted(statuses | ({409} if self._repeatable() or overtaken else set()))

    def _get_response_bodies(self, *arguments: Any, **options: Any) -> Any:
        bodies = super()._get_response_bodies(*arguments, **options)
        if getattr(self.view, "action", None) == "retrieve":
            bodies["304"] = {"description": "The caller has this answer already."}
        return {**bodies, **{str(status): self._problem(status) for status in self._problems()}}

    def _problem(self, status: int) -> dict[str, str]:
        """The problem with this status: written once in the document, named by each operation."""
        problem = OpenApiResponse(ProblemShape, description=MEANINGS[status])
        found: dict[str, Any] = self._get_response_for_code(problem, str(status), media_types=[CONTENT_TYPE])  # type: ignore[no-untyped-call]
        headers = {
            name: {"description": words, "required": True, "schema": {"type": "string", "minLength": 1}}
            for name, words in HEADERS.get(status, {}).items()
        }
        component = ResolvedComponent(  # type: ignore[no-untyped-call]
            name=HTTPStatus(status).phrase.title().replace(" ", ""),
            type="responses",
            schema={**found, "headers": headers} if headers else found,
            object=status,
        )
        self.registry.register_on_missing(component)
        reference: dict[str, str] = component.ref
        return reference

    def _get_request_for_media_type(self, serializer: Any, direction: Any = "request") -> Any:
        """In PATCH all members may be left out where the view says so (`partial`), and then the body itself."""
        serializer = _instance(serializer)
        if is_serializer(serializer) and not serializer.partial:
            component = self.resolve_serializer(serializer, direction)
            return component.ref, True
        schema, _required = super()._get_request_for_media_type(serializer, direction)  # type: ignore[no-untyped-call]
        return schema, False

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        schema: dict[str, Any] = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        serializer = _instance(serializer)
        if isinstance(serializer, fields.Shape):
            if direction == "request":
                schema["additionalProperties"] = False
            else:  # what may be left out of a request is in every answer
                schema["required"] = sorted(schema["properties"])
            if not vars(type(serializer)).get("__doc__"):
                schema.pop("description", None)  # that of the base is not about this body
        return schema


def _instance(serializer: Any) -> Any:
    return force_instance(serializer)  # type: ignore[no-untyped-call]


class _Money(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    target_class = fields.Money

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        text = {"type": "string", "format": "decimal"}
        if direction == "response":
            return {**text, "pattern": fields.SHOWN_MONEY}
        number: dict[str, Any] = {"type": "number"}
        if self.target.min_value is not None:
            number["minimum"] = self.target.min_value
        return {"anyOf": [{**text, "pattern": fields.MONEY}, number]}


class _Batch(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Items are described by the structs that read them; what is none is taken too, and listed in the answer."""

    target_class = fields.Batch

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        (item,), parts = msgspec.json.schema_components(
            [self.target.record], ref_template="#/components/schemas/{name}"
        )
        for name, schema in parts.items():
            part = ResolvedComponent(name=name, type=ResolvedComponent.SCHEMA, schema=schema, object=name)  # type: ignore[no-untyped-call]
            auto_schema.registry.register_on_missing(part)
        other = {"description": "Anything else is listed in `rejected`; its neighbours are taken."}
        bounds = {"minItems": self.target.min_length, "maxItems": self.target.max_length}
        return {"type": "array", "items": {"anyOf": [item, other]}, **bounds}


class _FilterParameters(DjangoFilterExtension):  # type: ignore[no-untyped-call]
    """Filters say themselves what they take; their columns say nothing of it."""

    target_class = "apps.api.filters.Filters"
    priority = 1

    def resolve_filter_field(self, _schema: Any, _model: Any, _filterset: Any, name: str, taken: Any) -> Any:
        parameter = {"name": name, "in": "query", "required": False, "schema": _taken_by(taken)}
        words = str(taken.extra.get("help_text") or "")
        return [{**parameter, "description": words} if words else parameter]


def _taken_by(taken: Any) -> dict[str, Any]:
    """What a filter takes, in the words of JSON schema."""
    if isinstance(taken, filters.InstantFilter):
        return {"type": "string", "format": "date-time"}
    if isinstance(taken, filters.YesNoFilter):
        return {"type": "boolean"}
    if isinstance(taken, filters.NumberFilter):
        return {"type": "integer", "format": "int64", "minimum": 0, "maximum": filters.MOST}
    if isinstance(taken, filters.ChoiceFilter):
        return {"type": "string", "enum": [value for value, _label in taken.extra["choices"]]}
    longest = taken.extra.get("max_length")
    return {"type": "string", **({"maxLength": longest} if longest else {})}
