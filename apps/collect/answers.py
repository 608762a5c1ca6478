"""The edge's answers, ready to send."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec

from apps.intake.records import Rejected

Headers = list[tuple[str, str]]


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What a WSGI server needs."""

    status: str
    headers: Headers
    body: bytes = b""


def _status(code: int) -> str:
    return f"{code} {HTTPStatus(code).phrase}"


_TAKEN = _status(202)
NOSNIFF = ("X-Content-Type-Options", "nosniff")
"""On every answer: what a sender wrote may stand in a refusal."""
EMPTY: Headers = [("Content-Length", "0"), NOSNIFF]
NO_HEADERS: Headers = []
FRESH: Headers = [
    ("Cache-Control", "no-store, no-cache, must-revalidate, private, max-age=0"),
    ("Pragma", "no-cache"),
    ("Expires", "0"),
]
GIF = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00"
    b",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
PREFLIGHT: Headers = [
    ("Access-Control-Allow-Methods", "GET, POST"),
    ("Access-Control-Allow-Headers", "Content-Type, Content-Encoding"),
    ("Access-Control-Max-Age", "600"),
    NOSNIFF,
]


def taken(headers: Headers) -> Answer:
    """All hits are safe."""
    return Answer(_TAKEN, EMPTY + headers)


def taken_in_part(count: int, rejected: Sequence[Rejected], headers: Headers) -> Answer:
    """Some hits are safe; the others are listed."""
    body = msgspec.json.encode({"accepted": count, "rejected": rejected})
    return _with_body(202, "application/json", body, headers)


def preflight(headers: Headers) -> Answer:
    """The browser may send."""
    return Answer(_status(204), PREFLIGHT + headers)


def problem(code: int, machine: str, detail: str, headers: Headers, **more: Any) -> Answer:
    """A refusal as RFC 9457 has it."""
    told = {
        "type": "about:blank",
        "title": HTTPStatus(code).phrase,
        "status": code,
        "code": machine,
        "detail": detail,
        **more,
    }
    return _with_body(code, "application/problem+json", msgspec.json.encode(told), headers)


def gif(headers: Headers) -> Answer:
    """The smallest picture there is: one transparent dot."""
    return _with_body(200, "image/gif", GIF, [*FRESH, *headers])


def told(value: Any, headers: Headers) -> Answer:
    """An answer that a program reads."""
    return _with_body(200, "application/json", msgspec.json.encode(value), [*FRESH, *headers])


def called(function: str, value: Any, headers: Headers) -> Answer:
    """The same as a script that calls a function of the page."""
    script = b"/**/%s(%s);" % (function.encode(), msgspec.json.encode(value))
    return _with_body(200, "text/javascript", script, [*FRESH, *headers])


def _with_body(code: int, kind: str, body: bytes, headers: Headers) -> Answer:
    always: Headers = [("Content-Type", kind), ("Content-Length", str(len(body))), NOSNIFF]
    return Answer(_status(code), always + headers, body)
