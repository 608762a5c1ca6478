"""JSON as the standard has it and as PostgreSQL can keep it; everything else is a 400 that says what is wrong."""

import json
import math
import re
from typing import Any, NoReturn

from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

MAX_BODY = 10 * 1024 * 1024
MAX_DEPTH = 100
_SUSPECT = re.compile(rb"\\u(0000|[dD][89a-fA-F])")


class TooLarge(APIException):
    """413."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "The body is larger than 10 MB; send it in parts."
    default_code = "too_large"


class StrictJSONParser(BaseParser):
    """No NaN, no Infinity, no number beyond a float, no NUL, no half surrogate pair, no BOM, no abyss."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        raw: bytes = stream.read(MAX_BODY + 1)
        if len(raw) > MAX_BODY:
            raise TooLarge
        return loads(raw)


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
