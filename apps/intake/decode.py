"""From JSON to records: each item by itself, so that a bad one never spoils its neighbours. Pure."""

import re
from collections.abc import Callable
from datetime import UTC
from typing import Any, TypeVar

import msgspec

from apps.core.errors import Problem
from apps.intake.records import EventIn, HitIn

Shape = TypeVar("Shape", HitIn, EventIn)

_DECODE: dict[type[HitIn] | type[EventIn], Callable[[bytes | msgspec.Raw], Any]] = {
    shape: msgspec.json.Decoder(shape).decode for shape in (HitIn, EventIn)
}
_PATH = re.compile(r" - at `\$\.?(.*)`$")
_MISSING = re.compile(r"missing required field `(\w+)`")


def decode_hit(raw: bytes | dict[str, Any] | Any) -> HitIn | Problem:
    """A hit from JSON bytes or from an object read already."""
    return _decode(raw, HitIn)


def decode_event(raw: bytes | dict[str, Any] | Any) -> EventIn | Problem:
    """A conversation event from JSON bytes or from an object read already."""
    return _decode(raw, EventIn)


def _decode(raw: bytes | dict[str, Any] | Any, shape: type[Shape]) -> Shape | Problem:
    try:
        decoded: Shape = (
            _DECODE[shape](raw) if isinstance(raw, bytes | msgspec.Raw) else msgspec.convert(raw, shape)
        )
        if decoded.time.tzinfo is not UTC and decoded.time.tzinfo is not None:
            decoded.time = decoded.time.astimezone(UTC)  # PostgreSQL knows no offsets of 16 hours or more
        return decoded
    except msgspec.ValidationError as error:
        return _problem(str(error))
    except (msgspec.DecodeError, RecursionError) as error:
        return Problem("", "invalid_json", f"This is no valid JSON: {error}.")
    except OverflowError as error:
        return Problem("time", "invalid", f"A number or time is out of range: {error}.")


def _problem(message: str) -> Problem:
    path = _PATH.search(message)
    field = path.group(1).strip("[]`").replace("`", "") if path else ""
    words = _PATH.sub("", message).replace("`", "")
    if missing := _MISSING.search(message):
        field = f"{field}.{missing.group(1)}".strip(".")
        return Problem(field, "required", f"{field} is missing.")
    return Problem(field, "invalid", f"{field or 'This'}: {words[:1].lower()}{words[1:]}.")


def item_id(raw: Any) -> str | None:
    """The id that a rejected item carries, to name it by."""
    if isinstance(raw, dict) and isinstance(raw.get("id"), str):
        return str(raw["id"])[:128]
    return None
