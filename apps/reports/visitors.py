"""The visitor card: what is known of a person, from their visits and conversations."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Max, Min, QuerySet, Sum

from apps.conversations.models import Conversation, Event
from apps.core import clock
from apps.people.holding import Held, held_by
from apps.people.models import Identity
from apps.visits.coming import coming_visits, newer_hits
from apps.visits.models import Visit
from apps.visits.of_person import OF_STRETCHES, Stretch, arguments
from apps.visits.selectors import visits_of

__all__ = ["VisitorCard", "visitor_card"]

LOOKED_AT = 200
"""Of so many latest visits the card takes what it shows of device, place and campaign."""
WIDGET_EVENT = "jivo_visitor"
MESSENGERS = tuple(
    kind for kind in Identity.Kind if Identity.Kind.TELEGRAM <= kind <= Identity.Kind.MESSENGER
)


@dataclass(frozen=True)
class VisitorCard:
    """What is known of a person; None and empty: nothing was said of it. Texts are the visitor's own: escape them."""

    first_visit_at: datetime | None = None
    last_visit_at: datetime | None = None  # when it began
    last_seen_at: datetime | None = None  # the last hit
    visits: int = 0
    pages: int = 0
    events: int = 0
    landing_page: str = ""  # of the first visit, as the referrer
    referrer: str = ""
    source: dict[str, str] = field(default_factory=dict)  # kind, name, campaign of the first visit
    utm: dict[str, str] = field(default_factory=dict)  # of the latest visit that had any
    click_ids: dict[str, str] = field(default_factory=dict)  # the same
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

    @property
    def came_by(self) -> str:
        """The source of the first visit in words."""
        if not self.source:
            return ""
        words = f"{Visit.Source(self.source['kind']).label} {self.source['name']}".strip()
        return f"{words} · {self.source['campaign']}" if self.source["campaign"] else words


_WIDGET = (
    "SELECT h.detail #>> '{params,jivo}'"
    + OF_STRETCHES
    + f" WHERE h.name = '{WIDGET_EVENT}' ORDER BY h.time DESC LIMIT 20"
)


def visitor_card(account_id: int, person_id: int) -> VisitorCard:
    """The card of a person, in a fixed number of queries. Somebody who is not there has an empty one.

    Visits, pages and events are those of the stored visits, which the lists of visits show: at most a minute behind,
    and as behind as those lists. Newer hits say only when the person was last seen, and of somebody who has no visit
    yet what the first one will say, without being counted. A visit goes when its account keeps none of its hits any
    more; the first visit is then the first that is kept, the source that of the very first, which visits hand on.
    """
    held = held_by(account_id=account_id, person_id=person_id)
    stretches = [Stretch(one.identity.pk, one.since, one.until) for one in held]
    kept = visits_of(account_id=account_id, person_id=person_id)
    counts = _counts(kept)
    ended = counts.pop("ended")
    newer = newer_hits(account_id=account_id, stretches=stretches, after=ended or clock.BEGINNING)
    shown = list(kept[:LOOKED_AT]) or coming_visits(account_id=account_id, person_id=person_id, hits=newer)
    said = _asked(_WIDGET, arguments(account_id, stretches))
    return VisitorCard(
        **counts,
        last_seen_at=newer[0].time if newer else ended,
        messengers=_messengers(held),
        **_of_entry(kept.last() or (shown[-1] if shown else None)),
        **_of_latest(shown),
        **_of_chats(account_id, person_id, _widget(text for (text,) in said)),
    )


def _counts(kept: QuerySet[Visit]) -> dict[str, Any]:
    """What the visits come to, and when the last of them ended."""
    return kept.aggregate(
        visits=Count("pk"),
        first_visit_at=Min("started_at"),
        last_visit_at=Max("started_at"),
        ended=Max("ended_at"),
        pages=Sum("pages", default=0),
        events=Sum("events", default=0),
    )


def _asked(query: str, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, given)
        return list(cursor.fetchall())


def _of_entry(first: Visit | None) -> dict[str, Any]:
    """How the person came to begin with."""
    if first is None:
        return {}
    source = {"kind": first.first_source, "name": first.first_name, "campaign": first.first_campaign}
    return {"landing_page": first.landing_page, "referrer": first.referrer, "source": source}


def _of_latest(visits: Sequence[Visit]) -> dict[str, Any]:
    """What the latest visit that says something says: of its sender, its place, its campaign, its click IDs."""
    found: dict[str, Any] = {}
    for visit in visits:
        if visit.device and "device" not in found:
            found |= {"device": visit.device, "browser": visit.browser, "os": visit.os}
        if visit.country and "country" not in found:
            found |= {"country": visit.country, "city": visit.city}
        if visit.click_ids:
            found.setdefault("click_ids", visit.click_ids)
        if utm := _utm(visit):
            found.setdefault("utm", utm)
    return found


def _utm(visit: Visit) -> dict[str, str]:
    """The UTM fields of the page that the visit began on, without their prefix."""
    said = {
        "source": visit.utm_source,
        "medium": visit.medium,
        "campaign": visit.campaign,
        "term": visit.term,
        "content": visit.content,
    }
    return {name: value for name, value in said.items() if value}


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
