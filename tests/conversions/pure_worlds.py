"""A world of the oracle judged by the product's pure modules alone, without a database."""

from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from apps.conversations.models import Channel
from apps.conversions import attribution
from apps.conversions.attribution import DAY_US, Limits, Terms, Thread
from apps.conversions.registry import AgentAt, Registry
from apps.core import clock
from apps.goals.matching import Matcher
from apps.goals.reaches import Judging
from apps.goals.windows import Span, TimeZones
from apps.intake.decode import decode_event
from apps.intake.named import FIELDS
from apps.intake.records import EventIn
from apps.intake.services.events import kind_of
from apps.people.owners import LinkAt, Owners, TieAt
from apps.visits import sessions
from tests.oracle import plain
from tests.oracle.world import UNCHANGED, World
from tests.oracle.world import Event as WorldEvent

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OUTCOMES = {True: "credited", False: "uncredited"}
ALWAYS = date(1970, 1, 1)


def instant(us: int) -> datetime:
    """A world's instant."""
    return EPOCH + timedelta(microseconds=us)


def us(at: int) -> int:
    """A world's instant, counted as the product counts."""
    return clock.to_us(instant(at))


def event_json(event: WorldEvent) -> dict[str, Any]:
    """A world's event as the API takes it."""
    body: dict[str, Any] = {
        "id": event.id,
        "conversation": event.ticket,
        "channel": event.channel,
        "time": instant(event.time).isoformat(),
        "type": event.type,
        "public": event.public,
    }
    if event.seq is not None:
        body["seq"] = event.seq
    if names := plain.names_of_event(event):
        body["person"] = dict(names)
    if event.author_kind:
        body["author"] = {"kind": event.author_kind, "agent": event.author_agent}
    for name in ("agent", "group"):
        if getattr(event, name) is not UNCHANGED:
            body[name] = getattr(event, name)
    if event.type == "rating":
        body["rating"] = {"score": "good"}
    if event.type == "tag":
        body["tag"] = "t"
    if event.type == "status":
        body["status"] = event.status
    return body


class Pair(NamedTuple):
    """Two names that were said together."""

    one: Any
    other: Any
    at: int


def names_of_hit(hit: Any) -> list[tuple[str, str]]:
    """The identities of a world's hit, the one that counts first."""
    names = [("user_id", hit.user_id), ("client_id", hit.client_id)]
    return [name for name in names if name[1]]


