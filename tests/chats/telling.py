"""A chat told step by step: the clock stands still between steps, and each step arrives as it happens."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

import time_machine

from apps.accounts.models import Account
from apps.conversations.models import Channel, Conversation
from apps.conversions.chat_selectors import ChatView, chat_state
from apps.conversions.models import ChatState, ChatStates
from apps.core import clock
from apps.counters.models import Counter
from apps.goals.drafts import ConditionDraft
from apps.goals.models import ChatGoal
from apps.goals.services import delete_chat_goal
from apps.hourly.services import look_at_chats
from apps.intake.registry import save_settings
from apps.intake.services import take_events, take_hits
from tests.cast import Cast
from tests.goals.chats import a_channel, a_chat_goal
from tests.intake.test_hits import NOON

THANKS = ConditionDraft("contains", "/thanks")
PURCHASE = ConditionDraft("is", "purchase", "event")
_numbers = count(1)


class Telling:
    """One channel, one person, one conversation (or several by ticket)."""

    def __init__(self, cast: Cast, clock_hand: Any) -> None:
        self.account: Account = cast.account
        self.counter: Counter = cast.counter
        self.channel: Channel = a_channel(cast.account)
        self.clock = clock_hand
        self.goal: ChatGoal | None = None

    def wait(self, **lapse: float) -> "Telling":
        """Let time pass."""
        self.clock.move_to(clock.now() + timedelta(**lapse))
        return self

    def set_goal(self, condition: ConditionDraft = THANKS, days: int = 3) -> ChatGoal:
        self.goal = a_chat_goal(self.channel, self.goal, condition=condition, frame_days=days)
        return self.goal

    def delete_goal(self) -> None:
        assert self.goal
        delete_chat_goal(account_id=self.account.pk, user_id=None, goal_id=self.goal.pk)
        self.goal = None

    def switch(self, *, on: bool) -> None:
        save_settings(account_id=self.account.pk, chat_goals_tracked=on)

    def event(self, *, ticket: str = "T-1", at: datetime | None = None, **said: Any) -> "Telling":
        """An event of the chat, as of now unless it says when."""
        number = next(_numbers)
        body = {
            "id": f"e{number}", "seq": number, "conversation": ticket, "channel": self.channel.external_id,
            "time": (at or clock.now()).isoformat(), "person": {"client_id": "7"}, **said,
        }  # fmt: skip
        outcome = take_events(account_id=self.account.pk, raw=[body])
        assert not outcome.rejected, outcome.rejected
        return self

    def person(self, **said: Any) -> "Telling":
        return self.event(type="message", author={"kind": "person"}, **said)

    def agent(self, name: str = "ana", **said: Any) -> "Telling":
        return self.event(type="message", author={"kind": "agent", "agent": name}, **said)

    def close(self, status: str = "closed", **said: Any) -> "Telling":
        return self.event(type="status", status=status, **said)

    def hit(self, *, at: datetime | None = None, **said: Any) -> "Telling":
        """The person sees /thanks."""
        body = {
            "id": f"h{next(_numbers)}", "time": (at or clock.now()).isoformat(), "type": "pageview",
            "url": "https://shop.example/thanks", "client_id": "7", **said,
        }  # fmt: skip
        outcome = take_hits(counter=self.counter, raw=[body])
        assert not outcome.rejected, outcome.rejected
        return self

    def chat(self, ticket: str = "T-1") -> Conversation:
        return Conversation.objects.get(account=self.account, channel=self.channel, ticket=ticket)

    def view(self, ticket: str = "T-1") -> ChatView:
        """The panel, which must agree with what is stored once the minute's job has run."""
        look_at_chats(account_id=self.account.pk)
        conversation = self.chat(ticket).pk
        view = chat_state(account_id=self.account.pk, conversation_id=conversation)
        kept = ChatState.objects.filter(account_id=self.account.pk, conversation_id=conversation).first()
        stored = ChatStates(kept.state) if kept else ChatStates.NONE
        assert stored.name.lower() == view.state
        return view

    def state(self, ticket: str = "T-1") -> str:
        return self.view(ticket).state


def frozen_at_noon() -> Any:
    return time_machine.travel(NOON, tick=False)
