"""What the CSVs of a log must say, counted anew from the raw file: slow, plain, and nothing of `apps` in it.

Conversations are given as the events that the API takes, each ticket with its visitor (address, user agent).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

import crawleruseragents

Visitor = tuple[str, str]
Event = dict[str, Any]
Row = list[str]

LINE = re.compile(
    r'^(\S+) \S+ \S+ \[(.*?)\] "\S+ (\S+)(?: HTTP/[\d.]+)?" \d+ (?:\d+|-) "(?:[^"\\]|\\.)*" "((?:[^"\\]|\\.)*)"$'
)
INACTIVITY = timedelta(minutes=10)


@dataclass(frozen=True)
class View:
    time: datetime
    url: str
    visitor: Visitor
    robot: bool


@dataclass(frozen=True)
class Goal:
    id: int
    name: str
    conditions: Sequence[tuple[str, str]]
    groups: frozenset[str]
    first_touch: bool
    window: timedelta
    value: str
    start: date
    end: date | None = None
    bots: bool = False


@dataclass(frozen=True)
class Agent:
    name: str
    email: str
    groups: frozenset[str]
    bot: bool = False


@dataclass(frozen=True)
class World:
    """All that is known: agents by external id, channels that do not count, whose each conversation is."""

    zone: ZoneInfo
    agents: dict[str, Agent]
    excluded: frozenset[str]
    conversations: dict[str, Visitor]
    events: dict[str, list[Event]]  # by ticket, in any order


def read(text: str, site: str) -> tuple[list[View], int]:
    """The page views of a log, and how many of its lines are none."""
    views: list[View] = []
    lines = text.splitlines()
    for line in lines:
        found = LINE.match(line)
        if found:
            address, time, target, agent = found.groups()
            at = datetime.strptime(time, "%d/%b/%Y:%H:%M:%S %z").astimezone(UTC)
            views.append(View(at, site + target, (address, agent), bool(crawleruseragents.is_crawler(agent))))
    return views, len(lines) - len(views)


def meets(url: str, condition: tuple[str, str]) -> bool:
    operator, value = condition
    if operator == "is":
        parts = urlsplit(value)
        assert parts.hostname
        port = f":{parts.port}" if parts.port not in {None, 80} else ""
        query = f"?{parts.query}" if parts.query else ""
        return url == f"{parts.scheme.lower()}://{parts.hostname.lower()}{port}{parts.path or '/'}{query}"
    return value in url or quote(value, safe="".join(map(chr, range(33, 127)))) in url


def rows(views: Sequence[View], goal: Goal, world: World) -> list[Row]:
    """The CSV's rows of a goal, in order of time, without headings."""
    seen: set[tuple[Visitor, datetime]] = set()
    found: list[Row] = []
    for view in sorted(views, key=lambda view: view.time):
        today = view.time.astimezone(world.zone).date()
        if view.robot or today < goal.start or (goal.end and today > goal.end):
            continue
        if not any(meets(view.url, condition) for condition in goal.conditions):
            continue
        if (view.visitor, view.time) in seen:  # the log knows whole seconds only
            continue
        seen.add((view.visitor, view.time))
        if credit := credited(view, goal, world):
            found.append(row(view, goal, world, *credit))
    return found


def row(view: View, goal: Goal, world: World, ticket: str, agent: str, since: datetime) -> Row:
    ratings = [one["rating"]["score"] for one in history(world, ticket) if one["type"] == "rating"]
    who = world.agents[agent]
    return [
        view.time.astimezone(world.zone).isoformat(),
        str(goal.id),
        goal.name,
        agent,
        who.name,
        who.email,
        ticket,
        goal.value,
        ratings[-1] if ratings else "Unoffered",
        str(int((view.time - since).total_seconds())),
    ]


def history(world: World, ticket: str, until: datetime | None = None) -> list[Event]:
    """A conversation's events up to an instant, in order."""
    mine = [one for one in world.events[ticket] if until is None or at(one) <= until]
    return sorted(mine, key=lambda one: (at(one), one.get("seq", 0), one["id"].encode()))


def at(event: Event) -> datetime:
    return datetime.fromisoformat(event["time"])


def credited(view: View, goal: Goal, world: World) -> tuple[str, str, datetime] | None:
    """Ticket, agent, and since when the agent holds it: for whom the latest message speaks."""
    yielding = []
    for ticket, visitor in world.conversations.items():
        if visitor != view.visitor:
            continue
        past = history(world, ticket, view.time)
        if not past or past[0]["channel"] in world.excluded:
            continue
        if taken := eligible(past, view.time, goal, world):
            rank = (last_words(past, goal), at(past[0]), past[0]["channel"].encode(), ticket.encode())
            yielding.append((rank, ticket, *taken))
    return max(yielding, key=lambda one: one[0])[1:] if yielding else None


def last_words(past: Sequence[Event], goal: Goal) -> datetime:
    kinds = {"person", "agent", "bot"} if goal.bots else {"person", "agent"}
    said = [at(one) for one in past if public(one) and one["author"]["kind"] in kinds]
    return max(said, default=datetime(1970, 1, 1, tzinfo=UTC))


def public(event: Event) -> bool:
    return event["type"] == "message" and event.get("public", True)


def eligible(past: Sequence[Event], now: datetime, goal: Goal, world: World) -> tuple[str, datetime] | None:
    """Agent and instant of the assignment, if this conversation yields one."""
    holding = assignments(past)
    if goal.first_touch:
        holding = [one for one in holding if one[0] and (goal.bots or not world.agents[one[0]].bot)][:1]
    if not holding:
        return None
    agent, group, since = holding[-1]
    if agent is None or (world.agents[agent].bot and not goal.bots):
        return None
    if not (goal.groups & ({group} if group else world.agents[agent].groups)):
        return None
    if active(past, now) or wrote(past, agent, now - goal.window):
        return agent, since
    return None


def assignments(past: Sequence[Event]) -> list[tuple[str | None, str | None, datetime]]:
    agent, group = None, None
    found = []
    for one in past:
        if one["type"] == "assignment":
            agent, group = one.get("agent", agent), one.get("group", group)
            found.append((agent, group, at(one)))
    return found


def active(past: Sequence[Event], now: datetime) -> bool:
    statuses = ["new", *(one["status"] for one in past if one["type"] == "status")]
    said = [at(one) for one in past if public(one) and one["author"]["kind"] == "person"]
    return statuses[-1] in {"new", "open"} and bool(said) and now - said[-1] <= INACTIVITY


def wrote(past: Sequence[Event], agent: str, since: datetime) -> bool:
    return any(
        public(one)
        and one["author"]["kind"] in {"agent", "bot"}
        and one["author"].get("agent") == agent
        and at(one) >= since
        for one in past
    )
