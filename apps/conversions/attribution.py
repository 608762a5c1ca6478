"""Who earns the credit for a conversion: the rules of `attribution.md` 2 to 5, once, as a pure function.

One walk serves decision and explanation: a `Thread` is a conversation advanced to an instant, `look` names
the rule that takes or drops it, `decide` picks among those that yield an agent. Instants are microseconds
since 2000; agents, groups, channels and conversations are numbers of rows, 0 where there is none.
"""

from collections.abc import Hashable, Iterable
from enum import StrEnum
from itertools import chain
from typing import NamedTuple

from apps.conversions.registry import Registry

DAY_US = 86_400_000_000
SECOND_US = 1_000_000

# the kinds of conversations.models.Event; a test holds the two together
PERSON, AGENT, BOT = 1, 2, 3
ASSIGN, ASSIGN_AGENT, ASSIGN_GROUP, ASSIGN_NOTHING = 10, 11, 12, 13
NEW, OPEN, CLOSED = 20, 21, 25


class Limits(NamedTuple):
    """How many conversions one visit may have, over all goals of the counter."""

    online: int = 400
    offline: int = 1000  # hits that were uploaded


class Rule(StrEnum):
    """The rule that took or dropped a candidate."""

    CHANNEL_EXCLUDED = "channel_excluded"
    NEVER_ASSIGNED = "never_assigned"
    NOBODY_HOLDS = "nobody_holds"
    BOT_HOLDS = "bot_holds"
    OTHER_GROUP = "other_group"
    NOT_A_MEMBER = "not_a_member"
    NO_MESSAGE_IN_WINDOW = "no_message_in_window"
    LATER_MESSAGE_ELSEWHERE = "later_message_elsewhere"
    CREDITED = "credited"


class Terms(NamedTuple):
    """What a goal version says about credit."""

    goal: int
    version: int
    groups: frozenset[int]
    first_touch: bool
    window_us: int
    bots_eligible: bool = False
    window_on_active: bool = False
    all_channels: bool = False


Event = tuple[int, int, int, int]
"""A fact of a conversation as judging reads it: (time, kind, agent, group)."""


class Verdict(NamedTuple):
    """What became of one candidate."""

    thread: "Thread"
    rule: Rule
    active: bool
    agent: int = 0  # the agent looked at
    group: int = 0  # the group by which the agent is eligible, or the one that is not the goal's
    held_since: int = 0  # the assignment by which the agent holds it
    wrote_at: int | None = None  # the agent's latest public message


class Thread:
    """A conversation, advanced event by event to an instant."""

    __slots__ = (
        "agent",
        "begun",
        "bots_said",
        "channel",
        "conversation",
        "first_held",
        "group",
        "held_since",
        "next",
        "order",
        "person_said",
        "rest",
        "said",
        "status",
    )

    def __init__(
        self, conversation: int, channel: int, order: tuple[str, str], events: Iterable[Event]
    ) -> None:
        """`events` in the order of (time, seq, id); `order` is (channel, ticket) for ties; strings compare as their UTF-8 bytes do."""
        self.conversation = conversation
        self.channel = channel
        self.order = order
        self.rest = iter(
            events
        )  # read as far as it is needed, once: to keep events in memory costs more than the rules
        self.next = next(self.rest, None)
        self.begun: int | None = self.next[0] if self.next else None
        self.status = NEW
        self.person_said: int | None = None
        self.said: dict[int, int] = {}  # agent (0: not named): latest public message as an agent
        self.bots_said: dict[int, int] = {}  # the same, said as a bot
        self.agent = 0
        self.group = 0
        self.held_since = 0
        self.first_held: dict[int, tuple[int, int]] = {}  # agent: first assignment's instant and group

    def advance(self, t: int) -> None:
        """Take in every event up to and with `t`."""
        first = self.next
        if first is None or first[0] > t:
            return
        said, person_said, self.next = self.said, self.person_said, None
        for time, kind, agent, group in chain((first,), self.rest):
            if time > t:
                self.next = time, kind, agent, group
                break
            if kind == PERSON:
                person_said = time
            elif kind == AGENT:
                said[agent] = time
            elif kind == BOT:
                self.bots_said[agent] = time
            elif ASSIGN <= kind <= ASSIGN_NOTHING:
                self._assign(time, kind, agent, group)
            elif NEW <= kind <= CLOSED:
                self.status = kind
        self.person_said = person_said

    def _assign(self, time: int, kind: int, agent: int, group: int) -> None:
        if kind in (ASSIGN, ASSIGN_AGENT):
            self.agent = agent
        if kind in (ASSIGN, ASSIGN_GROUP):
            self.group = group
        self.held_since = time
        if self.agent and self.agent not in self.first_held:
            self.first_held[self.agent] = (time, self.group)

    def is_active(self, t: int, inactivity_us: int) -> bool:
        """Section 3: new or open, and the person's last message not older than the inactivity period."""
        return self.status <= OPEN and self.person_said is not None and t - self.person_said <= inactivity_us

    def wrote(self, agent: int) -> int | None:
        """The agent's latest public message so far."""
        times = [said[agent] for said in (self.said, self.bots_said) if agent in said]
        return max(times, default=None)

    def last_word(self, t: int, registry: Registry, *, bots: bool) -> int:
        """The latest public message of the person or an agent (a bot's only with `bots`); -1: none."""
        words = [self.person_said if self.person_said is not None else -1]
        words += [time for agent, time in self.said.items() if bots or not registry.is_bot(agent, t)]
        if bots:
            words += self.bots_said.values()
        return max(words)


