"""A history of the oracle seen by the product's pure module, without a database."""

from apps.conversations.models import Event
from apps.conversions.attribution import Event as Fact
from apps.conversions.frames import Chat, Facts, Inquiry, Reach, State, Version, look
from apps.conversions.registry import AgentAt, Steps, agent_steps
from tests.oracle import chats
from tests.oracle.chats import History, Judged, Seen

KINDS = {
    "person": Event.Kind.PERSON,
    "agent": Event.Kind.AGENT,
    "bot": Event.Kind.BOT,
    "system": Event.Kind.SYSTEM,
    "note": Event.Kind.NOTE,
    "assignment": Event.Kind.ASSIGN_AGENT,
    "rating": Event.Kind.RATING,
    "new": Event.Kind.NEW,
    "open": Event.Kind.OPEN,
    "pending": Event.Kind.PENDING,
    "hold": Event.Kind.HOLD,
    "solved": Event.Kind.SOLVED,
    "closed": Event.Kind.CLOSED,
}
STATES = {
    State.NONE: "none",
    State.IN_PROCESS: "in process",
    State.ACHIEVED: "achieved",
    State.MISSED: "missed",
}
AGENTS = ("ana", "ben", "robo")


def number(agent: str | None) -> int:
    """An agent's number, 0 where none is named."""
    return AGENTS.index(agent) + 1 if agent else 0


def facts(history: History) -> Facts:
    """The history as the product reads it."""
    ordered = sorted(history.events, key=lambda event: (event.time, event.seq, event.id.encode()))
    events: list[Fact] = [(one.time, int(KINDS[one.what]), number(one.agent), 0) for one in ordered]
    steps = {
        number(agent): agent_steps([AgentAt(at, bot=kind == "bot") for at, kind in recorded])
        for agent, recorded in history.kinds.items()
    }
    versions, reaches = [], {}
    for place, goal in enumerate(history.goals):
        for index, said in enumerate(goal.versions):
            until = goal.versions[index + 1].since if index + 1 < len(goal.versions) else None
            key = place * 100 + index
            versions.append(
                Version(place, key, said.since, until, said.condition, said.days, goal.deleted_at)
            )
            found = [Reach(hit.time, 1, hit.id) for hit in history.hits if chats.meets(hit, said.condition)]
            reaches[key] = sorted(found)
    return Facts(
        events,
        versions,
        reaches,
        Steps(history.switch, default=True),
        lambda agent, t: agent in steps and steps[agent].at(t).bot,
    )


def seen(chat: Chat) -> Seen:
    """What the product says, in the oracle's form."""
    return Seen(
        STATES[chat.state],
        tuple(
            (divmod(one.version.version, 100), one.reach.time)
            for one in chat.achieved
            if one.version and one.reach
        ),
        tuple(_judged(one) for one in chat.inquiries),
    )


def _judged(one: Inquiry) -> Judged:
    return Judged(
        one.began_at,
        one.ended_at,
        one.replied_at,
        AGENTS[one.agent - 1] if one.agent else None,
        STATES[one.state],
        divmod(one.version.version, 100) if one.version else None,
        one.frame_ends_at,
        one.reach.time if one.reach else None,
        one.reach.hit if one.reach else None,
    )


def at(history: History, instant: int) -> Seen:
    """The conversation as of an instant."""
    return seen(look(facts(history), instant))
