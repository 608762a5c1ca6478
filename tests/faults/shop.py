"""A shop's ninety minutes: hits and conversations of a thousand visitors, each to be judged apart."""

import random
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from tests.oracle.world import MINUTE, SECOND, Account, Event, Hit, Version, World

SITE = "https://shop.example"
GOALS = {"first": ("/cart/done", "first_touch"), "last": ("/thanks", "last_touch")}
AGENTS = ("ann", "ben", "cleo", "robo")


def empty(now: int) -> World:
    """The shop before anybody came: agents, channels, counters, goals, as of two hours ago."""
    since = now - 120 * MINUTE
    world = World(account=Account(settings=[(since, {"timezone": "Europe/Berlin", "inactivity_s": 600})]))
    for name in AGENTS:
        kind = "bot" if name == "robo" else "human"
        said = {"kind": kind, "name": name.title(), "email": f"{name}@shop.example", "groups": ("sales",)}
        world.agents[name] = [(since, said)]
    world.channels = {"web": [(since, {"kind": "web"})], "unity": [(since, {"kind": "unity"})]}
    world.counters = [1, 2]
    for key, (path, model) in GOALS.items():
        world.goals[key] = [
            Version(
                valid_from=since,
                model=model,
                window_days=7,
                groups=frozenset({"sales"}),
                conditions=[("contains", path), ("is", f"{SITE}/special")],
                value=Decimal("12.5"),
                name=key,
            )
        ]
    return world


def fill(world: World, *, now: int, hits: int, events: int, people: int, seed: int) -> None:
    """Hits and events at any instant of the last ninety minutes."""
    rng = random.Random(seed)
    world.hits = [_hit(rng, n, now, people) for n in range(hits)]
    world.events = list(_conversations(rng, now, events, people))


def _hit(rng: random.Random, number: int, now: int, people: int) -> Hit:
    person = rng.randrange(people)
    path = (
        rng.choice(["/cart/done", "/thanks", "/special"])
        if rng.random() < 0.05
        else f"/p/{rng.randrange(500)}"
    )
    return Hit(
        id=f"h{number}",
        counter=rng.choice([1, 2]),
        time=now - rng.randrange(90 * MINUTE),
        type="pageview" if rng.random() < 0.9 else "event",
        url=SITE + path,
        client_id=f"c{person}",
        user_id=f"u{person}" if person % 5 == 0 and rng.random() < 0.5 else None,
    )


def _conversations(rng: random.Random, now: int, events: int, people: int) -> Iterator[Event]:
    number = 0
    while number < events:
        person, ticket = rng.randrange(people), f"t{number}"
        channel = "unity" if rng.random() < 0.1 else "web"
        at = now - rng.randrange(20 * MINUTE, 110 * MINUTE)
        for kind in ("message", "assignment", "message", "assignment", "status"):
            if number == events:
                return
            event = Event(id=f"e{number}", channel=channel, ticket=ticket, time=at, seq=number, type=kind)
            yield _said(rng, event, person)
            number += 1
            at += rng.randrange(2 * SECOND, 4 * MINUTE)


def _said(rng: random.Random, event: Event, person: int) -> Event:
    if event.type == "assignment":
        return replace(event, agent=rng.choice([*AGENTS, None]), group="sales")
    if event.type == "status":
        return replace(event, status=rng.choice(["open", "solved", "pending"]))
    kind, agent = rng.choice([("person", None), ("agent", rng.choice(AGENTS[:3])), ("bot", "robo")])
    return replace(event, client_id=f"c{person}", author_kind=kind, author_agent=agent)


def by_person(world: World) -> Iterator[World]:
    """A world for each visitor who met a goal: nobody's facts say anything about anybody else."""
    people: dict[str, World] = {}
    tickets = {event.ticket: event.client_id for event in world.events if event.client_id}
    for hit in world.hits:
        one = people.setdefault(str(hit.client_id), replace(world, hits=[], events=[]))
        one.hits.append(hit)
    for event in world.events:
        owner = people.get(str(tickets.get(event.ticket)))
        if owner:
            owner.events.append(event)
    yield from people.values()