def look(thread: Thread, t: int, terms: Terms, registry: Registry) -> Verdict:
    """Section 4 for one conversation that had begun at `t` and is advanced to it."""
    active = thread.is_active(t, registry.inactivity_us(t))
    if not terms.all_channels and registry.excluded(thread.channel, t):
        return Verdict(thread, Rule.CHANNEL_EXCLUDED, active)
    agent, held_since, group = _first(thread, t, terms, registry) if terms.first_touch else _last(thread)
    if not agent:
        return Verdict(thread, Rule.NEVER_ASSIGNED if terms.first_touch else Rule.NOBODY_HOLDS, active)
    if not terms.bots_eligible and registry.is_bot(agent, t):
        return Verdict(thread, Rule.BOT_HOLDS, active, agent, group, held_since)
    if group and group not in terms.groups:
        return Verdict(thread, Rule.OTHER_GROUP, active, agent, group, held_since)
    if not group:
        shared = registry.shared_group(agent, terms.groups, t)
        if shared is None:
            return Verdict(thread, Rule.NOT_A_MEMBER, active, agent, 0, held_since)
        group = shared
    wrote_at = thread.wrote(agent)
    if (not active or terms.window_on_active) and (wrote_at is None or wrote_at < t - terms.window_us):
        return Verdict(thread, Rule.NO_MESSAGE_IN_WINDOW, active, agent, group, held_since, wrote_at)
    return Verdict(thread, Rule.CREDITED, active, agent, group, held_since, wrote_at)


def _last(thread: Thread) -> tuple[int, int, int]:
    return thread.agent, thread.held_since, thread.group


def _first(thread: Thread, t: int, terms: Terms, registry: Registry) -> tuple[int, int, int]:
    """The first agent ever assigned; bots are passed over unless they are eligible."""
    for agent, (held_since, group) in thread.first_held.items():
        if terms.bots_eligible or not registry.is_bot(agent, t):
            return agent, held_since, group
    return 0, 0, 0


def candidates(threads: Iterable[Thread], t: int) -> list[Thread]:
    """The conversations that had begun at `t`, advanced to it."""
    begun = [thread for thread in threads if thread.begun is not None and thread.begun <= t]
    for thread in begun:
        thread.advance(t)
    return begun


def decide(threads: Iterable[Thread], t: int, terms: Terms, registry: Registry) -> list[Verdict]:
    """What became of every candidate at `t`; at most one verdict is CREDITED. Call with rising `t`."""
    verdicts = [look(thread, t, terms, registry) for thread in candidates(threads, t)]
    yielding = [verdict for verdict in verdicts if verdict.rule is Rule.CREDITED]
    if len(yielding) < 2:
        return verdicts
    best = max(yielding, key=lambda one: _rank(one.thread, t, terms, registry))
    return [
        one._replace(rule=Rule.LATER_MESSAGE_ELSEWHERE)
        if one.rule is Rule.CREDITED and one is not best
        else one
        for one in verdicts
    ]


def _rank(thread: Thread, t: int, terms: Terms, registry: Registry) -> tuple[int, int, tuple[str, str]]:
    last_word = thread.last_word(t, registry, bots=terms.bots_eligible)
    return last_word, thread.begun or 0, thread.order


def credited(verdicts: Iterable[Verdict]) -> Verdict | None:
    """The verdict that earned the credit, if one did."""
    return next((one for one in verdicts if one.rule is Rule.CREDITED), None)


def same_second(reaches: Iterable[tuple[int, int, int]]) -> list[bool]:
    """Section 2 rule 1 for one person: which reaches are dropped.

    `reaches` are (goal, counter, time) in the order of (time, hit id as bytes).
    """
    seen: set[tuple[int, int, int]] = set()
    dropped = []
    for goal, counter, time in reaches:
        key = (goal, counter, time // SECOND_US)
        dropped.append(key in seen)
        seen.add(key)
    return dropped


def beyond_limit(conversions: Iterable[tuple[Hashable, bool]], limits: Limits) -> list[bool]:
    """Section 2 rule 2 for one person on one counter: which conversions are too many in their visit.

    `conversions` are (a visit, whether uploaded), of what rule 1 left, in the order of (time, hit id as
    bytes, goal: of one hit's goals the one that was made first).
    """
    counts: dict[tuple[Hashable, bool], int] = {}
    dropped = []
    for key in conversions:
        counts[key] = counts.get(key, 0) + 1
        dropped.append(counts[key] > (limits.offline if key[1] else limits.online))
    return dropped
