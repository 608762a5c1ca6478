"""Worlds of raw facts, random ones among them, and their JSON form.

All instants are whole microseconds since the Unix epoch, UTC. `python -m tests.oracle.world`
prints what the rules make of many random worlds.
"""

from __future__ import annotations

import datetime as dt
import enum
import json
import random
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

MICROSECOND = 1
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Unchanged(enum.Enum):
    UNCHANGED = "unchanged"

    def __repr__(self) -> str:
        return "UNCHANGED"


UNCHANGED = Unchanged.UNCHANGED

Recorded = list[tuple[int, dict[str, Any]]]  # (recorded at, the fields that have a value)


@dataclass
class Account:
    settings: Recorded = field(default_factory=list)  # "timezone": str, "inactivity_s": int
    currency: str = "EUR"


@dataclass
class Version:
    valid_from: int
    active: bool = True
    start_date: dt.date | None = None
    end_date: dt.date | None = None
    groups: frozenset[str] = frozenset()
    model: str = "last_touch"  # or "first_touch"
    window_days: int = 7
    value: Decimal | None = None
    conditions: list[tuple[str, str]] = field(default_factory=list)  # ("contains" | "is", value)
    bots_eligible: bool = False
    window_on_active: bool = False
    include_all_channels: bool = False
    name: str = ""


Name = tuple[str, str]  # ("client_id" | "user_id" | "telegram" | ..., value)


class Tie(NamedTuple):
    """Two identities said to be one person's (a client ID with a user ID is a Link)."""

    one: Name
    other: Name
    at: int


class Undone(NamedTuple):
    """What was said of two identities until an instant was taken back."""

    one: Name
    other: Name
    until: int


class Link(NamedTuple):
    client_id: str
    user_id: str
    at: int


@dataclass
class Hit:
    id: str
    counter: int
    time: int
    type: str = "pageview"  # or "event"
    url: str = ""
    client_id: str | None = None
    user_id: str | None = None
    robot: bool = False


@dataclass
class Event:
    id: str
    channel: str
    ticket: str
    time: int
    seq: int | None = None
    type: str = "message"  # or "assignment", "status", "rating", "tag"
    client_id: str | None = None
    user_id: str | None = None
    contacts: list[Name] = field(default_factory=list)  # messenger accounts, e-mails, phones it names
    author_kind: str | None = None  # "person", "agent", "bot", "system"
    author_agent: str | None = None
    public: bool = True
    agent: Unchanged | str | None = UNCHANGED
    group: Unchanged | str | None = UNCHANGED
    status: str | None = None


@dataclass
class World:
    account: Account = field(default_factory=Account)
    # "kind": "human" | "bot", "name": str, "email": str, "groups": tuple of external ids.
    agents: dict[str, Recorded] = field(default_factory=dict)
    channels: dict[str, Recorded] = field(default_factory=dict)  # "kind": str
    counters: list[int] = field(default_factory=list)
    goals: dict[str, list[Version]] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    ties: list[Tie] = field(default_factory=list)
    undone: list[Undone] = field(default_factory=list)
    hits: list[Hit] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    timeouts: dict[int, list[tuple[int, int]]] = field(default_factory=dict)  # of visits: (at, seconds)
    visit_limit: int = 400  # conversions that count in one visit


# --- JSON -----------------------------------------------------------------------------------------


def _recorded_to_json(recorded: Recorded) -> list[Any]:
    return [
        [at, {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}]
        for at, values in recorded
    ]


def _recorded_from_json(data: list[Any]) -> Recorded:
    return [
        (at, {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}) for at, values in data
    ]


def _part_to_json(part: Unchanged | str | None) -> Any:
    return {"unchanged": True} if isinstance(part, Unchanged) else part


def _part_from_json(data: Any) -> Unchanged | str | None:
    return UNCHANGED if isinstance(data, dict) else data


def _date_to_json(date: dt.date | None) -> str | None:
    return None if date is None else date.isoformat()


def _date_from_json(data: str | None) -> dt.date | None:
    return None if data is None else dt.date.fromisoformat(data)


