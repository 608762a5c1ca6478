"""A good body for each POST of the API, by the name of its address; hostile ones are made of these."""

from typing import Any

from apps.core import clock
from tests.cast import Cast


def hit(**values: Any) -> dict[str, Any]:
    at = clock.now().isoformat()
    return {
        "id": "h1",
        "time": at,
        "type": "pageview",
        "url": "https://shop.example/thanks",
        "client_id": "7",
        **values,
    }


def event(**values: Any) -> dict[str, Any]:
    at = clock.now().isoformat()
    return {
        "id": "e1", "conversation": "t1", "channel": "web", "time": at, "type": "message",
        "person": {"client_id": "7"}, "author": {"kind": "person"}, "text": "Hello", **values,
    }  # fmt: skip


def goal(**values: Any) -> dict[str, Any]:
    return {
        "name": "Thanks", "active": False, "groups": ["sales"], "attribution": "last_touch", "window_days": 7,
        "conditions": [{"category": "url", "operator": "contains", "value": "/thanks"}], **values,
    }  # fmt: skip


def good(cast: Cast) -> dict[str, dict[str, Any]]:
    """`{name of the address: body}` of every POST that takes one."""
    return {
        "members": {"email": "new@shop.example", "role": "analyst"},
        "agents": {
            "external_id": "new", "name": "New", "email": "new@shop.example", "kind": "human", "groups": ["sales"],
        },
        "groups": {"external_id": "new", "name": "New"},
        "channels": {"external_id": "web", "name": "Site", "kind": "web"},
        "counters": {
            "name": "Shop",
            "site": "https://shop.example",
            "allowed_origins": [],
            "user_ids": True,
            "visit_timeout_s": 3600,
            "consent": "required",
            "without_consent": "nothing",
            "respect_dnt": True,
            "respect_gpc": True,
        },
        "hits": {"hits": [hit()]},
        "events": {"events": [event()]},
        "goals": goal(),
        "chat-goals": {
            "channel": "web", "condition": {"category": "url", "operator": "contains", "value": "/thanks"},
            "frame_days": 3,
        },
        "test-url": {
            "url": "https://shop.example/thanks",
            "conditions": [{"category": "url", "operator": "contains", "value": "/thanks"}],
        },
        "tokens": {"name": "sync", "scope": "ingest", "counter": cast.counter.pk, "expires_at": "2999-01-01T00:00:00Z"},
    }  # fmt: skip
