"""Chats of the cast's shop, through intake: who holds them, and who bought."""

from datetime import datetime, timedelta
from typing import Any

from apps.accounts.models import Account
from apps.conversations.models import Conversation
from apps.core import clock
from apps.hourly import services as hourly
from apps.intake import services as intake
from tests.cast import Cast


def take(account: Account, *events: dict[str, Any]) -> None:
    outcome = intake.take_events(account_id=account.pk, raw=list(events))
    assert outcome.rejected == ()


def event(ticket: str, number: int, at: datetime, **said: Any) -> dict[str, Any]:
    when = (at + timedelta(seconds=number)).isoformat()
    return {"id": f"{ticket}-{number}", "conversation": ticket, "channel": "web", "time": when, **said}


def message(kind: str, text: str, agent: str | None = None) -> dict[str, Any]:
    return {"type": "message", "author": {"kind": kind, **({"agent": agent} if agent else {})}, "text": text}


def a_chat(
    account: Account,
    ticket: str = "T-1",
    *,
    agent: str | None = "ana",
    group: str | None = "sales",
    at: datetime | None = None,
    client: str = "1700000000123456",
    answered: bool = True,
) -> Conversation:
    """The person asks; somebody is assigned and answers."""
    at = at or clock.now() - timedelta(minutes=10)
    events = [
        event(ticket, 0, at, person={"client_id": client}, **message("person", "Is it true to size?")),
        event(ticket, 1, at, type="assignment", agent=agent, group=group),
    ]
    if answered:
        events.append(event(ticket, 2, at, **message("agent", "It is.", agent)))
    take(account, *events)
    return Conversation.objects.get(account=account, ticket=ticket)


def a_hit(
    cast: Cast,
    hit: str = "h1",
    *,
    at: datetime | None = None,
    url: str = "https://shop.example/thank-you",
    client: str = "1700000000123456",
    **said: Any,
) -> None:
    at = at or clock.now()
    raw = {"id": hit, "time": at.isoformat(), "type": "pageview", "url": url, "client_id": client, **said}
    assert intake.take_hits(counter=cast.counter, raw=[raw]).rejected == ()


def judge(cast: Cast) -> None:
    hourly.run_now(account_id=cast.account.pk)
