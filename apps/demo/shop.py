"""What the demo's shop has before anybody comes: people who answer, places to talk, a site, goals. Pure."""

from datetime import date, datetime, timedelta
from typing import Any

from apps.core import periods

ACCOUNT = "Demo shop"
OWNER = "owner@demo-shop.example"
ZONE = periods.zone("Europe/Berlin")
CURRENCY = "EUR"
SITE = "https://demo-shop.example"
DAYS = timedelta(days=10)

COUNTER: dict[str, Any] = {"name": "Web shop", "site": SITE}
GROUPS: list[dict[str, Any]] = [
    {"external_id": "sales", "name": "Sales"},
    {"external_id": "support", "name": "Support & returns"},
]


def _agent(external_id: str, name: str, *groups: str, kind: str = "human") -> dict[str, Any]:
    email = f"{external_id}@demo-shop.example"
    return {"external_id": external_id, "name": name, "email": email, "kind": kind, "groups": list(groups)}


# Names that are long, run from right to left, hold emoji, or look like a formula: pages and CSVs bear them all.
AGENTS: list[dict[str, Any]] = [
    _agent("ana", "Ana Köhler", "sales"),
    _agent("ben", "Ben Okafor", "sales"),
    _agent("temp-7", '+49 temp (“ask Ben”), <b>or</b> "nobody"', "sales"),
    _agent("nour", "نور الهدى", "support"),
    _agent(
        "max",
        "Maximiliane-Konstanze von und zu Hohenstein-Waldeck-Oberreifenberg 🦊🧑🏽\u200d💻",
        "sales",
        "support",
    ),
    _agent("pixel", "Pixel 🤖", "sales", "support", kind="bot"),
]
CHANNELS: list[dict[str, Any]] = [
    {"external_id": "widget", "name": "Chat on the site", "kind": "web"},
    {"external_id": "tg", "name": "Telegram @demoshop", "kind": "telegram"},
    {"external_id": "wa", "name": "WhatsApp — واتساب", "kind": "whatsapp"},
    {"external_id": "ios", "name": "iOS app", "kind": "ios"},
    {"external_id": "mail", "name": "E-mail", "kind": "email"},
    {"external_id": "market", "name": "Marketplace bot", "kind": "third_party_bot"},
]

THANKS, WELCOME, SPRING, RETURNS = "Order placed", "Joined the club 🎉", "Spring sale", "Read about returns"
PAGES = {
    THANKS: "/order/thanks?order={n}",
    WELCOME: "/club/welcome?lang=de",
    SPRING: "/aktion/frühling/danke",
    RETURNS: "/help/returns",
}
"""A page that meets the goal; `{n}` is a number of its own for each visit."""
GROUPS_OF = {
    THANKS: ("sales",),
    WELCOME: ("sales", "support"),
    SPRING: ("sales",),
    RETURNS: ("support",),
}
WINDOWS = {THANKS: 7, WELCOME: 30, SPRING: 3, RETURNS: 14}
FIRST_WELCOME_WINDOW = 14
"""Until the edit."""
PURCHASE = "purchase"
"""An event of the shop's pages."""
CHAT_GOALS: list[dict[str, Any]] = [
    {
        "channel": channel,
        "condition": {"category": "event", "operator": "is", "value": PURCHASE},
        "frame_days": days,
    }
    for channel, days in (("widget", 3), ("wa", 7))
]
TRACKED = {THANKS: DAYS, WELCOME: DAYS, SPRING: timedelta(days=5), RETURNS: timedelta(days=4)}
"""How long after the beginning visits to the page are made up; the last two end or are switched off then."""
EDITED_AFTER, SWITCHED_OFF_AFTER = timedelta(days=5), TRACKED[RETURNS]


def goals(beginning: datetime) -> list[dict[str, Any]]:
    """The goals as they are made at the beginning."""
    start = periods.date_of(beginning, ZONE)
    return [
        _goal(
            THANKS,
            start,
            "last_touch",
            _contains("/order/thanks"),
            transaction_value="49.90",
            description="An order went through.",
        ),
        _goal(WELCOME, start, "first_touch", _contains("/club/welcome")),
        _goal(
            SPRING,
            start,
            "last_touch",
            _contains("/frühling/"),
            _is(f"{SITE}/sale/spring"),
            end_date=(start + timedelta(days=5)).isoformat(),
            transaction_value="19.5",
        ),
        _goal(RETURNS, start, "first_touch", _contains("/help/returns")),
    ]


def edit() -> dict[str, Any]:
    """What the goal of the club says from the fifth day on."""
    return {
        "conditions": [_contains("/club/welcome"), _is(f"{SITE}/club/danke")],
        "window_days": WINDOWS[WELCOME],
        "description": "Since the edit, the German page counts too.",
    }


def _goal(
    name: str, start: date, attribution: str, *conditions: dict[str, str], **more: Any
) -> dict[str, Any]:
    return {
        "name": name,
        "active": True,
        "start_date": start.isoformat(),
        "groups": list(GROUPS_OF[name]),
        "attribution": attribution,
        "window_days": FIRST_WELCOME_WINDOW if name == WELCOME else WINDOWS[name],
        "conditions": list(conditions),
        **more,
    }


def _contains(value: str) -> dict[str, str]:
    return {"category": "url", "operator": "contains", "value": value}


def _is(value: str) -> dict[str, str]:
    return {"category": "url", "operator": "is", "value": value}
