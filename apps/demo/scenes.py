"""Conversations around a hit, one scene for each case of the rules (docs/glossary.md has the words). Pure."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
INSTANT = timedelta(microseconds=1)
QUIET = 10 * MINUTE
"""The account's inactivity period."""
QUESTIONS = (
    "Is the trail runner true to size?",
    "Passt der Rucksack ins Handgepäck?",
    "هل تشحنون إلى بيروت؟",
    "Do you ship to Norway? 🇳🇴",
    "My code SPRING15 does nothing :(",
    "=SUM(A1:A9) is what the cart shows, is that right?",
)
REPLIES = ("Let me look that up.", "Gern, einen Moment!", "Yes, it does. 👍", "I have put one aside for you.")

Event = dict[str, Any]
Person = dict[str, str]


class Chat:
    """One conversation, told event by event; times may be told in any order."""

    def __init__(self, ticket: str, channel: str, person: Person, rng: Random) -> None:
        self.ticket, self.channel = ticket, channel
        self.events: list[Event] = []
        self._person, self._rng = person, rng

    def _add(self, at: datetime, kind: str, **said: Any) -> "Chat":
        event = {
            "id": f"{self.ticket}/{len(self.events) + 1}",
            "conversation": self.ticket,
            "channel": self.channel,
            "time": at.isoformat(),
            "type": kind,
            **said,
        }
        if not self.events or kind == "message":
            event["person"] = self._person
        self.events.append(event)
        return self

    def asks(self, at: datetime) -> "Chat":
        return self._add(at, "message", author={"kind": "person"}, text=self._rng.choice(QUESTIONS))

    def replies(self, at: datetime, agent: str) -> "Chat":
        author = {"kind": "bot" if agent == "pixel" else "agent", "agent": agent}
        return self._add(at, "message", author=author, text=self._rng.choice(REPLIES))

    def notes(self, at: datetime, agent: str) -> "Chat":
        author = {"kind": "agent", "agent": agent}
        return self._add(at, "message", author=author, public=False, text="Called before.")

    def goes_to(self, at: datetime, agent: str | None, group: str | None = None) -> "Chat":
        return self._add(at, "assignment", agent=agent, group=group)

    def turns(self, at: datetime, status: str) -> "Chat":
        return self._add(at, "status", status=status)

    def is_rated(self, at: datetime, score: str | int, comment: str = "") -> "Chat":
        return self._add(at, "rating", rating={"score": score, "comment": comment})

    def is_tagged(self, at: datetime, tag: str) -> "Chat":
        return self._add(at, "tag", tag=tag)


@dataclass
class Scene:
    """A hit on a goal's page at `t`, by `person`; the agents stand for whoever the goal's groups have."""

    t: datetime
    person: Person
    group: str
    agent: str
    colleague: str
    outsider: str  # of the group `elsewhere`, which is none of the goal's
    elsewhere: str
    window: timedelta
    first_ticket: int
    rng: Random
    chats: list[Chat] = field(default_factory=list)
    late: list[Event] = field(default_factory=list)

    def chat(self, channel: str | None = None) -> Chat:
        """Open another conversation."""
        ticket = f"D-{self.first_ticket + len(self.chats)}"
        chosen = channel or self.rng.choice(("widget", "widget", "tg", "wa", "ios", "mail"))
        self.chats.append(Chat(ticket, chosen, self.person, self.rng))
        return self.chats[-1]


def talks_now(s: Scene) -> None:
    talk = s.chat().goes_to(s.t - 30 * MINUTE, s.agent, s.group).asks(s.t - 29 * MINUTE)
    talk.replies(s.t - 25 * MINUTE, s.agent).goes_to(s.t - 20 * MINUTE, s.colleague, s.group)
    talk.asks(s.t - 5 * MINUTE).replies(s.t - 4 * MINUTE, s.colleague).is_rated(s.t + HOUR, "good", "Thanks!")


def just_active(s: Scene) -> None:
    s.chat().asks(s.t - QUIET).goes_to(s.t - 30 * MINUTE, s.agent, s.group)


def just_inactive(s: Scene) -> None:
    s.chat().asks(s.t - QUIET - INSTANT).goes_to(s.t - 30 * MINUTE, s.agent, s.group)


def edge_of_the_window(s: Scene) -> None:
    talk = s.chat().asks(s.t - s.window - HOUR).goes_to(s.t - s.window - HOUR, s.agent, s.group)
    talk.replies(s.t - s.window, s.agent).turns(s.t - s.window + MINUTE, "pending")


def outside_the_window(s: Scene) -> None:
    talk = s.chat().asks(s.t - s.window - HOUR).goes_to(s.t - s.window - HOUR, s.agent, s.group)
    talk.replies(s.t - s.window - INSTANT, s.agent)


def nobody_inherits(s: Scene) -> None:
    talk = s.chat().goes_to(s.t - s.window - 2 * DAY, s.agent, s.group).asks(s.t - s.window - 2 * DAY)
    talk.goes_to(s.t - 2 * DAY, s.colleague, s.group).replies(s.t - DAY, s.colleague)


def only_a_note(s: Scene) -> None:
    s.chat().asks(s.t - 2 * DAY).goes_to(s.t - 2 * DAY, s.agent, s.group).notes(s.t - DAY, s.agent)


