"""Chat goals (goals.md section 2), written to be read beside the specification, and random histories.

Every question is answered anew from the raw facts; nothing is remembered. "spec" is goals.md section 2;
"decided" marks what it leaves open and docs/chat-goals.md settles. All instants are whole microseconds
since 2000, UTC.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
START = 800_000_000_000_000

ENDING = ("solved", "closed")
OTHER_STATUSES = ("new", "open", "pending", "hold")


@dataclass(frozen=True)
class Said:
    """An event of the conversation."""

    time: int
    seq: int
    id: str
    what: str  # person, agent, bot, system, note, assignment, rating, or a status
    agent: str | None = None


@dataclass(frozen=True)
class Says:
    """A chat goal's version."""

    since: int
    condition: tuple[str, str, str]  # category, operator, value
    days: int


@dataclass
class Goal:
    versions: list[Says]
    deleted_at: int | None = None


@dataclass(frozen=True)
class Hit:
    """A hit of the conversation's person."""

    time: int
    id: str
    url: str | None = None
    name: str | None = None


@dataclass
class History:
    events: list[Said] = field(default_factory=list)
    goals: list[Goal] = field(default_factory=list)  # of the channel, one after the other
    hits: list[Hit] = field(default_factory=list)
    switch: list[tuple[int, bool]] = field(default_factory=list)  # in the order in which it was turned
    kinds: dict[str, list[tuple[int, str]]] = field(default_factory=dict)  # agent: since when human or bot


@dataclass(frozen=True)
class Judged:
    """What an inquiry shows at an instant."""

    began_at: int
    ended_at: int | None
    replied_at: int | None
    agent: str | None
    state: str
    version: tuple[int, int] | None  # number of the goal, number of its version
    last_instant: int | None
    achieved_at: int | None
    achieved_by: str | None


@dataclass(frozen=True)
class Seen:
    """A conversation at an instant."""

    state: str
    achieved: tuple[tuple[tuple[int, int], int], ...]  # versions and instants, the earlier ones first
    inquiries: tuple[Judged, ...]


# --- The facts at an instant ----------------------------------------------------------------------


def events_until(history: History, at: int) -> list[Said]:
    known = [event for event in history.events if event.time <= at]
    return sorted(known, key=lambda event: (event.time, event.seq, event.id.encode()))


def tracked(history: History, at: int) -> bool:
    """The switch; before it was first recorded, as it was recorded first; never recorded: on (decided)."""
    recorded = sorted(history.switch)
    if not recorded:
        return True
    before = [on for since, on in recorded if since <= at]
    return before[-1] if before else recorded[0][1]


def is_human(history: History, agent: str | None, at: int) -> bool:
    if agent is None:
        return True
    recorded = sorted(history.kinds.get(agent, []))
    if not recorded:
        return True
    before = [kind for since, kind in recorded if since <= at]
    return (before[-1] if before else recorded[0][1]) == "human"


def said_then(history: History, t: int, at: int) -> tuple[int, int] | None:
    """The goal and version in force at `t`, none of a goal that is deleted at `at`."""
    for number, goal in enumerate(history.goals):
        if goal.deleted_at is not None and (t >= goal.deleted_at or at >= goal.deleted_at):
            continue
        saved = [index for index, version in enumerate(goal.versions) if version.since <= t]
        if saved:
            return number, saved[-1]
    return None


def words_of(history: History, version: tuple[int, int]) -> tuple[tuple[str, str, str], int]:
    says = history.goals[version[0]].versions[version[1]]
    return says.condition, says.days


def meets(hit: Hit, condition: tuple[str, str, str]) -> bool:
    """The worlds' URLs are normal already."""
    category, operator, value = condition
    if category == "event":
        return hit.name == value
    if hit.url is None or hit.name is not None:
        return False
    return hit.url == value if operator == "is" else value in hit.url


# --- Inquiries ------------------------------------------------------------------------------------


def split(events: list[Said]) -> list[list[Said]]:
    """spec: an inquiry begins with the first event and ends at its first solved or closed; the next one
    begins with the first later other status or public message of the person."""
    if not events:
        return []
    ends = [place for place, event in enumerate(events) if event.what in ENDING]
    if not ends:
        return [events]
    mine, later = events[: ends[0] + 1], events[ends[0] + 1 :]
    starts = [place for place, event in enumerate(later) if event.what in (*OTHER_STATUSES, "person")]
    return [mine] + (split(later[starts[0] :]) if starts else [])


def end_of(inquiry: list[Said]) -> int | None:
    return inquiry[-1].time if inquiry[-1].what in ENDING else None


