"""Messenger accounts, e-mails and phones in random worlds."""

from __future__ import annotations

import random

from .world import CLIENTS, DAY, USERS, Name, Tie, Undone, World, _chance, _nudge

# Names are few, so that they meet; "+49..." sorts before letters, "é" after them.
CONTACTS: list[Name] = [
    ("telegram", "7001"),
    ("telegram", "@ana"),
    ("whatsapp", "49301234567"),
    ("viber", "é=="),
    ("email", "ana@shop.example"),
    ("phone", "+49301234567"),
]


def add_contacts(world: World, rng: random.Random) -> None:
    """Have some events name messenger accounts, e-mails and phones, tie some by hand, take some back."""
    if _chance(rng, 40):
        return
    known = rng.sample(CONTACTS, rng.randint(1, 4))
    instants = [event.time for event in world.events]
    for event in world.events:
        named = event.client_id is not None or event.user_id is not None
        if _chance(rng, 45 if named else 6):
            event.contacts = rng.sample(known, rng.choice([1, 1, 1, min(2, len(known))]))
            event.contacts = list(dict(event.contacts).items())  # an event names one of a kind
            if _chance(rng, 25):
                event.client_id = event.user_id = None
            elif event.client_id and event.user_id and _chance(rng, 50):
                event.user_id = None
    for _, values in world.account.settings:
        if _chance(rng, 60):
            values["link_contacts"] = _chance(rng, 60)
    names = [*known, *(("client_id", c) for c in CLIENTS[:3]), *(("user_id", u) for u in USERS[:2])]
    for _ in range(rng.choice([0, 0, 1, 2, 4])):
        one, other = rng.choice(known), rng.choice(names)
        if _chance(rng, 20):
            one = ("client_id", rng.choice(CLIENTS))
        if one != other and {one[0], other[0]} != {"client_id", "user_id"}:
            at = 0 if _chance(rng, 15) else rng.choice(instants) + _nudge(rng)
            world.ties.append(Tie(one, other, at))
    for _ in range(rng.choice([0, 0, 0, 1, 2])):
        one, other = rng.sample(names, 2)
        world.undone.append(Undone(one, other, rng.choice(instants) + rng.choice([-1, 0, 0, 1, DAY])))