def to_json(world: World) -> str:
    data = {
        "account": {
            "settings": _recorded_to_json(world.account.settings),
            "currency": world.account.currency,
        },
        "agents": {k: _recorded_to_json(v) for k, v in world.agents.items()},
        "channels": {k: _recorded_to_json(v) for k, v in world.channels.items()},
        "counters": world.counters,
        "goals": {
            key: [
                {
                    **vars(version),
                    "start_date": _date_to_json(version.start_date),
                    "end_date": _date_to_json(version.end_date),
                    "groups": sorted(version.groups),
                    "value": None if version.value is None else str(version.value),
                    "conditions": [list(condition) for condition in version.conditions],
                }
                for version in versions
            ]
            for key, versions in world.goals.items()
        },
        "links": [list(link) for link in world.links],
        "ties": [list(tie) for tie in world.ties],
        "undone": [list(undone) for undone in world.undone],
        "hits": [vars(hit) for hit in world.hits],
        "events": [
            {
                **vars(event),
                "agent": _part_to_json(event.agent),
                "group": _part_to_json(event.group),
            }
            for event in world.events
        ],
        "timeouts": {str(k): [list(step) for step in steps] for k, steps in world.timeouts.items()},
        "visit_limit": world.visit_limit,
    }
    return json.dumps(data, ensure_ascii=False, indent=1)


def from_json(text: str) -> World:
    data = json.loads(text)
    return World(
        account=Account(
            settings=_recorded_from_json(data["account"]["settings"]),
            currency=data["account"]["currency"],
        ),
        agents={k: _recorded_from_json(v) for k, v in data["agents"].items()},
        channels={k: _recorded_from_json(v) for k, v in data["channels"].items()},
        counters=data["counters"],
        goals={
            key: [
                Version(
                    **{
                        **version,
                        "start_date": _date_from_json(version["start_date"]),
                        "end_date": _date_from_json(version["end_date"]),
                        "groups": frozenset(version["groups"]),
                        "value": None if version["value"] is None else Decimal(version["value"]),
                        "conditions": [tuple(c) for c in version["conditions"]],
                    }
                )
                for version in versions
            ]
            for key, versions in data["goals"].items()
        },
        links=[Link(*link) for link in data["links"]],
        ties=[Tie(tuple(one), tuple(other), at) for one, other, at in data.get("ties", [])],
        undone=[Undone(tuple(one), tuple(other), until) for one, other, until in data.get("undone", [])],
        hits=[Hit(**hit) for hit in data["hits"]],
        events=[
            Event(
                **{
                    **event,
                    "contacts": [tuple(name) for name in event.get("contacts", [])],
                    "agent": _part_from_json(event["agent"]),
                    "group": _part_from_json(event["group"]),
                }
            )
            for event in data["events"]
        ],
        timeouts={int(k): [(at, s) for at, s in steps] for k, steps in data["timeouts"].items()},
        visit_limit=data["visit_limit"],
    )


# --- Random worlds --------------------------------------------------------------------------------

# Days before a change of the clocks in Europe, or far from one.
BASES = [
    dt.datetime(2026, 3, 24, 6, tzinfo=dt.UTC),
    dt.datetime(2026, 10, 20, 6, tzinfo=dt.UTC),
    dt.datetime(2026, 6, 2, 6, tzinfo=dt.UTC),
]
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati"]
GROUPS = ["sales", "Support", "vip"]
CLIENTS = ["1001", "1002", "1003", "204"]
# Orders that differ between bytes, letters and languages.
USERS = ["u-a", "U-b", "ü9"]
CONVERSATIONS = [("web", "9"), ("web", "10"), ("web2", "B"), ("WA", "a"), ("mail", "ä1")]
HUMANS = ["Ana", "ben", "Çem"]
BOT = "robby"
PLACEHOLDER = "ghost"
EXCLUDABLE = ["third_party_bot", "unity"]

