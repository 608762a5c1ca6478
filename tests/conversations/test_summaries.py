"""What lists show of a conversation is what its events say, in whatever order they came."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command

from apps.conversations.models import Conversation, Event, Held
from apps.intake.services import take_events
from tests.cast import Cast

T0 = datetime(2026, 5, 4, 12, tzinfo=UTC)
KINDS: list[dict[str, Any]] = [
    {"type": "message", "author": {"kind": "person"}},
    {"type": "message", "author": {"kind": "agent", "agent": "ana"}},
    {"type": "message", "author": {"kind": "bot"}},
    {"type": "message", "author": {"kind": "agent", "agent": "ben"}, "public": False},
    {"type": "assignment", "agent": "ana", "group": "sales"},
    {"type": "assignment", "agent": "ben"},
    {"type": "assignment", "group": "support", "link": "https://chat.example/a"},
    {"type": "assignment", "agent": None, "group": None},
    {"type": "assignment"},
    {"type": "status", "status": "open"},
    {"type": "status", "status": "solved", "link": "https://chat.example/b"},
    {"type": "rating", "rating": {"score": "good"}},
]


def some_events(seed: int) -> list[dict[str, Any]]:
    """Forty events of three conversations, several at one instant."""
    rng = random.Random(seed)
    return [
        {
            **rng.choice(KINDS),
            "id": f"e{number}",
            "conversation": f"T-{rng.randrange(3)}",
            "channel": "web",
            "time": (T0 + timedelta(minutes=rng.randrange(12))).isoformat(),
            "seq": rng.randrange(3),
        }
        for number in range(40)
    ]


def plain(account_id: int) -> dict[str, dict[str, Any]]:
    """Each conversation's summary, written down by walking its events."""
    found: dict[str, dict[str, Any]] = {}
    for one in Conversation.objects.filter(account_id=account_id):
        says: dict[str, Any] = {
            "person_said_at": None, "agent_said_at": None, "status": 20, "agent_id": None, "group_id": None,
            "link": None, "held": set(),
        }  # fmt: skip
        events = Event.objects.filter(account_id=account_id, conversation_id=one.pk)
        for event in events.order_by("time", "seq", "id"):
            says["last_at"] = event.time
            if event.kind == Event.Kind.PERSON:
                says["person_said_at"] = event.time
            if event.kind == Event.Kind.AGENT:
                says["agent_said_at"] = event.time
            if 20 <= event.kind <= 25:
                says["status"] = event.kind
            if event.kind in (10, 11):
                says["agent_id"] = event.agent_id
                says["held"] |= {("agent", event.agent_id)} if event.agent_id else set()
            if event.kind in (10, 12):
                says["group_id"] = event.group_id
                says["held"] |= {("group", event.group_id)} if event.group_id else set()
            says["link"] = (event.detail or {}).get("link", says["link"])
        found[one.ticket] = says
    return found


def kept(account_id: int) -> dict[str, dict[str, Any]]:
    """The same out of the stored summaries."""
    found = {}
    for one in Conversation.objects.filter(account_id=account_id):
        held = Held.objects.filter(account_id=account_id, conversation_id=one.pk)
        assert {row.last_at for row in held} <= {one.last_at}
        names = (
            "last_at", "person_said_at", "agent_said_at", "status", "agent_id", "group_id", "link",
        )  # fmt: skip
        found[one.ticket] = {name: getattr(one, name) for name in names}
        found[one.ticket]["held"] = {("group" if row.by_group else "agent", row.holder_id) for row in held}
    return found


@pytest.mark.parametrize("seed", range(6))
def test_summaries_are_what_the_events_say_in_any_order_and_batches(cast: Cast, seed: int) -> None:
    rng = random.Random(seed)
    events = some_events(seed)
    rng.shuffle(events)
    while events:
        size = rng.randrange(1, 9)
        batch, events = events[:size], events[size:]
        take_events(account_id=cast.account.pk, raw=batch + batch[:2])
    due = plain(cast.account.pk)
    assert kept(cast.account.pk) == due
    Held.objects.all().delete()
    Conversation.objects.update(last_at=T0, status=21, agent_id=None, group_id=None, link=None)
    call_command("rebuild_conversations", account=cast.account.pk)
    assert kept(cast.account.pk) == due


def test_an_event_that_is_known_already_changes_no_summary(cast: Cast) -> None:
    event = {**KINDS[4], "id": "e1", "conversation": "T-1", "channel": "web", "time": T0.isoformat()}
    take_events(account_id=cast.account.pk, raw=[event])
    before = kept(cast.account.pk)
    take_events(account_id=cast.account.pk, raw=[{**event, "agent": "ben", "group": "support"}])
    assert kept(cast.account.pk) == before


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "ftp://chat.example/1", "https://", "//chat.example/1", "https://a b/", "http://[::1", ""]
)  # fmt: skip
def test_a_link_leads_to_the_web_or_is_refused(cast: Cast, link: str) -> None:
    event = {
        **KINDS[0],
        "id": "e1",
        "conversation": "T-1",
        "channel": "web",
        "time": T0.isoformat(),
        "link": link,
    }
    outcome = take_events(account_id=cast.account.pk, raw=[event])
    assert [one.code for one in outcome.rejected] == ["invalid"]
    assert "link" in outcome.rejected[0].detail