class PureWorld:
    """Numbers for the world's names, and the product's pure objects made of its facts."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.names: dict[tuple[str, Any], int] = {}
        self.registry = self._registry()
        self.owners = self._owners()
        self.threads = self._threads()

    def number(self, kind: str, name: Any) -> int:
        """A number for a name, from 1."""
        return self.names.setdefault((kind, name), len(self.names) + 1)

    def name(self, kind: str, number: int) -> Any:
        """The name behind a number."""
        return next(key[1] for key, value in self.names.items() if value == number and key[0] == kind)

    def _registry(self) -> Registry:
        agents = {
            self.number("agent", agent): [
                AgentAt(
                    us(at),
                    bot=None if "kind" not in said else said["kind"] == "bot",
                    groups=None
                    if "groups" not in said
                    else frozenset(self.number("group", group) for group in said["groups"]),
                    name=said.get("name"),
                    email=said.get("email"),
                )
                for at, said in history
            ]
            for agent, history in self.world.agents.items()
        }
        excluded = {
            self.number("channel", channel): [
                (us(at), said["kind"] in Channel.EXCLUDED) for at, said in history if "kind" in said
            ]
            for channel, history in self.world.channels.items()
        }
        settings = self.world.account.settings
        inactivity = [
            (us(at), said["inactivity_s"] * 1_000_000) for at, said in settings if "inactivity_s" in said
        ]
        for versions in self.world.goals.values():
            for version in versions:
                for group in version.groups:
                    self.number("group", group)
        order = {number: key[1].encode() for key, number in self.names.items() if key[0] == "group"}
        return Registry(agents=agents, excluded=excluded, inactivity_us=inactivity, group_order=order)

    def _owners(self) -> Owners:
        """The world's links and ties by hand, those that its facts name, and what of them is undone."""
        pairs = [
            Pair(("client_id", link.client_id), ("user_id", link.user_id), link.at)
            for link in self.world.links
        ]
        pairs += [Pair(*tie) for tie in self.world.ties]
        for hit in self.world.hits:
            if hit.client_id and hit.user_id:
                pairs.append(Pair(("client_id", hit.client_id), ("user_id", hit.user_id), hit.time))
        for event in self.world.events:
            names = plain.names_of_event(event)
            pairs += [Pair(name, names[0], event.time) for name in names[1:]]
        pairs = [pair for pair in pairs if not plain.is_undone(self.world, *pair)]
        links, ties = [], []
        for one, other, at in pairs:
            if (one[0], other[0]) == ("client_id", "user_id"):
                owner = self.number("name", other)
                links.append(LinkAt(self.number("name", one), instant(at), other[1].encode(), owner))
            elif self._counts(one, other, at):
                order = sorted((int(FIELDS[kind]), value.encode()) for kind, value in (one, other))
                ends = (self.number("name", one), self.number("name", other))
                ties.append(TieAt(instant(at), (order[0], order[1]), *ends))
        known = [name for hit in self.world.hits for name in names_of_hit(hit)]
        known += [name for event in self.world.events for name in plain.names_of_event(event)]
        known += [name for pair in pairs for name in pair[:2]]
        own = {number: number for name in known for number in [self.number("name", name)]}
        users = {self.number("name", name) for name in known if name[0] == "user_id"}
        return Owners(own=own, links=links, ties=ties, users=users)

    def _counts(self, one: Any, other: Any, at: int) -> bool:
        said = self.world.account.settings
        soft = {one[0], other[0]} & {"email", "phone"}
        return not soft or plain.value_in_force(said, at, "link_contacts", False)

    def person(self, names: list[Any], at: int) -> int:
        """Whom these identities name at an instant; 0 nobody."""
        if not names:
            return 0
        return self.owners.person(self.number("name", names[0]), instant(at))

    def _threads(self) -> list[tuple[int, Thread]]:
        found = []
        ordered = sorted(
            self.world.events, key=lambda e: (e.channel, e.ticket, e.time, e.seq or 0, e.id.encode())
        )
        for (channel, ticket), group in groupby(ordered, key=lambda e: (e.channel, e.ticket)):
            events = list(group)
            naming = next((e for e in events if plain.names_of_event(e)), None)
            person = self.person(plain.names_of_event(naming), naming.time) if naming else 0
            thread = Thread(
                self.number("conversation", (channel, ticket)),
                self.number("channel", channel),
                (channel, ticket),
                [self._event(event) for event in events],
            )
            found.append((person, thread))
        return found

    def _event(self, event: WorldEvent) -> attribution.Event:
        record = decode_event(event_json(event))
        assert isinstance(record, EventIn), record
        kind = kind_of(record)
        agent = event.author_agent if event.type == "message" else event.agent
        return (
            us(event.time),
            int(kind),
            self.number("agent", agent) if isinstance(agent, str) else 0,
            self.number("group", event.group) if isinstance(event.group, str) else 0,
        )

    def judging(self) -> Judging:
        """The goals' conditions and dates."""
        spans, conditions = {}, {}
        for key, versions in self.world.goals.items():
            for index, version in enumerate(versions):
                until = us(versions[index + 1].valid_from) if index + 1 < len(versions) else None
                number = self.number("version", (key, index))
                start = version.start_date or ALWAYS
                goal = self.number("goal", key)
                spans[number] = Span(
                    number, goal, us(version.valid_from), until, version.active, start, version.end_date
                )
                conditions[number] = version.conditions
        zones = [(us(at), said["timezone"]) for at, said in self.world.account.settings if "timezone" in said]
        return Judging(Matcher(conditions), spans, TimeZones(zones))

    def terms(self, version: int) -> Terms:
        """What a version says about credit."""
        key, index = self.name("version", version)
        said = self.world.goals[key][index]
        return Terms(
            self.number("goal", key),
            version,
            frozenset(self.number("group", group) for group in said.groups),
            said.model == "first_touch",
            said.window_days * DAY_US,
            said.bots_eligible,
            said.window_on_active,
            said.include_all_channels,
        )


