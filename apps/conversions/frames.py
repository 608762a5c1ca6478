"""Inquiries, first replies and the states of chat goals: the rules of `goals.md` section 2, once, as a pure function.

A conversation's events are cut into inquiries; each is judged by the goal version in force at its first reply;
the conversation shows the newest one that has a reply. `look` does all of it as of an instant: what comes after
it does not exist. Instants are microseconds since 2000; agents, goals and versions are numbers of rows.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from itertools import pairwise
from typing import NamedTuple

from apps.conversions.attribution import AGENT, CLOSED, DAY_US, NEW, PERSON, Event
from apps.conversions.registry import Steps

SOLVED = 24  # as in conversations.models.Event


class State(IntEnum):
    """What a conversation, or one inquiry of it, shows."""

    NONE = 0
    IN_PROCESS = 1
    ACHIEVED = 2
    MISSED = 3


class Why(StrEnum):
    """The rule behind an inquiry's state."""

    NO_GOAL = "no_goal"
    SWITCHED_OFF = "switched_off"
    DELETED = "deleted"
    ALREADY_ACHIEVED = "already_achieved"
    NO_REPLY = "no_reply"
    FRAME_OPEN = "frame_open"
    FRAME_ENDED = "frame_ended"
    NEW_REPLY = "new_reply"
    ACHIEVED = "achieved"


class Version(NamedTuple):
    """What a channel's chat goal said from `valid_from` until `valid_until` (exclusive)."""

    goal: int
    version: int
    valid_from: int
    valid_until: int | None
    says: tuple[str, str, str]  # category, operator and value of the condition
    days: int
    deleted_at: int | None = None

    def holds(self, t: int) -> bool:
        """Whether this was in force at `t`."""
        return (
            self.valid_from <= t
            and (self.valid_until is None or t < self.valid_until)
            and (self.deleted_at is None or t < self.deleted_at)
        )

    def same(self, other: "Version") -> bool:
        """Whether neither the condition nor the days differ."""
        return self.says == other.says and self.days == other.days


class Reach(NamedTuple):
    """A hit of the conversation's person that met a version's condition."""

    time: int
    counter: int
    hit: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What the state of one conversation follows from."""

    events: Sequence[Event]  # in the order of (time, seq, id)
    versions: Sequence[Version]  # of the chat goals that its channel had
    reaches: Mapping[int, Sequence[Reach]]  # by version, in the order of (time, hit id)
    tracked: Steps[bool]  # the account's switch
    is_bot: Callable[[int, int], bool]  # agent, instant


@dataclass(slots=True)
class Inquiry:
    """One stretch of a conversation up to its first solved or closed, and what became of it."""

    number: int
    began_at: int
    ended_at: int | None = None
    asked_at: int | None = None  # the person's first message
    replied_at: int | None = None  # the first reply
    agent: int = 0  # who gave it; 0: not named
    version: Version | None = None  # the one that judges it; without a reply: that would have, at its end
    state: State = State.NONE
    why: Why = Why.NO_REPLY
    frame_ends_at: int | None = None  # the last instant that counts
    reach: Reach | None = None  # what achieved it


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation as of an instant."""

    state: State
    inquiries: list[Inquiry] = field(default_factory=list)
    shown: Inquiry | None = None  # the newest one with a first reply
    version: Version | None = None  # of a conversation without any reply: the one in force now
    why: Why = Why.NO_GOAL
    next_look: int | None = None  # when the passing of time alone may change something

    @property
    def achieved(self) -> list[Inquiry]:
        """Every achievement, the earlier ones first."""
        return [one for one in self.inquiries if one.reach is not None]


def inquiries(events: Iterable[Event], is_bot: Callable[[int, int], bool]) -> list[Inquiry]:
    """The inquiries that these events make, with their first replies; nothing is judged yet."""
    found: list[Inquiry] = []
    for time, kind, agent, _group in events:
        now = found[-1] if found else None
        if now is None or (now.ended_at is not None and (kind == PERSON or NEW <= kind < SOLVED)):
            now = Inquiry(len(found) + 1, time)
            found.append(now)
        if now.ended_at is not None:
            continue  # between two inquiries
        if kind in (SOLVED, CLOSED):
            now.ended_at = time
        elif kind == PERSON and now.asked_at is None:
            now.asked_at = time
        elif kind == AGENT and _is_first(now) and not (agent and is_bot(agent, time)):
            now.replied_at, now.agent = time, agent
    return found


def _is_first(now: Inquiry) -> bool:
    """Whether a human agent's message would be the first reply."""
    return now.asked_at is not None and now.replied_at is None


