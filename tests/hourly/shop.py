"""A shop in which people chat with Ana and then buy: facts for the hourly job, through the services."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from apps.core import clock
from apps.goals.drafts import ConditionDraft, GoalDraft
from apps.goals.models import MessagingGoal
from apps.goals.services import save_goal
from apps.intake.services import take_events, take_hits
from tests.cast import Cast


def a_goal(cast: Cast, name: str = "Bought", **values) -> MessagingGoal:
    """Active from today on: `/thanks`, credited to whoever of sales holds the conversation."""
    draft = {
        "name": name,
        "active": True,
        "start_date": clock.now().date(),
        "group_ids": (cast.sales.pk,),
        "attribution": "last_touch",
        "window_days": 7,
        "transaction_value": Decimal("49.90"),
        "conditions": (ConditionDraft(operator="contains", value="/thanks"),),
    }
    return save_goal(
        account_id=cast.account.pk, user_id=cast.owner.user_id, draft=GoalDraft(**{**draft, **values})
    )


def a_chat(cast: Cast, person: int, at: datetime, *, rating: object = None, agent: str = "ana") -> None:
    """Person number N is helped by an agent, and perhaps says how it was."""
    start = at - timedelta(minutes=3)
    base: dict[str, Any] = {
        "conversation": f"T{person}",
        "channel": "web",
        "person": {"client_id": f"c{person}"},
    }
    events: list[dict[str, Any]] = [
        {"type": "assignment", "agent": agent, "group": "sales"},
        {"type": "message", "author": {"kind": "person"}, "text": "Hello?"},
        {"type": "message", "author": {"kind": "agent", "agent": agent}, "text": "Hello!"},
    ]
    if rating is not None:
        events.append({"type": "rating", "rating": {"score": rating}})
    raw = [
        {**base, **event, "id": f"e{person}-{n}", "time": (start + timedelta(seconds=n)).isoformat()}
        for n, event in enumerate(events)
    ]
    outcome = take_events(account_id=cast.account.pk, raw=raw)
    assert outcome.rejected == ()


def a_purchase(cast: Cast, person: int, at: datetime, *, hit: str | None = None) -> None:
    """The same person's browser comes to the page of the goal."""
    raw = {
        "id": hit or f"h{person}",
        "time": at.isoformat(),
        "type": "pageview",
        "url": "https://shop.example/thanks?order=1",
        "client_id": f"c{person}",
    }
    assert take_hits(counter=cast.counter, raw=[raw]).rejected == ()


def sold(cast: Cast, people: int, first: int = 0) -> None:
    """Some people chat and buy, now."""
    now = clock.now()
    for person in range(first, first + people):
        a_chat(cast, person, now)
        a_purchase(cast, person, now)
