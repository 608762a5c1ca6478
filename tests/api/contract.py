"""Holds each answer of the tests against the OpenAPI document: its status, headers and body, and what was asked.

`check` is called by the tests' clients. Whatever the document does not say is an error here: a member of an answer,
a status, a parameter.
"""

import copy
import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jsonschema_rs
from django.urls import Resolver404, resolve

from apps.api.schema import generated

BASE = "/api/v1/"
UNDOCUMENTED = frozenset({405, 500})
"""Statuses that no operation names: there is no such operation, or a test made it fail. Problems all the same."""


@cache
def document() -> dict[str, Any]:
    """The document with closed objects: what an answer holds beyond it is told."""
    found: dict[str, Any] = copy.deepcopy(generated())
    for schema in found["components"]["schemas"].values():
        _close(schema)
    return found


def _close(schema: dict[str, Any]) -> None:
    if "properties" in schema:
        schema.setdefault("additionalProperties", False)
    for inner in schema.get("properties", {}).values():
        _close(inner)


@cache
def validator(pointer: str) -> Any:
    """The validator of the schema at this place of the document; made once a process."""
    schema: Any = document()
    for part in _parts(pointer):
        schema = schema[part]
    root = {**schema, "components": document()["components"]}
    return jsonschema_rs.Draft202012Validator(root, validate_formats=True)


@cache
def operations() -> dict[tuple[str, str], str]:
    """`{(method, address with its parameters): place in the document}`."""
    return {
        (method.upper(), path): f"/paths/{path.replace('~', '~0').replace('/', '~1')}/{method}"
        for path, methods in document()["paths"].items()
        for method in methods
    }


def check(method: str, url: str, body: bytes, headers: Mapping[str, str], answer: Any) -> None:
    """Assert that the document foresees this answer, and the request too where it was taken."""
    parts = urlsplit(url)
    if not parts.path.startswith(BASE) or method == "OPTIONS":
        return
    if method == "HEAD":
        assert answer.content == b"", (method, url)
        return
    place = operations().get((method, template(parts.path)))
    if place is None or answer.status_code in UNDOCUMENTED:
        assert answer.status_code >= 400, (method, url, answer.status_code)
        _valid("/components/schemas/ProblemShape", answer.json(), (method, url))
        return
    told = (method, url, answer.status_code)
    response = at(f"{place}/responses").get(str(answer.status_code))
    assert response is not None, ("no such status is documented", *told, answer.content[:500])
    _answer(f"{place}/responses/{answer.status_code}", answer, told)
    if answer.status_code < 300:
        _request(place, parts.query, body, headers, told)


def template(path: str) -> str:
    """The address as the document writes it: /api/v1/agents/{external_id}/."""
    try:
        route = resolve(path).route
    except Resolver404:
        return ""
    return route_template(route)


def route_template(route: str) -> str:
    """A route of the resolver as the document writes it."""
    return "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", route)


def at(pointer: str) -> Any:
    """What stands at a place of the document, references followed."""
    value: Any = document()
    for part in _parts(pointer):
        value = value[part]
        if isinstance(value, dict) and (reference := value.get("$ref")):
            value = at(reference.removeprefix("#"))
    return value


def _parts(pointer: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def _place(pointer: str) -> str:
    """The place itself, where a reference stands there."""
    found = document()
    for part in _parts(pointer):
        found = found[part]
        if "$ref" in found:
            return str(found["$ref"]).removeprefix("#")
    return pointer


def _answer(pointer: str, answer: Any, told: tuple[Any, ...]) -> None:
    response = at(pointer)
    for name, header in response.get("headers", {}).items():
        assert name in answer.headers or not header.get("required"), ("a header is missing", name, *told)
    content = response.get("content")
    if content is None:
        assert answer.content == b"", ("a body where none is documented", *told)
        return
    kind = answer.headers["Content-Type"].split(";")[0]
    assert kind in content, ("no such content type is documented", kind, *told)
    if kind.endswith("json"):
        where = f"{_place(pointer)}/content/{kind.replace('/', '~1')}/schema"
        _valid(where, answer.json(), told)


def _request(place: str, query: str, body: bytes, headers: Mapping[str, str], told: tuple[Any, ...]) -> None:
    operation = at(place)
    parameters = {(one["in"], one["name"]): one for one in operation.get("parameters", [])}
    for name, _value in parse_qsl(query, keep_blank_values=True):
        assert ("query", name) in parameters, ("a parameter that is not documented was taken", name, *told)
    for name in headers:
        if name in {"Idempotency-Key", "If-Match", "If-None-Match"}:
            assert ("header", name) in parameters, ("a header that is not documented was sent", name, *told)
    if "requestBody" in operation and "Content-Encoding" not in headers:
        _valid(f"{place}/requestBody/content/application~1json/schema", json.loads(body), told)


def _valid(pointer: str, value: Any, told: tuple[Any, ...]) -> None:
    for error in validator(pointer).iter_errors(value):
        raise AssertionError((error.message, list(error.instance_path), *told, str(value)[:1000]))