def first_reply(history: History, inquiry: list[Said]) -> Said | None:
    """spec: the first public message of a human agent after a message of the person in that inquiry."""
    for place, event in enumerate(inquiry):
        asked = any(before.what == "person" for before in inquiry[:place])
        if asked and event.what == "agent" and is_human(history, event.agent, event.time):
            return event
    return None


# --- What became of one inquiry -------------------------------------------------------------------


def achievement_before(history: History, number: int, at: int, until: int) -> tuple[int, int] | None:
    """The version of the newest of the earlier inquiries that was achieved at or before `until`."""
    for earlier in range(number - 1, -1, -1):
        judged = judge(history, earlier, at)
        if judged.achieved_at is not None and judged.achieved_at <= until:
            return judged.version
    return None


def judging_version(history: History, number: int, t: int, at: int) -> tuple[int, int] | None:
    """The version that judges the inquiry if its first reply comes at `t`."""
    if not tracked(history, t):
        return None
    version = said_then(history, t, at)
    if version is None:
        return None
    before = achievement_before(history, number, at, t)
    if before is not None and words_of(history, before) == words_of(history, version):
        return None  # spec: judged only if condition or days differ from the version achieved
    return version


def judge(history: History, number: int, at: int) -> Judged:
    inquiries = split(events_until(history, at))
    inquiry = inquiries[number]
    reply = first_reply(history, inquiry)
    ended_at = end_of(inquiry)
    if reply is None:
        # decided: tracked where a reply at its end, or now, would have been judged
        version = judging_version(history, number, at if ended_at is None else ended_at, at)
        state = "none" if version is None else "in process"
        return Judged(inquiry[0].time, ended_at, None, None, state, version, None, None, None)
    begun = (inquiry[0].time, ended_at, reply.time, reply.agent)
    version = judging_version(history, number, reply.time, at)
    if version is None:
        return Judged(*begun, "none", None, None, None, None)
    last_instant = reply.time + words_of(history, version)[1] * DAY
    for later in inquiries[number + 1 :]:
        new = first_reply(history, later)
        if new is not None:
            # spec: a new first reply ends a frame that is still open; decided: its instant is the new frame's
            last_instant = min(last_instant, new.time - 1)
            break
    happened = [
        hit
        for hit in history.hits
        if meets(hit, words_of(history, version)[0])
        and hit.time >= reply.time
        and hit.time <= last_instant
        and hit.time <= at
    ]
    if happened:
        first = min(happened, key=lambda hit: (hit.time, hit.id.encode()))
        return Judged(*begun, "achieved", version, last_instant, first.time, first.id)
    state = "in process" if at <= last_instant else "missed"
    return Judged(*begun, state, version, last_instant, None, None)


# --- The conversation -----------------------------------------------------------------------------


def look(history: History, at: int) -> Seen:
    inquiries = split(events_until(history, at))
    judged = [judge(history, number, at) for number in range(len(inquiries))]
    achieved = tuple(
        (one.version, one.achieved_at) for one in judged if one.version and one.achieved_at is not None
    )
    return Seen(_state(history, inquiries, judged, at), achieved, tuple(judged))


def _state(history: History, inquiries: list[list[Said]], judged: list[Judged], at: int) -> str:
    if not inquiries:
        return "none"
    with_reply = [number for number, one in enumerate(judged) if one.replied_at is not None]
    if not with_reply:
        in_force = tracked(history, at) and said_then(history, at, at) is not None
        return "in process" if in_force else "none"
    newest = with_reply[-1]
    state = judged[newest].state
    if state == "none" and any(one.achieved_at is not None for one in judged):
        return "achieved"  # spec: it goes on showing Achieved
    if state == "missed":
        for later in inquiries[newest + 1 :]:
            if any(event.what == "person" for event in later):
                return "in process"
    return state


# --- Random histories -----------------------------------------------------------------------------

VALUES = ("/thanks", "/order", "/pay")
CONDITIONS = (
    *(("url", "contains", value) for value in (*VALUES, *VALUES, "shop.example")),
    ("url", "is", "https://shop.example/thanks"),
    ("event", "is", "purchase"),
    ("event", "is", "lead"),
)
WHAT = (
    *("person",) * 8, *("agent",) * 8, *("solved",) * 3, *("closed",) * 3, *OTHER_STATUSES,
    "note", "note", "bot", "bot", "system", "assignment", "rating",
)  # fmt: skip