# (conditions, URLs that meet one of them)
URLS: list[tuple[list[tuple[str, str]], list[str]]] = [
    (
        [("contains", "/thanks")],
        [
            "https://shop.example/thanks",
            "https://shop.example/a?x=/thanks",
            "https://shop.example/#/thanks",
            "not a url /thanks",
        ],
    ),
    (
        [("is", "HTTPS://Shop.Example:443/Done/../Order%2fok")],
        ["https://shop.example/Order%2Fok", "https://SHOP.example/./Order%2fok"],
    ),
    (
        [("contains", "/größe 1"), ("contains", "nowhere")],
        ["https://shop.example/größe 1", "https://shop.example/gr%c3%b6%C3%9fe%201?q"],
    ),
    (
        [("contains", "caf%c3%a9"), ("is", "https://münchen.example")],
        ["https://shop.example/caf%c3%a9", "https://shop.example/café", "https://münchen.example/"],
    ),
    # An unparsable URL keeps its escapes as they are.
    (
        [("contains", "%C3%A9x")],
        ["https://shop.example/%c3%a9x", "https://shop.example/éx", "not a url %c3%a9x"],
    ),
    # Only unparsable URLs keep a space as it was typed.
    ([("contains", "url /é")], ["not a url /é", "https://shop.example/url /é"]),
]
OTHER_URLS = [
    "https://shop.example/",
    "https://shop.example/Thanks",
    "https://shop.example/Order%2Fok/",
    "https://shop.example/order%2Fok",
    "https://shop.example/caf%25C3",
    "/than",
    "not a url caf%c3%a9",
]

SIZES = {
    # conversations, events in each, hits
    "tiny": ((1, 1), (2, 5), (1, 3)),
    "small": ((1, 4), (3, 11), (4, 12)),
    "medium": ((3, 5), (6, 20), (12, 30)),
}


def _chance(rng: random.Random, percent: float) -> bool:
    return rng.random() * 100 < percent


def _nudge(rng: random.Random) -> int:
    return rng.choice([0, 0, 0, -1, 1])


def _to_us(moment: dt.datetime) -> int:
    return (moment - EPOCH) // dt.timedelta(microseconds=1)


def _local_midnight(date: dt.date, zone: str) -> int:
    return _to_us(dt.datetime.combine(date, dt.time(), tzinfo=ZoneInfo(zone)))


