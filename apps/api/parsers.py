"""JSON as the standard has it and as PostgreSQL can keep it; everything else is a 400 that says what is wrong."""

import json
import math
import re
from typing import Any, ClassVar, NoReturn

from django.utils.http import parse_header_parameters
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser

from apps.core import packing

MAX_BODY = 10 * 1024 * 1024
MAX_DEPTH = 100
_SUSPECT = re.compile(rb"\\u(0000|[dD][89a-fA-F])")


class TooLarge(APIException):
    """413."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "The body is larger than 10 MB; send it in parts."
    default_code = "too_large"


class UnknownEncoding(UnsupportedMediaType):
    """415: packed in a way that nobody here unpacks."""

    default_code = "unknown_encoding"
    headers: ClassVar[dict[str, str]] = {"Accept-Encoding": "gzip, deflate"}

    def __init__(self, detail: str) -> None:
        super().__init__("", detail)


class LengthRequired(APIException):
    """411: a body of unknown length is not read, and taking it for none would be a lie."""

    status_code = status.HTTP_411_LENGTH_REQUIRED
    default_detail = "Send the body with its Content-Length, not in chunks."
    default_code = "length_required"


class StrictJSONParser(BaseParser):
    """No NaN, no Infinity, no number beyond a float, no NUL, no half surrogate pair, no BOM, no abyss.

    The body may be packed; packed and unpacked it has at most `MAX_BODY` bytes.
    """

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        _check_charset(media_type or "")
        raw: bytes = stream.read(MAX_BODY + 1)
        if len(raw) > MAX_BODY:
            raise TooLarge
        return loads(_unpacked(raw, stream.headers.get("Content-Encoding", "identity")))


def _check_charset(media_type: str) -> None:
    """JSON is UTF-8; what says that it is something else is refused, not misread."""
    try:
        _name, parameters = parse_header_parameters(media_type)
    except ValueError:  # RFC 2231 with a charset that there is not
        parameters = {"charset": media_type.partition(";")[2]}
    charset = parameters.get("charset", "utf-8")
    if charset.lower() not in {"utf-8", "utf8"}:
        detail = _("The charset %(name)s is not taken: JSON is UTF-8.") % {"name": charset[:40]}
        raise UnsupportedMediaType(media_type, detail, "unknown_charset")


def _unpacked(raw: bytes, encoding: str) -> bytes:
    try:
        return packing.unpack(raw, encoding, most=MAX_BODY)
    except packing.UnknownEncoding as error:
        raise UnknownEncoding(str(error)) from error
    except packing.NotPacked as error:
        raise ParseError(str(error), "not_packed") from error
    except packing.TooLarge as error:
        raise TooLarge from error


def loads(raw: bytes) -> Any:
    """The value of a body; ParseError says what is wrong with it."""
    try:
        value = json.loads(raw.decode(), parse_constant=_constant, parse_float=_float)
    except UnicodeDecodeError as error:
        raise ParseError(
            _("The body is no UTF-8: byte %(n)d.") % {"n": error.start}, "invalid_utf8"
        ) from error
    except json.JSONDecodeError as error:
        where = {"why": error.msg, "line": error.lineno, "column": error.colno}
        raise ParseError(
            _("The body is no JSON: %(why)s, line %(line)d column %(column)d.") % where
        ) from error
    except RecursionError as error:
        raise ParseError(_("The body is nested too deeply."), "too_deep") from error
    except ValueError as error:  # a number of more digits than Python reads, or one of the two below
        raise ParseError(_("The body holds a number that is out of range."), "number_out_of_range") from error
    _check(value, texts=bool(_SUSPECT.search(raw)))
    return value


def _constant(name: str) -> NoReturn:
    raise ValueError(name)


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _check(value: Any, *, texts: bool) -> None:
    """Depth, and texts where an escape looked as if it could not be kept."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise ParseError(_("The body is nested too deeply."), "too_deep")
        if texts:
            _check_texts(level)
        level = [
            child
            for one in level
            if isinstance(one, dict | list)
            for child in (one.values() if isinstance(one, dict) else one)
        ]


def _check_texts(level: list[Any]) -> None:
    for one in level:
        for text in one if isinstance(one, dict) else [one]:
            if isinstance(text, str) and (
                "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text)
            ):
                raise ParseError(
                    _("The body holds a NUL character or half a surrogate pair."), "not_storable"
                )
