"""The visitor card: what is known of a person, from their hits and conversations."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.db import connection

from apps.conversations.models import Conversation, Event
from apps.people.holding import Held, held_by
from apps.people.models import Identity
from apps.visits.models import Hit
from apps.visits.of_person import OF_STRETCHES, Stretch, arguments

__all__ = ["VisitorCard", "visitor_card"]

LOOKED_AT = 200
"""Of so many latest hits the card takes what it shows of device, place and campaign."""
WIDGET_EVENT = "jivo_visitor"
MESSENGERS = tuple(
    kind for kind in Identity.Kind if Identity.Kind.TELEGRAM <= kind <= Identity.Kind.MESSENGER
)


@dataclass(frozen=True)
class VisitorCard:
    """What is known of a person; None and empty: nothing was said of it. Texts are the visitor's own: escape them."""

    first_visit_at: datetime | None = None
    last_visit_at: datetime | None = None
    visits: int = 0
    pages: int = 0
    events: int = 0
    landing_page: str = ""
    referrer: str = ""  # of the first visit: the source of entry
    utm: dict[str, str] = field(default_factory=dict)  # of the latest visit that had any
    click_ids: dict[str, str] = field(default_factory=dict)
    country: str = ""  # ISO 3166 alpha-2
    city: str = ""
    device: str = ""
    browser: str = ""
    os: str = ""
    invited_at: datetime | None = None  # the chat widget's proactive invitation
    widget_closed_at: datetime | None = None
    callback_asked_at: datetime | None = None
    introduced: bool | None = None
    name: str = ""
    phone: str = ""
    email: str = ""
    description: str = ""
    blacklisted: bool | None = None
    ab_group: str = ""
    department: str = ""
    priority_agent: str = ""
    rated: bool | None = None
    last_message: str = ""
    last_message_at: datetime | None = None
    messengers: tuple[str, ...] = ()
    previous_sign_in: str = ""
    language: str = ""


_SUMS = (
    "WITH h AS (SELECT h.time, h.kind, h.time - lag(h.time) OVER (PARTITION BY h.counter_id ORDER BY h.time) AS gap"
    + OF_STRETCHES
    + " WHERE NOT h.robot)"
    " SELECT min(time), max(time), count(*) FILTER (WHERE gap IS NULL OR gap > interval '30 minutes'),"
    f" count(*) FILTER (WHERE kind = {int(Hit.Kind.PAGEVIEW)}),"
    f" count(*) FILTER (WHERE kind = {int(Hit.Kind.EVENT)}) FROM h"
)
_FIRST = (
    "SELECT h.url, h.detail ->> 'referrer'"
    + OF_STRETCHES
    + f" WHERE h.kind = {int(Hit.Kind.PAGEVIEW)} ORDER BY h.time LIMIT 1"
)
_LATEST = "SELECT h.url, h.detail::text" + OF_STRETCHES + f" ORDER BY h.time DESC LIMIT {LOOKED_AT}"
_WIDGET = (
    "SELECT h.detail #>> '{params,jivo}'"
    + OF_STRETCHES
    + f" WHERE h.name = '{WIDGET_EVENT}' ORDER BY h.time DESC LIMIT 20"
)


def visitor_card(account_id: int, person_id: int) -> VisitorCard:
    """The card of a person, in a fixed number of queries. Somebody who is not there has an empty one."""
    held = held_by(account_id=account_id, person_id=person_id)
    given = arguments(account_id, [Stretch(one.identity.pk, one.since, one.until) for one in held])
    ((first, last, visits, pages, events),) = _asked(_SUMS, given)
    entry = _asked(_FIRST, given)
    return VisitorCard(
        first_visit_at=first,
        last_visit_at=last,
        visits=visits,
        pages=pages,
        events=events,
        landing_page=(entry[0][0] or "") if entry else "",
        referrer=(entry[0][1] or "") if entry else "",
        messengers=_messengers(held),
        **_of_latest(_asked(_LATEST, given)),
        **_of_chats(account_id, person_id, _widget(text for (text,) in _asked(_WIDGET, given))),
    )


def _asked(query: str, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, given)
        return list(cursor.fetchall())


def _of_latest(rows: Sequence[tuple[str | None, str | None]]) -> dict[str, Any]:
    """The latest value of each field that has one."""
    found: dict[str, Any] = {}
    for url, text in rows:
        detail = json.loads(text) if text else {}
        for name in ("country", "city", "device", "browser", "os", "click_ids"):
            if detail.get(name) and name not in found:
                found[name] = detail[name]
        if "utm" not in found and (utm := _utm(url or "")):
            found["utm"] = utm
    return found


def _utm(url: str) -> dict[str, str]:
    """The UTM fields of an address, without their prefix."""
    try:
        pairs = parse_qsl(urlsplit(url).query)
    except ValueError:
        return {}
    return {name.removeprefix("utm_"): value for name, value in pairs if name.startswith("utm_") and value}


def _widget(texts: Iterable[str | None]) -> dict[str, str]:
    """What a chat widget kept in the visitor's browser: the latest of each key, `client_info` taken apart."""
    found: dict[str, str] = {}
    for text in texts:
        said = _object(text)
        for key, value in {**said, **_object(said.get("client_info"))}.items():
            if isinstance(value, str | int | float) and str(value):
                found.setdefault(key, str(value))
    return found


def _object(text: Any) -> dict[str, Any]:
    if isinstance(text, dict):
        return text
    try:
        value = json.loads(text) if isinstance(text, str) else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _of_chats(account_id: int, person_id: int, widget: Mapping[str, str]) -> dict[str, Any]:
    """What the widget and the conversations say; the conversations know better."""
    ids = list(
        Conversation.objects.filter(account_id=account_id, person_id=person_id)
        .order_by("-last_at")
        .values_list("pk", flat=True)[:100]
    )
    events = Event.objects.filter(account_id=account_id, conversation_id__in=ids)
    last = events.filter(kind=Event.Kind.PERSON).order_by("-time").first()
    rated = events.filter(kind=Event.Kind.RATING).exists()
    return {
        "invited_at": _instant(widget.get("invitation_time")),
        "widget_closed_at": _instant(widget.get("close_time")),
        "callback_asked_at": _instant(widget.get("cw_timer")),
        "introduced": _flag(widget.get("is_introduced")),
        "name": widget.get("client_name") or widget.get("display_name") or widget.get("name") or "",
        "phone": widget.get("phone", ""),
        "email": widget.get("email", ""),
        "description": widget.get("description", ""),
        "blacklisted": _flag(widget.get("is_blacklisted")),
        "ab_group": widget.get("ab_test_group", ""),
        "department": widget.get("department_id", ""),
        "priority_agent": widget.get("pa_id", ""),
        "rated": True if rated else _flag(widget.get("evaluate")),
        "last_message": str((last.detail or {}).get("text", "")) if last else widget.get("last_message", ""),
        "last_message_at": last.time if last else None,
        "previous_sign_in": widget.get("last_login", ""),
        "language": widget.get("site_lang", ""),
    }


def _messengers(held: Sequence[Held]) -> tuple[str, ...]:
    names = {one.identity.kind for one in held if one.identity.kind in MESSENGERS}
    return tuple(str(Identity.Kind(kind).label) for kind in sorted(names))


def _flag(text: str | None) -> bool | None:
    return None if text is None else text.strip().lower() not in {"", "0", "false", "no", "null", "undefined"}


def _instant(text: str | None) -> datetime | None:
    """Widgets write seconds or milliseconds since 1970."""
    try:
        seconds = float(text or "")
        return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