class _Maker:
    """Makes one random world; holds what its parts must agree on."""

    def __init__(self, rng: random.Random, size: str) -> None:
        self.rng = rng
        self.conversation_count, self.event_count, self.hit_count = SIZES[size]
        self.base_moment = rng.choice(BASES)
        self.base = _to_us(self.base_moment)
        self.inactivities = [600] if _chance(rng, 35) else [600, rng.choice([300, 60, 1200])]
        self.windows = rng.sample(range(1, 8), 2) if _chance(rng, 50) else [1, 2]
        self.zones = [rng.choice(ZONES) for _ in range(1 if _chance(rng, 35) else 2)]
        self.agents = HUMANS[: rng.randint(1, 3)] + [BOT, PLACEHOLDER]
        self.groups = GROUPS[: rng.randint(2, 3)]
        self.clients = CLIENTS[: rng.randint(2, 4)]
        self.users = USERS[: rng.choice([1, 2, 2, 3])]
        self.urls = rng.sample(URLS, rng.randint(1, 2))
        self.numbers = list(range(1, 1000))
        rng.shuffle(self.numbers)
        # The instants round which values and versions change.
        self.instants: list[int] = []

    def an_id(self) -> str:
        # "10" < "9" as bytes; "H" < "e" < "h" as bytes.
        return self.rng.choice(["h", "H", "e", "é"]) + str(self.numbers.pop())

    def an_agent(self) -> str:
        rng = self.rng
        if _chance(rng, 10):
            return BOT
        if _chance(rng, 6):
            return PLACEHOLDER
        return rng.choice([a for a in self.agents if a not in (BOT, PLACEHOLDER)])

    def a_group(self) -> str | None:
        rng = self.rng
        if _chance(rng, 35):
            return None
        return self.groups[0] if _chance(rng, 65) else rng.choice(self.groups)

    def an_identity(self) -> tuple[str | None, str | None]:
        rng = self.rng
        client_id = rng.choice(self.clients)
        user_id = rng.choice(self.users)
        draw = rng.random()
        if draw < 0.5:
            return client_id, None
        if draw < 0.8:
            return None, user_id
        return client_id, user_id

    # --- conversations ---

    def a_conversation(self, key: tuple[str, str]) -> tuple[list[Event], list[Any]]:
        rng = self.rng
        channel, ticket = key
        identity: tuple[str | None, str | None]
        identity = (None, None) if _chance(rng, 4) else self.an_identity()
        named_at = 0 if _chance(rng, 75) else rng.randint(0, 3)
        now = self.base + rng.randint(0, 4 * 24) * HOUR
        steps = [0, SECOND, MINUTE, 3 * MINUTE, 5 * MINUTE, 10 * MINUTE, HOUR, 5 * HOUR]
        rare_steps = [1, DAY, 2 * DAY, *(w * DAY for w in self.windows)]
        holder: str | None = None
        status = "new"
        events = []
        for number in range(rng.randint(*self.event_count)):
            if number and not _chance(rng, 15):
                now += rng.choice(rare_steps if _chance(rng, 20) else steps)
                now += rng.choice([0, 0, 0, 0, 1])
            event = Event(
                id=self.an_id(),
                channel=channel,
                ticket=ticket,
                time=now,
                seq=rng.choice([None, None, 0, 1, 2, 10]),
            )
            if number == named_at or (number > named_at and _chance(rng, 10)):
                event.client_id, event.user_id = identity
            elif _chance(rng, 6):
                event.client_id, event.user_id = self.an_identity()
            draw = rng.random() * 100
            if (number == 0 and draw < 70) or (number == 1 and draw < 35) or draw < 16:
                event.type = "assignment"
                kind = rng.random() * 100
                if holder is None or kind < 55:
                    event.agent, event.group = self.an_agent(), self.a_group()
                elif kind < 65:
                    event.agent = None
                    event.group = rng.choice([UNCHANGED, None, rng.choice(self.groups)])
                elif kind < 80:
                    event.agent = self.an_agent()  # the group stays
                elif kind < 92:
                    event.group = self.a_group()  # the agent stays
                # else: nothing changes, and yet it is an assignment event
                if _chance(rng, 4):
                    event.agent, event.group = UNCHANGED, rng.choice([UNCHANGED, self.a_group()])
                if not isinstance(event.agent, Unchanged):
                    holder = event.agent
            elif draw < 42:
                event.author_kind = "person"
                event.public = not _chance(rng, 4)
            elif draw < 78:
                event.author_kind = "agent"
                event.author_agent = holder if holder and not _chance(rng, 15) else self.an_agent()
                event.public = not _chance(rng, 15)
                if _chance(rng, 4):
                    event.author_agent = None
            elif draw < 83:
                event.author_kind = "bot"
                event.author_agent = rng.choice([None, BOT, BOT, holder])
            elif draw < 87:
                event.author_kind = "system"
            elif draw < 97:
                event.type = "status"
                closed = status in ("solved", "closed", "pending", "hold")
                if closed and _chance(rng, 65):
                    status = "open"
                else:
                    status = rng.choice(["new", "open", "open", "pending", "hold", "solved", "closed"])
                event.status = status
            else:
                event.type = rng.choice(["rating", "tag"])
            events.append(event)
            while event.type in ("assignment", "status") and _chance(rng, 12):
                # Another at the same instant: seq and id decide.
                event = replace(event, id=self.an_id())
                if _chance(rng, 60):
                    event.seq = rng.choice([None, 0, 1, 2, 10])
                if event.type == "assignment":
                    event.agent, event.group = self.an_agent(), self.a_group()
                    holder = event.agent
                else:
                    event.status = rng.choice(["open", "open", "solved"])
                events.append(event)
        return events, [key, identity]

    def rivals(self, keys: list[tuple[str, str]]) -> tuple[list[Event], list[Any]]:
        """Conversations of one person, each likely to yield an agent, alike to the instant but for
        one thing or two."""
        rng = self.rng
        client_id, user_id = self.an_identity()
        begun = self.base + rng.randint(0, 3 * 24) * HOUR
        # As the first agent writes; what is said later, in some of them, may outweigh it.
        wrote = begun + rng.choice([MINUTE, HOUR])
        events = []
        for channel, ticket in keys:

            def add(time: int, channel: str = channel, ticket: str = ticket, **parts: Any) -> None:
                parts = {"id": self.an_id(), **parts}
                events.append(Event(channel=channel, ticket=ticket, time=time, **parts))

            agent = rng.choice([*self.agents[:-2][:2], BOT]) if _chance(rng, 60) else self.agents[0]
            start = begun + rng.choice([0, 0, 0, -1, 1])
            add(
                start,
                type=rng.choice(["assignment", "assignment", "tag"]),
                client_id=client_id,
                user_id=user_id,
            )
            if events[-1].type == "assignment" and not _chance(rng, 10):
                events[-1].agent, events[-1].group = agent, self.groups[0]
            else:
                add(begun + SECOND, type="assignment", agent=agent, group=self.a_group())
            if not _chance(rng, 15):
                kind = "bot" if agent == BOT or _chance(rng, 25) else "agent"
                add(wrote, author_kind=kind, author_agent=agent)
            if _chance(rng, 50):
                add(wrote + rng.choice([-1, 0, 1]), author_kind="person")
            for _ in range(rng.choice([0, 1, 1, 2])):
                kind = rng.choice(["person", "agent", "agent", "bot", "system"])
                add(
                    wrote + rng.choice([0, 1, MINUTE]),
                    author_kind=kind,
                    author_agent=rng.choice([agent, BOT, BOT, None]) if kind == "agent" else None,
                    public=not _chance(rng, 30),
                )
        return events, [[key, (client_id, user_id)] for key in keys]

    # --- hits ---

    def a_url(self) -> str:
        rng = self.rng
        if _chance(rng, 9):
            return rng.choice(OTHER_URLS)
        return rng.choice(rng.choice(self.urls)[1])

    def some_hits(
        self, events: list[Event], owners: list[Any], dates: list[dt.date], counters: list[int]
    ) -> list[Hit]:
        rng = self.rng
        deltas = [0, SECOND, MINUTE, 5 * MINUTE, 8 * MINUTE, 9 * MINUTE, HOUR, DAY]
        inactivity_edges = [i * SECOND for i in self.inactivities]
        window_edges = [w * DAY for w in self.windows]
        hits: list[Hit] = []
        for _ in range(rng.randint(*self.hit_count)):
            key, identity = rng.choice(owners)
            # After a message of the conversation, a thing happens more often than after others.
            anchors = [e for e in events if (e.channel, e.ticket) == key]
            messages = [e for e in anchors if e.type == "message"]
            if messages and _chance(rng, 75):
                anchors = messages
            if _chance(rng, 10):
                date = rng.choice(dates) + dt.timedelta(days=rng.choice([0, 1]))
                time = _local_midnight(date, rng.choice(self.zones))
            else:
                anchor = rng.choice(anchors)
                edges = inactivity_edges if anchor.author_kind == "person" else window_edges
                time = anchor.time + rng.choice(edges if _chance(rng, 40) else deltas)
            time += _nudge(rng)
            hit = Hit(
                id=self.an_id(),
                counter=rng.choice(counters),
                time=time,
                type="event" if _chance(rng, 4) else "pageview",
                url=self.a_url(),
                robot=_chance(rng, 4),
            )
            draw = rng.random() * 100
            if draw < 88:
                hit.client_id, hit.user_id = identity
                if hit.client_id and hit.user_id and _chance(rng, 60):
                    hit.user_id = None  # the client ID alone leads to the person
            elif draw < 97:
                hit.client_id, hit.user_id = self.an_identity()
            if hit.robot and _chance(rng, 50):
                # Makes no reach; links all the same.
                hit.client_id, hit.user_id = rng.choice(self.clients), rng.choice(self.users)
            hits.append(hit)
            while _chance(rng, 22):
                # The same again, within the second or just outside it.
                later = hit.time + rng.choice([0, 0, 1, 200_000, 999_999, SECOND])
                twin = replace(hit, id=self.an_id(), time=later)
                if _chance(rng, 15):
                    twin.counter = rng.choice(counters)
                if _chance(rng, 15):
                    twin.client_id, twin.user_id = self.an_identity()
                if _chance(rng, 15):
                    twin.url = self.a_url()
                hits.append(twin)
        return hits

    # --- what changes over time ---

    def an_instant(self) -> int:
        return self.rng.choice(self.instants) + self.rng.choice([-1, 0, 0, 1])

    def change_instants(self, count: int, *, first: int) -> list[int]:
        """The first before everything or (sometimes) in the middle; no instant twice."""
        found = {self.an_instant() if _chance(self.rng, 15) else first}
        while len(found) < count:
            found.add(self.an_instant())
        return sorted(found)

    def how_many(self) -> int:
        return self.rng.choice([1, 1, 2, 2, 3])

    def agent_history(self, agent: str) -> Recorded:
        rng = self.rng
        if agent == PLACEHOLDER and _chance(rng, 50):
            return []
        history: Recorded = []
        for number, at in enumerate(self.change_instants(self.how_many(), first=self.base - DAY)):
            values: dict[str, Any] = {}
            if agent == BOT:
                values["kind"] = "human" if _chance(rng, 20) else "bot"
            elif not _chance(rng, 30):
                values["kind"] = "bot" if _chance(rng, 5) else "human"
            if not _chance(rng, 20):
                values["name"] = agent.title() + " " + str(number)
            if not _chance(rng, 30):
                values["email"] = f"a{number}@shop.example"
            if not _chance(rng, 20):
                share = 75 if agent != PLACEHOLDER else 40
                values["groups"] = tuple(g for g in self.groups if _chance(rng, share))
            if agent == PLACEHOLDER and number == 0:
                values = {k: v for k, v in values.items() if _chance(rng, 40)}
            history.append((at, values))
        return history

    def channel_history(self) -> Recorded:
        rng = self.rng
        if _chance(rng, 35):
            return []
        history: Recorded = []
        for at in self.change_instants(rng.choice([1, 1, 2, 3]), first=self.base - DAY):
            excluded = _chance(rng, 20)
            kind = rng.choice(EXCLUDABLE) if excluded else rng.choice(["web", "telegram", "email"])
            history.append((at, {} if _chance(rng, 10) else {"kind": kind}))
        return history

    def settings(self) -> Recorded:
        rng = self.rng
        history: Recorded = []
        count = rng.choice([1, 2, 3, 4])
        for number, at in enumerate(self.change_instants(count, first=self.base - DAY)):
            values: dict[str, Any] = {}
            if number == 0 or _chance(rng, 70):
                values["timezone"] = rng.choice(self.zones)
            if number == 0 or _chance(rng, 70):
                values["inactivity_s"] = rng.choice(self.inactivities)
            if number == 0 and _chance(rng, 15):
                values.pop(rng.choice(list(values)))
            history.append((at, values))
        return history

    def a_version(self, at: int, name: str, dates: list[dt.date]) -> Version:
        rng = self.rng
        groups = {self.groups[0]} if _chance(rng, 92) else set()
        groups |= {g for g in self.groups if _chance(rng, 35)}
        conditions = [c for made, _ in self.urls for c in made if _chance(rng, 88)]
        start = None if _chance(rng, 10) else self.base_moment.date() - dt.timedelta(days=20)
        end = None
        if _chance(rng, 20):
            start = min(dates) if _chance(rng, 60) else rng.choice(dates)
        if _chance(rng, 20):
            end = max(max(dates) if _chance(rng, 60) else rng.choice(dates), start or min(dates))
        return Version(
            valid_from=at,
            active=not _chance(rng, 5),
            start_date=start,
            end_date=end,
            groups=frozenset(groups or {rng.choice(self.groups)}),
            model=rng.choice(["first_touch", "last_touch"]),
            window_days=rng.choice(self.windows),
            value=rng.choice([None, Decimal("0.00"), Decimal("49.90"), Decimal("1000.00")]),
            conditions=conditions or [("contains", "shop")],
            bots_eligible=_chance(rng, 25),
            window_on_active=_chance(rng, 15),
            include_all_channels=_chance(rng, 15),
            name=name,
        )

    def a_goal(self, key: str, dates: list[dt.date]) -> list[Version]:
        rng = self.rng
        versions: list[Version] = []
        instants = self.change_instants(rng.choice([1, 1, 2, 3, 4]), first=self.base - DAY)
        for number, at in enumerate(instants):
            version = self.a_version(at, f"{key} v{number}", dates)
            if versions and _chance(rng, 60):
                # An edit of one or two fields only.
                kept = versions[-1]
                changed = rng.sample(
                    ["active", "groups", "model", "window_days", "conditions", "end_date",
                     "bots_eligible", "value"],
                    rng.randint(1, 2),
                )  # fmt: skip
                parts = {part: getattr(version, part) for part in changed}
                version = replace(kept, valid_from=at, name=version.name, **parts)
            versions.append(version)
        return versions

    def make(self) -> World:
        rng = self.rng
        events: list[Event] = []
        owners: list[Any] = []
        keys = rng.sample(CONVERSATIONS, rng.randint(*self.conversation_count))
        if len(keys) > 1 and _chance(rng, 40):
            rival_count = rng.choice([2, 2, 3])
            events, owners = self.rivals(keys[:rival_count])
            keys = keys[rival_count:]
        for key in keys:
            made, owner = self.a_conversation(key)
            events += made
            owners.append(owner)
        if len(owners) > 1 and _chance(rng, 40):
            # One person's, too.
            for event in events:
                if (event.channel, event.ticket) == owners[-1][0] and (event.client_id or event.user_id):
                    event.client_id, event.user_id = owners[0][1]
            owners[-1][1] = owners[0][1]

        dates = [self.base_moment.date() + dt.timedelta(days=rng.randint(0, 8)) for _ in range(3)]
        counters = [101, 102][: rng.randint(1, 2)]
        hits = self.some_hits(events, owners, dates, counters)
        # Two changes in the hits' way for each in the events'.
        self.instants = [h.time for h in hits] * 2 + [e.time for e in events]

        links: list[Link] = []
        for _ in range(rng.choice([0, 0, 1, 2, 3])):
            at = self.an_instant() if _chance(rng, 80) else self.base + 30 * DAY
            client_id = rng.choice(owners)[1][0] if _chance(rng, 60) else None
            client_id = client_id or rng.choice(self.clients)
            links.append(Link(client_id, rng.choice(self.users), at))
            if _chance(rng, 25):
                links.append(Link(links[-1].client_id, rng.choice(self.users), at))

        world = World(
            account=Account(settings=self.settings(), currency=rng.choice(["EUR", "USD"])),
            agents={agent: self.agent_history(agent) for agent in self.agents},
            channels={channel: self.channel_history() for channel, _ in CONVERSATIONS},
            counters=counters,
            goals={key: self.a_goal(key, dates) for key in ["g1", "G2", "g3"][: rng.randint(1, 3)]},
            links=links,
            hits=hits,
            events=events,
        )
        from .contacts import add_contacts  # it is made of what stands here

        add_contacts(world, random.Random(rng.random()))
        # The order in which facts arrive says nothing.
        rng.shuffle(world.hits)
        rng.shuffle(world.events)
        rng.shuffle(world.links)
        if _chance(rng, 40):
            from .crowding import limit_visits

            limit_visits(self, world)
        return world


