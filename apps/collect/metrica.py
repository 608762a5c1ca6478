"""What a hit is called in the forms of Metrica, and what it is here. Pure.

Its tag and its measurement protocol have no name for the hit itself. Where the sender gives a random number or the
event's own time, the id is a hash of all that stays the same when the same is sent again; where it gives neither,
two requests are two hits.
"""

import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any
from urllib.parse import unquote

import msgspec

from apps.collect.gate import Entry

Params = dict[str, Any]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SCHEMES = {"btn": "button", "form": "form"}
"""Events that Metrica's tag names by a scheme of its own, beside `goal`."""


@dataclass(slots=True)
class What:
    """What happened: a page view, or an event by its name."""

    event: str | None = None
    url: str | None = None  # of the page
    params: Params = field(default_factory=dict)


def goal(target: str, page: str | None) -> What | None:
    """The event in `goal://<host>/<name>`, or None if it is an ordinary address."""
    scheme, found, rest = target.partition("://")
    if not found or scheme not in {"goal", *SCHEMES}:
        return None
    name = rest.partition("/")[2]
    if scheme == "goal":
        return What(event=unquote(name), url=page)
    return What(event=SCHEMES[scheme], url=page, params={scheme: name})


def link(target: str, page: str | None, *, file: bool) -> What:
    """A click on a link that leads away."""
    if file:
        return What("file", page, {"url": target})
    kind = {"mailto": "email", "tel": "phone"}.get(target.partition(":")[0].lower(), "outbound")
    return What(kind, page, {"url": target})


def parameters(text: str | None, entry: Entry) -> Params:
    """What a page says of a visit, an event or its visitor; nothing where that cannot be read."""
    if not text:
        return {}
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        found = None
    if isinstance(found, dict):
        return found
    if isinstance(found, list):
        return {"params": found}
    entry.unreadable("params")
    return {}


@dataclass(slots=True)
class Said:
    """Parameters apart from what the tag keeps among them."""

    params: Params
    user_id: str | None
    visitor: Params | None  # of the visitor, not of the visit


def said(params: Params) -> Said:
    """`__ym.user_id` is what `setUserID` sends, `__ymu` what `userParams` does."""
    own = params.pop("__ym", None)
    visitor = params.pop("__ymu", None)
    user = own.get("user_id") if isinstance(own, dict) else None
    if isinstance(user, bool) or not isinstance(user, str | int):
        user = None
    return Said(params, None if user is None else str(user), visitor if isinstance(visitor, dict) else None)


def price(params: Params) -> tuple[str | None, str | None]:
    """What a goal was worth, as its page says it: value and currency."""
    value, currency = params.get("order_price"), params.get("currency")
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None, None
    return str(value), currency if isinstance(currency, str) else None


def seconds(text: str | None, entry: Entry) -> datetime | None:
    """An instant told in seconds since 1970; None where it is not told or cannot be one."""
    if not text:
        return None
    if text.isascii() and text.replace(".", "", 1).isdigit() and len(text) <= 20:
        with suppress(OverflowError):
            return _EPOCH + timedelta(microseconds=round(float(text) * 1_000_000))
    entry.unreadable("time")
    return None


def id_of(*parts: str) -> str:
    """The same for the same parts."""
    return blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=16).hexdigest()


def fresh_id() -> str:
    """Of a hit that nothing tells from the next."""
    return secrets.token_hex(16)
