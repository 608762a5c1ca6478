"""Conversations for a third of a log's visitors, made up from nothing but their hashes: every case of the rules."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from tests.e2e.recount import View, Visitor

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
INSTANT = timedelta(microseconds=1)
Event = dict[str, Any]


class Chat:
    """One conversation, written down event by event."""

    def __init__(self, ticket: str, client_id: str, channel: str = "web") -> None:
        self.ticket, self.channel = ticket, channel
        self.events: list[Event] = []
        self._person = {"client_id": client_id}

    def _add(self, at: datetime, kind: str, **said: Any) -> "Chat":
        self.events.append(
            {
                "id": f"{self.ticket}-{len(self.events)}",
                "conversation": self.ticket,
                "channel": self.channel,
                "time": at.isoformat(),
                "type": kind,
                "person": self._person,
                **said,
            }
        )
        return self

    def says(self, at: datetime) -> "Chat":
        return self._add(at, "message", author={"kind": "person"}, text="Where do I find the jar?")

    def answers(self, at: datetime, agent: str, kind: str = "agent", *, public: bool = True) -> "Chat":
        return self._add(at, "message", author={"kind": kind, "agent": agent}, public=public)

    def given(self, at: datetime, agent: str | None, *group: str | None) -> "Chat":
        return self._add(at, "assignment", agent=agent, **({"group": group[0]} if group else {}))

    def turns(self, at: datetime, status: str) -> "Chat":
        return self._add(at, "status", status=status)

    def rated(self, at: datetime, score: str) -> "Chat":
        return self._add(at, "rating", rating={"score": score})


def _active(chat: Chat, first: datetime, last: datetime) -> None:
    chat.given(first - 30 * MINUTE, "ana", "sales").says(first - 5 * MINUTE).says(last - 10 * MINUTE)


def _just_too_quiet(chat: Chat, first: datetime, last: datetime) -> None:
    chat.given(first - 30 * MINUTE, "ana", "sales").says(last - 10 * MINUTE - INSTANT)


def _edge_of_a_day(chat: Chat, first: datetime, last: datetime) -> None:
    chat.given(first - 8 * DAY, "ben", "sales").answers(last - DAY, "ben").turns(last - DAY, "pending")
    chat.rated(last - 2 * MINUTE, "good")


def _past_the_edge(chat: Chat, first: datetime, last: datetime) -> None:
    chat.given(first - 8 * DAY, "ben", "sales").answers(first - DAY - INSTANT, "ben")


def _handed_on(chat: Chat, first: datetime, last: datetime) -> None:
    chat.given(first - 2 * DAY, "ana", "sales").answers(first - 2 * DAY, "ana").given(first, "ben")
    chat.says(first).answers(last, "ben").rated(last, "bad").rated(last, "=1+1")


def _by_membership(chat: Chat, first: datetime, last: datetime) -> None:
    chat.given(first - MINUTE, "cleo").says(first - MINUTE).answers(first, "cleo").turns(first, "solved")


def _bot_first(chat: Chat, first: datetime, last: datetime) -> None:
    chat.given(first - 3 * MINUTE, "robo", "sales").answers(first - 3 * MINUTE, "robo", "bot")
    chat.given(last - MINUTE, "ana").answers(last - MINUTE, "ana").says(last - MINUTE)


def _bot_only(chat: Chat, first: datetime, last: datetime) -> None:
    chat.given(first, "robo", "sales").says(first).answers(first, "robo", "bot")


def _support(chat: Chat, first: datetime, last: datetime) -> None:
    chat.given(first - MINUTE, "ben", "support").says(first).answers(first, "ben").rated(first, "5")


def _only_a_note(chat: Chat, first: datetime, last: datetime) -> None:
    chat.given(first - DAY, "ana", "sales").answers(first - MINUTE, "ana", public=False)


def _let_go(chat: Chat, first: datetime, last: datetime) -> None:
    chat.given(first - MINUTE, "ana", "sales").answers(first, "ana").given(last, None, None)


def _too_late(chat: Chat, first: datetime, last: datetime) -> None:
    chat.given(last + INSTANT, "ana", "sales").says(last + INSTANT)


CASES: tuple[Callable[[Chat, datetime, datetime], None], ...] = (
    _active,
    _just_too_quiet,
    _edge_of_a_day,
    _past_the_edge,
    _handed_on,
    _by_membership,
    _bot_first,
    _bot_only,
    _support,
    _only_a_note,
    _let_go,
    _too_late,
)


def _number(visitor: Visitor) -> int:
    return int.from_bytes(hashlib.sha256("\n".join(visitor).encode()).digest()[:6])


def chats(views: list[View], client_id: Callable[[Visitor], str]) -> Iterator[tuple[Visitor, Chat]]:
    """One or two conversations for each visitor whose hash divides by three; a tenth on a channel that is out."""
    seen: dict[Visitor, list[datetime]] = {}
    for view in views:
        seen.setdefault(view.visitor, []).append(view.time)
    for visitor, times in sorted(seen.items()):
        number, out = divmod(_number(visitor), 3)
        if out:
            continue
        first, last = min(times), max(times)
        for turn in range(1 + number % 2):
            chosen = number // (2 if turn == 0 else 24) % len(CASES)
            channel = "market-bot" if number % 10 == 7 else ("web", "telegram")[turn]
            chat = Chat(f"T{number % 10**9}-{turn}", client_id(visitor), channel)
            CASES[chosen](chat, first, last)
            yield visitor, chat
