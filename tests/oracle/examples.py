"""The worked examples (worked-examples.md) as worlds, each with what is expected of its one hit.

An example with two results (a second one under first touch) stands here twice.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from .world import (
    DAY,
    EPOCH,
    HOUR,
    MICROSECOND,
    MINUTE,
    UNCHANGED,
    Account,
    Event,
    Hit,
    Unchanged,
    Version,
    World,
)

T = (dt.datetime(2026, 6, 10, 12, tzinfo=dt.UTC) - EPOCH) // dt.timedelta(microseconds=1)
GOAL = "thanks"
COUNTER = 101
CLIENT = "1001"


def _event(ticket: str, time: int, **fields: Any) -> Event:
    fields = {"id": "", "channel": "web", **fields}
    return Event(ticket=ticket, time=time, **fields)


def assigned(
    before: int,
    agent: Unchanged | str | None,
    group: Unchanged | str | None = "sales",
    ticket: str = "1",
    **more: Any,
) -> Event:
    return _event(ticket, T - before, type="assignment", agent=agent, group=group, **more)


def person_writes(before: int, ticket: str = "1", **more: Any) -> Event:
    return _event(ticket, T - before, author_kind="person", **more)


def agent_writes(before: int, agent: str | None, ticket: str = "1", **more: Any) -> Event:
    more = {"author_kind": "agent", **more}
    return _event(ticket, T - before, author_agent=agent, **more)


def status(before: int, value: str, ticket: str = "1", **more: Any) -> Event:
    return _event(ticket, T - before, type="status", status=value, **more)


def version(**changes: Any) -> Version:
    fields: dict[str, Any] = {
        "valid_from": T - 30 * DAY,
        "groups": frozenset({"sales"}),
        "conditions": [("contains", "/thanks")],
        "name": GOAL,
        **changes,
    }
    return Version(**fields)


def world(*events: Event, **changes: Any) -> World:
    """One goal, one hit at T, the events given (all of the person of CLIENT).

    Changes are of the version, except those that name a part of the world.
    """
    parts: dict[str, Any] = {
        "account": Account(settings=[(T - 60 * DAY, {"timezone": "UTC", "inactivity_s": 600})]),
        "agents": {
            name: [
                (
                    T - 60 * DAY,
                    {
                        "kind": "human",
                        "name": name,
                        "email": name.lower() + "@shop.example",
                        "groups": ("sales",),
                    },
                )
            ]
            for name in ("Ana", "Ben")
        },
        "channels": {"web": [(T - 60 * DAY, {"kind": "web"})]},
        "counters": [COUNTER],
        "links": [],
        "hits": [Hit("h1", COUNTER, T, url="https://shop.example/thanks", client_id=CLIENT)],
    }
    for name in list(changes):
        if name in parts:
            parts[name] = changes.pop(name)
    goals = changes.pop("goals", None) or {GOAL: [version(**changes)]}
    copies = [replace(event, id=event.id or f"e{n:03}") for n, event in enumerate(events)]
    for event in copies:
        if event.client_id is None and event.user_id is None:
            event.client_id = CLIENT
    return World(goals=goals, events=copies, **parts)


def credited(agent: str, active: bool, contact_us: int, **more: Any) -> dict[str, Any]:
    return {
        "outcome": "credited",
        "agent": agent,
        "active": active,
        "contact_us": contact_us,
        "group": "sales",
        **more,
    }


UNCREDITED: dict[str, Any] = {
    "outcome": "uncredited",
    "agent": None,
    "group": None,
    "channel": None,
    "ticket": None,
    "active": None,
    "contact_us": None,
    "model": None,
}
FIRST: dict[str, Any] = {"model": "first_touch"}


def _one() -> list[Event]:
    return [
        assigned(30 * MINUTE, "Ana"),
        person_writes(29 * MINUTE),
        assigned(20 * MINUTE, "Ben"),
        person_writes(5 * MINUTE),
    ]


def _ten() -> list[Event]:
    return [
        assigned(20 * MINUTE, "Ana"),
        person_writes(5 * MINUTE),
        assigned(1 * MINUTE, None, UNCHANGED),
    ]


def _fifteen() -> list[Event]:
    return [
        assigned(5 * HOUR, "Ana"),
        assigned(4 * HOUR, "Ben"),
        assigned(3 * HOUR, "Ana"),
        agent_writes(2 * HOUR, "Ana"),
    ]


EXAMPLES: list[tuple[int, World, dict[str, Any]]] = [
    (1, world(*_one()), credited("Ben", True, 20 * MINUTE)),
    (2, world(*_one(), **FIRST), credited("Ana", True, 30 * MINUTE)),
    (
        3,
        world(assigned(30 * MINUTE, "Ana"), person_writes(10 * MINUTE)),
        credited("Ana", True, 30 * MINUTE),
    ),
    (
        4,
        world(assigned(30 * MINUTE, "Ana"), person_writes(10 * MINUTE + MICROSECOND)),
        UNCREDITED,
    ),
    (
        5,
        world(assigned(8 * DAY, "Ana"), agent_writes(7 * DAY, "Ana")),
        credited("Ana", False, 8 * DAY),
    ),
    (6, world(assigned(8 * DAY, "Ana"), agent_writes(7 * DAY + MICROSECOND, "Ana")), UNCREDITED),
    (
        7,
        world(assigned(9 * DAY, "Ana"), assigned(2 * DAY, "Ben"), agent_writes(DAY, "Ben"), **FIRST),
        UNCREDITED,
    ),
    (8, world(assigned(2 * DAY, "Ana"), agent_writes(DAY, "Ana", public=False)), UNCREDITED),
    (
        9,
        world(assigned(20 * MINUTE, "Ana"), person_writes(5 * MINUTE), status(3 * MINUTE, "solved")),
        UNCREDITED,
    ),
    (10, world(*_ten()), UNCREDITED),
    (10, world(*_ten(), **FIRST), credited("Ana", True, 20 * MINUTE)),
    (11, world(assigned(20 * MINUTE, "Ana", "support"), person_writes(5 * MINUTE)), UNCREDITED),
    (
        12,
        world(assigned(20 * MINUTE, "Ana", None), person_writes(5 * MINUTE)),
        credited("Ana", True, 20 * MINUTE),
    ),
    (
        13,
        world(assigned(20 * MINUTE, "Ana"), person_writes(5 * MINUTE), assigned(0, "Ben")),
        credited("Ben", True, 0),
    ),
    (
        14,
        world(
            assigned(3 * DAY, "Ana", ticket="1"),
            agent_writes(2 * DAY, "Ana", ticket="1"),
            assigned(DAY, "Ben", "support", ticket="2"),
            agent_writes(5 * MINUTE, "Ben", ticket="2"),
        ),
        credited("Ana", False, 3 * DAY, channel="web", ticket="1"),
    ),
    (15, world(*_fifteen()), credited("Ana", False, 3 * HOUR)),
    (15, world(*_fifteen(), **FIRST), credited("Ana", False, 5 * HOUR)),
]