def judge(world: World) -> list[plain.Row]:
    """The rows that the pure modules make of a world, in the oracle's form and order."""
    pure = PureWorld(world)
    hits = [hit for hit in world.hits if hit.type == "pageview" and not hit.robot]
    hits.sort(key=lambda hit: (hit.time, hit.id.encode()))
    found = pure.judging().find([(us(hit.time), hit.url) for hit in hits])
    people: dict[int, list[tuple[Any, Span]]] = {}
    for index, span in found:
        hit = hits[index]
        people.setdefault(pure.person(names_of_hit(hit), hit.time), []).append((hit, span))
    rows = [row for person, reached in people.items() for row in _person(pure, person, reached)]
    return sorted(rows, key=lambda row: (row.goal, row.time, row.counter, row.hit.encode()))


def _person(pure: PureWorld, person: int, reached: list[tuple[Any, Span]]) -> list[plain.Row]:
    keys = [(span.goal, hit.counter, us(hit.time)) for hit, span in reached]
    dropped = attribution.same_second(keys) if person else [False] * len(reached)
    over = _beyond(pure, person, [one for one, drop in zip(reached, dropped, strict=True) if not drop])
    threads = [thread for owner, thread in pure.threads if owner == person and person]
    rows = []
    for (hit, span), drop in zip(reached, dropped, strict=True):
        verdict = None
        if (span.goal, hit.counter, hit.id, hit.time) in over:
            rows.append(_row(pure, hit, span, "dropped_visit", None))
            continue
        if not drop:
            verdicts = attribution.decide(threads, us(hit.time), pure.terms(span.version), pure.registry)
            verdict = attribution.credited(verdicts)
        rows.append(
            _row(pure, hit, span, "dropped_second" if drop else OUTCOMES[verdict is not None], verdict)
        )
    return rows


def _beyond(pure: PureWorld, person: int, reached: list[tuple[Any, Span]]) -> set[tuple[int, int, str, int]]:
    """What the limit of conversions in a visit drops, of what rule 1 left; (goal, counter, hit, instant)."""
    if not person:
        return set()
    goals = plain.goals_in_order(pure.world)
    ordered = sorted(
        reached,
        key=lambda one: (one[0].time, one[0].id.encode(), goals.index(pure.name("goal", one[1].goal))),
    )
    numbers = {counter: _visit_numbers(pure, person, counter) for counter in pure.world.counters}
    keys = [((hit.counter, numbers[hit.counter][hit.time, hit.id]), False) for hit, _ in ordered]
    over = attribution.beyond_limit(keys, Limits(online=pure.world.visit_limit))
    return {
        (span.goal, hit.counter, hit.id, hit.time)
        for (hit, span), drop in zip(ordered, over, strict=True)
        if drop
    }


def _visit_numbers(pure: PureWorld, person: int, counter: int) -> dict[tuple[int, str], int]:
    """Of a person's hits on a counter, the number of the visit that each is in."""
    hits = [
        hit
        for hit in pure.world.hits
        if hit.counter == counter and not hit.robot and pure.person(names_of_hit(hit), hit.time) == person
    ]
    hits.sort(key=lambda hit: (hit.time, hit.id.encode()))
    steps = [(us(at), seconds * 1_000_000) for at, seconds in pure.world.timeouts.get(counter, [])]
    starts = sessions.split([us(hit.time) for hit in hits], sessions.Timeouts(steps))
    return {(hit.time, hit.id): bisect_right(starts, index) for index, hit in enumerate(hits)}


def _row(pure: PureWorld, hit: Any, span: Span, outcome: str, verdict: Any) -> plain.Row:
    key, index = pure.name("version", span.version)
    version = pure.world.goals[key][index]
    common: dict[str, Any] = {
        "goal": key,
        "version": index,
        "counter": hit.counter,
        "hit": hit.id,
        "time": hit.time,
        "outcome": outcome,
        "value": version.value,
    }
    if verdict is None:
        empty = ("channel", "ticket", "agent", "agent_name", "agent_email", "group", "model", "active")
        blank: dict[str, Any] = dict.fromkeys(empty)
        return plain.Row(**common, **blank, contact_us=None)
    channel, ticket = pure.name("conversation", verdict.thread.conversation)
    known = pure.registry.agent(verdict.agent, us(hit.time))
    return plain.Row(
        **common,
        channel=channel,
        ticket=ticket,
        agent=pure.name("agent", verdict.agent),
        agent_name=known.name,
        agent_email=known.email,
        group=pure.name("group", verdict.group),
        model=version.model,
        active=verdict.active,
        contact_us=us(hit.time) - verdict.held_since,
    )