def random_world(rng: random.Random, *, size: str = "small") -> World:
    """A small world that stands on the edges of the rules. Sizes: tiny, small, medium."""
    return _Maker(rng, size).make()


# --- Summary --------------------------------------------------------------------------------------


def summary(count: int, size: str, seed: int) -> str:
    from collections import Counter

    from . import plain

    outcomes: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    candidates: Counter[str] = Counter()
    worlds_with_credit = 0
    for number in range(seed, seed + count):
        world = random_world(random.Random(number), size=size)
        credited = False
        for goal in world.goals:
            for hit in world.hits:
                row, why, words = plain.judge_hit(world, goal, hit)
                if row is not None:
                    outcomes[row.outcome] += 1
                    credited = credited or row.outcome == "credited"
                reasons[("" if row else "no reach: ") + why] += 1
                candidates.update(words)
        worlds_with_credit += credited
    lines = [f"{count} worlds of size {size}, {worlds_with_credit} with a credit"]
    for title, counter in [("rows", outcomes), ("why", reasons), ("candidates", candidates)]:
        total = sum(counter.values())
        lines.append(f"{title}: {total}")
        for name, number in counter.most_common():
            lines.append(f"  {number:6}  {100 * number / max(total, 1):5.1f} %  {name}")
    return "\n".join(lines)


def main() -> None:
    import argparse

    parser = argparse.ArgumentParser(description="What the rules make of random worlds.")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--size", choices=list(SIZES), default="small")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    print(summary(arguments.count, arguments.size, arguments.seed))


if __name__ == "__main__":
    # Through the package: run as a script this module is a second one, with its own UNCHANGED.
    from .world import main as packaged_main

    packaged_main()