def look(facts: Facts, at: int) -> Chat:
    """The conversation as of `at`."""
    known = bisect_right(facts.events, at, key=_time)
    found = inquiries(facts.events[:known], facts.is_bot)
    if not found:
        return Chat(State.NONE, next_look=_next_look(facts, None, at, known))
    replied = [one for one in found if one.replied_at is not None]
    achieved: list[Inquiry] = []
    following = {one.number: later.replied_at for one, later in pairwise(replied)}
    for one in found:
        if one.replied_at is None:
            _judge_unanswered(one, facts, achieved, at)
        else:
            _judge(one, facts, achieved, following.get(one.number), at)
        if one.reach is not None:
            achieved.append(one)
    shown = replied[-1] if replied else None
    next_look = _next_look(facts, shown, at, known)
    if shown is None:
        version, why = _in_force(facts, at, at)
        state = State.NONE if version is None else State.IN_PROCESS
        return Chat(state, found, None, version, why, next_look)
    return Chat(_state(shown, found, achieved), found, shown, None, shown.why, next_look)


def _time(event: Event) -> int:
    return event[0]


def _in_force(facts: Facts, t: int, at: int) -> tuple[Version | None, Why]:
    """The version that judges a first reply at `t`, as far as known at `at`; or why there is none."""
    if not facts.tracked.at(t):
        return None, Why.SWITCHED_OFF
    version = next((one for one in facts.versions if one.holds(t)), None)
    if version is None:
        return None, Why.NO_GOAL
    if version.deleted_at is not None and version.deleted_at <= at:
        return None, Why.DELETED
    return version, Why.NO_REPLY


def _judge(one: Inquiry, facts: Facts, achieved: list[Inquiry], next_reply: int | None, at: int) -> None:
    """An inquiry with a first reply: its frame, cut short by the next one, and the event in it."""
    assert one.replied_at is not None
    version, one.why = _in_force(facts, one.replied_at, at)
    if version is None:
        return
    if achieved and (before := achieved[-1].version) is not None and version.same(before):
        one.why = Why.ALREADY_ACHIEVED
        return
    one.version = version
    whole = one.replied_at + version.days * DAY_US
    # The instant of the next first reply belongs to the next frame: one event is never in two.
    cut = next_reply is not None and next_reply <= whole
    one.frame_ends_at = next_reply - 1 if cut and next_reply is not None else whole
    last = min(one.frame_ends_at, at)
    of_version = facts.reaches.get(version.version, ())
    one.reach = next((reach for reach in of_version if one.replied_at <= reach.time <= last), None)
    if one.reach is not None:
        one.state, one.why = State.ACHIEVED, Why.ACHIEVED
    elif at <= one.frame_ends_at:
        one.state, one.why = State.IN_PROCESS, Why.FRAME_OPEN
    else:
        one.state, one.why = State.MISSED, Why.NEW_REPLY if cut else Why.FRAME_ENDED


def _judge_unanswered(one: Inquiry, facts: Facts, achieved: list[Inquiry], at: int) -> None:
    """An inquiry without a reply is tracked if one that came at its end (or now) would have been judged."""
    t = at if one.ended_at is None else one.ended_at
    version, one.why = _in_force(facts, t, at)
    if version is None:
        return
    earlier = [done for done in achieved if done.reach is not None and done.reach.time <= t]
    if earlier and (before := earlier[-1].version) is not None and version.same(before):
        one.why = Why.ALREADY_ACHIEVED
        return
    one.version, one.state = version, State.IN_PROCESS


def _state(shown: Inquiry, found: list[Inquiry], achieved: list[Inquiry]) -> State:
    """The newest inquiry with a first reply says it; until the next reply a question reopens what was missed."""
    if shown.version is None:
        return State.ACHIEVED if achieved else State.NONE
    asked_again = any(one.asked_at is not None for one in found[shown.number :])
    if shown.state is State.MISSED and asked_again:
        return State.IN_PROCESS
    return shown.state


def _next_look(facts: Facts, shown: Inquiry | None, at: int, known: int) -> int | None:
    """The first instant after `at` at which the answer may differ though no fact arrives."""
    instants = [one[0] for one in facts.events[known : known + 1]]
    instants += [reach.time for of_version in facts.reaches.values() for reach in of_version]
    for one in facts.versions:
        instants += [t for t in (one.valid_from, one.valid_until, one.deleted_at) if t is not None]
    instants += facts.tracked.instants
    if shown is not None and shown.state is State.IN_PROCESS and shown.frame_ends_at is not None:
        instants.append(shown.frame_ends_at + 1)
    return min((t for t in instants if t > at), default=None)
