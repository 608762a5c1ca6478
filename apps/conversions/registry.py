"""What agents, channels and settings were at an instant: the value in force; before the first, the first.

Pure. Instants are microseconds since 2000; agents, groups and channels are the numbers of their rows.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from typing import Generic, NamedTuple, TypeVar

Value = TypeVar("Value")


class AgentAt(NamedTuple):
    """An agent from an instant on; `None` where nothing was recorded (the blanks of a placeholder)."""

    at: int
    bot: bool | None = None
    groups: frozenset[int] | None = None
    name: str | None = None
    email: str | None = None


class KnownAgent(NamedTuple):
    """An agent at an instant, without gaps."""

    bot: bool
    groups: frozenset[int]
    name: str
    email: str


STRANGER = KnownAgent(bot=False, groups=frozenset(), name="", email="")
"""Of whom nothing was ever recorded."""


class Steps(Generic[Value]):
    """A value that changes at instants. Lookups of one that never changed cost nothing."""

    __slots__ = ("instants", "only", "values")

    def __init__(self, steps: Iterable[tuple[int, Value]], default: Value) -> None:
        ordered = sorted(steps, key=lambda step: step[0])
        self.instants = [at for at, _ in ordered]
        self.values = [value for _, value in ordered] or [default]
        self.only = len(self.values) == 1

    def at(self, t: int) -> Value:
        """The value in force at `t`; before the first one, the first."""
        if self.only:
            return self.values[0]
        return self.values[max(bisect_right(self.instants, t) - 1, 0)]


def agent_steps(history: Iterable[AgentAt]) -> Steps[KnownAgent]:
    """An agent's history without gaps: a blank takes the value before it, leading blanks the first value."""
    ordered = sorted(history, key=lambda one: one.at)
    last = STRANGER
    for one in reversed(ordered):  # the first values, for what comes before them
        last = _over(last, one)
    steps = []
    for one in ordered:
        last = _over(last, one)
        steps.append((one.at, last))
    return Steps(steps, STRANGER)


def _over(known: KnownAgent, said: AgentAt) -> KnownAgent:
    """`known`, with what was recorded."""
    return KnownAgent(
        known.bot if said.bot is None else said.bot,
        known.groups if said.groups is None else said.groups,
        known.name if said.name is None else said.name,
        known.email if said.email is None else said.email,
    )


class Registry:
    """An account's agents, channels and settings through time."""

    def __init__(
        self,
        *,
        agents: Mapping[int, Iterable[AgentAt]],
        excluded: Mapping[int, Iterable[tuple[int, bool]]],
        inactivity_us: Iterable[tuple[int, int]],
        group_order: Mapping[int, bytes],
    ) -> None:
        self._histories = agents
        self._agents: dict[int, Steps[KnownAgent]] = {}  # made when first asked for
        self._excluded = {channel: Steps(steps, default=False) for channel, steps in excluded.items()}
        self._inactivity = Steps(inactivity_us, 600_000_000)
        self._group_order = group_order

    def agent(self, agent: int, t: int) -> KnownAgent:
        """The agent as it was at `t`."""
        steps = self._agents.get(agent)
        if steps is None:
            steps = self._agents[agent] = agent_steps(self._histories.get(agent, ()))
        return steps.at(t)

    def is_bot(self, agent: int, t: int) -> bool:
        """Whether the agent was a bot at `t`."""
        return self.agent(agent, t).bot

    def excluded(self, channel: int, t: int) -> bool:
        """Whether messaging goals did not look at the channel at `t` (unless they say that they do)."""
        steps = self._excluded.get(channel)
        return steps.at(t) if steps else False

    def inactivity_us(self, t: int) -> int:
        """The account's inactivity period in force at `t`, microseconds."""
        return self._inactivity.at(t)

    def shared_group(self, agent: int, groups: frozenset[int], t: int) -> int | None:
        """Of `groups`, one that the agent belonged to at `t`: the smallest external id, as bytes."""
        common = self.agent(agent, t).groups & groups
        if not common:
            return None
        return min(common, key=lambda group: self._group_order.get(group, b""))