def solved(s: Scene) -> None:
    talk = s.chat().goes_to(s.t - 20 * MINUTE, s.agent, s.group).asks(s.t - 5 * MINUTE)
    talk.turns(s.t - 3 * MINUTE, "solved").is_rated(s.t - 2 * MINUTE, 5)


def reopened(s: Scene) -> None:
    talk = s.chat().goes_to(s.t - DAY, s.agent, s.group).asks(s.t - DAY).turns(s.t - DAY + HOUR, "solved")
    talk.asks(s.t - 8 * MINUTE).turns(s.t - 8 * MINUTE, "open").is_rated(s.t + DAY, "bad", 'So "so".')


def on_hold(s: Scene) -> None:
    talk = s.chat().goes_to(s.t - 3 * HOUR, s.agent, s.group).asks(s.t - 2 * MINUTE)
    talk.replies(s.t - 2 * HOUR, s.agent).turns(s.t - HOUR, "hold").is_tagged(s.t - HOUR, "size question")


def let_go(s: Scene) -> None:
    talk = s.chat().goes_to(s.t - 20 * MINUTE, s.agent, s.group).asks(s.t - 5 * MINUTE)
    talk.goes_to(s.t - MINUTE, None, s.group)


def wrong_group(s: Scene) -> None:
    s.chat().goes_to(s.t - 20 * MINUTE, s.outsider, s.elsewhere).asks(s.t - 5 * MINUTE)


def by_membership(s: Scene) -> None:
    s.chat().asks(s.t - 21 * MINUTE).goes_to(s.t - 20 * MINUTE, s.agent).asks(s.t - 5 * MINUTE)


def no_member(s: Scene) -> None:
    s.chat().asks(s.t - 21 * MINUTE).goes_to(s.t - 20 * MINUTE, "freelance").asks(s.t - 5 * MINUTE)


def handed_over_at_the_instant(s: Scene) -> None:
    talk = s.chat().goes_to(s.t - 20 * MINUTE, s.agent, s.group).asks(s.t - 5 * MINUTE)
    talk.goes_to(s.t, s.colleague, s.group)


def only_eligible_ones_compete(s: Scene) -> None:
    s.chat().goes_to(s.t - 3 * DAY, s.agent, s.group).asks(s.t - 3 * DAY).replies(s.t - 2 * DAY, s.agent)
    newer = s.chat("tg").asks(s.t - DAY).goes_to(s.t - DAY, s.outsider, s.elsewhere)
    newer.replies(s.t - 5 * MINUTE, s.outsider)


def latest_word_wins(s: Scene) -> None:
    s.chat("widget").asks(s.t - 2 * DAY).goes_to(s.t - 2 * DAY, s.agent, s.group).replies(s.t - HOUR, s.agent)
    other = s.chat("wa").asks(s.t - DAY).goes_to(s.t - DAY, s.colleague, s.group)
    other.replies(s.t - 2 * HOUR, s.colleague)


def there_and_back(s: Scene) -> None:
    talk = s.chat().asks(s.t - 6 * HOUR).goes_to(s.t - 5 * HOUR, s.agent, s.group)
    talk.goes_to(s.t - 4 * HOUR, s.colleague, s.group).goes_to(s.t - 3 * HOUR, s.agent, s.group)
    talk.replies(s.t - 2 * HOUR, s.agent)


def robot_hands_over(s: Scene) -> None:
    talk = s.chat().asks(s.t - HOUR).goes_to(s.t - HOUR, "pixel", s.group).replies(s.t - HOUR, "pixel")
    talk.goes_to(s.t - 40 * MINUTE, s.agent, s.group).replies(s.t - 30 * MINUTE, s.agent)


def robot_alone(s: Scene) -> None:
    talk = s.chat().asks(s.t - 5 * MINUTE).goes_to(s.t - 5 * MINUTE, "pixel", s.group)
    talk.replies(s.t - 4 * MINUTE, "pixel")


def excluded_channel(s: Scene) -> None:
    talk = s.chat("market").goes_to(s.t - HOUR, s.agent, s.group).asks(s.t - 5 * MINUTE)
    talk.replies(s.t - 3 * MINUTE, s.agent)


def begun_too_late(s: Scene) -> None:
    s.chat().asks(s.t + INSTANT).goes_to(s.t + MINUTE, s.agent, s.group).replies(s.t + MINUTE, s.agent)


def told_late(s: Scene) -> None:
    """The agent's answer becomes known only after the hourly run: a correction."""
    talk = s.chat("mail").asks(s.t - DAY).goes_to(s.t - DAY, s.agent, s.group).replies(s.t - HOUR, s.agent)
    s.late.append(talk.events.pop())


SCENES: tuple[Callable[[Scene], None], ...] = (
    talks_now,
    just_active,
    just_inactive,
    edge_of_the_window,
    outside_the_window,
    nobody_inherits,
    only_a_note,
    solved,
    reopened,
    on_hold,
    let_go,
    wrong_group,
    by_membership,
    no_member,
    handed_over_at_the_instant,
    only_eligible_ones_compete,
    latest_word_wins,
    there_and_back,
    robot_hands_over,
    robot_alone,
    excluded_channel,
    begun_too_late,
    told_late,
)