class Clock:
    """Instants of which many fall together, or whole frames apart to the microsecond."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.anchors = [START + rng.randrange(12 * DAY) for _ in range(rng.randint(2, 5))]

    def pick(self) -> int:
        rng = self.rng
        at = rng.choice(self.anchors) + rng.choice((0, 0, 0, 1, 1, 3, 7, 15, 30)) * DAY
        at += rng.choice((0, 0, -1, 1, rng.randrange(HOUR), rng.randrange(2 * DAY)))
        if rng.random() < 0.3:
            self.anchors.append(at)
        return at


def random_history(rng: random.Random) -> History:
    """Half of them anything at all, half of them chats that open, are answered, convert and reopen."""
    clock = Clock(rng)
    history = History()
    if rng.random() < 0.5:
        for number in range(rng.randint(1, 16)):
            _say(rng, history, clock.pick(), rng.choice(WHAT), number)
    else:
        _story(rng, history, clock)
    rng.shuffle(history.events)  # they arrive in any order
    history.goals = _goals(rng, clock, [event.time + 1 for event in history.events if event.what in ENDING])
    for number in range(rng.randint(0, 6)):
        history.hits.append(_hit(rng, clock.pick(), f"h{number}"))
    if rng.random() < 0.3:
        times = sorted({clock.pick() for _ in range(rng.randint(1, 3))})
        history.switch = [(at, rng.random() < 0.6) for at in times]
    if rng.random() < 0.3:
        history.kinds["ben"] = [(at, rng.choice(("human", "bot"))) for at in sorted({clock.pick(), START})]
    history.kinds["robo"] = [(START, "bot")]
    return history


def _say(rng: random.Random, history: History, at: int, what: str, number: int) -> None:
    named = (
        rng.choice(("ana", "ben", "robo", None)) if what in ("agent", "bot", "note", "assignment") else None
    )
    history.events.append(Said(at, rng.choice((0, 0, 0, 1, 2)), f"e{number}", what, named))


def _story(rng: random.Random, history: History, clock: Clock) -> None:
    """Rounds of question, reply, perhaps a purchase, and an end; the manager may write first."""
    at, number = START + rng.randrange(3 * DAY), 0
    for round_ in range(rng.randint(1, 5)):
        for what in ("agent", "note", "person", "bot", "agent", "hit", rng.choice(ENDING), "agent", "person"):
            if what in ("person", "agent") or rng.random() < 0.6:
                at += rng.choice((0, 1, MINUTE, HOUR, rng.randrange(DAY)))
                if rng.random() < 0.08:
                    at += rng.choice((1, 3, 7)) * DAY
                if what == "hit":
                    history.hits.append(_hit(rng, at, f"s{round_}"))
                elif rng.random() < 0.85:
                    _say(rng, history, at, what, number)
                number += 1
                clock.anchors.append(at)


def _hit(rng: random.Random, at: int, name: str) -> Hit:
    if rng.random() < 0.7:
        return Hit(at, name, url="https://shop.example" + rng.choice((*VALUES, "/thanks?x=1")))
    return Hit(at, name, name=rng.choice(("purchase", "lead", "/thanks")))


def _goals(rng: random.Random, clock: Clock, after_ends: list[int]) -> list[Goal]:
    goals = []
    at = START + rng.choice((0, 0, rng.randrange(6 * DAY)))
    broad = rng.random() < 0.3  # changed after each end, and easily achieved
    for _ in range(rng.choice((0, 1, 1, 1, 1, 1, 1, 2))):
        later = [rng.choice((clock.pick(), rng.choice(clock.anchors) + 1)) for _ in range(rng.randint(0, 3))]
        times = sorted({at, *(t for t in (after_ends if broad else later) if t > at)})
        versions: list[Says] = []
        for since in times:
            condition = rng.choice(CONDITIONS) if not broad else ("url", "contains", "shop.example")
            says = Says(since, condition, rng.choice((1, 1, 3, 7, 15, 30)))
            if rng.random() < 0.5 and versions:  # only one of the two, or back to what it was
                old = rng.choice(versions)
                says = Says(since, old.condition, rng.choice((old.days, says.days)))
            if not versions or (says.condition, says.days) != (versions[-1].condition, versions[-1].days):
                versions.append(says)
        deleted_at = None
        if rng.random() < 0.2:
            deleted_at = versions[-1].since + rng.choice((1, DAY, rng.randrange(1, 9 * DAY)))
        goals.append(Goal(versions, deleted_at))
        if deleted_at is None:
            break
        at = deleted_at + rng.choice((0, 0, 1, rng.randrange(3 * DAY)))
    return goals


def instants(history: History) -> list[int]:
    """Every instant at which something happens or a frame could end, and its neighbours."""
    exact = {event.time for event in history.events} | {hit.time for hit in history.hits}
    exact |= {since for since, _ in history.switch}
    exact |= {goal.deleted_at for goal in history.goals if goal.deleted_at is not None}
    versions = [version for goal in history.goals for version in goal.versions]
    exact |= {version.since for version in versions}
    replies = [event.time for event in history.events if event.what == "agent"]
    exact |= {reply + days * DAY for reply in replies for days in {version.days for version in versions}}
    return sorted({at + near for at in exact for near in (-1, 0, 1)})
