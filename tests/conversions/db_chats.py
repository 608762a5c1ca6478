"""Histories of the oracle brought into the database through the services, in any order, and read back."""

import random
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from apps.accounts.models import Account, AccountSettings
from apps.accounts.services import make_account
from apps.conversations.models import Channel, Conversation
from apps.conversions import chat_selectors
from apps.conversions.frames import look
from apps.conversions.models import ChatState, ChatStates, Inquiry
from apps.conversions.services import judge_chats
from apps.core import clock
from apps.counters.models import Counter
from apps.goals.chat_drafts import ChatGoalDraft
from apps.goals.drafts import ConditionDraft
from apps.goals.models import ChatGoal
from apps.goals.services import delete_chat_goal, save_chat_goal
from apps.intake import registry
from apps.intake.services import KnownLink, take_events, take_hits, take_links
from tests.conversions.pure_chats import facts
from tests.oracle.chats import DAY, START, Goal, History, Hit, Said, Says

Fact = Callable[[], Any]
instant = clock.from_us


class Row(NamedTuple):
    """A stored state or inquiry, or what the pure module says of it."""

    number: int  # of the inquiry, 0 for the conversation
    state: int
    version: tuple[int, int] | None
    began_at: int | None
    ended_at: int | None
    replied_at: int | None
    agent: str | None
    frame_ends_at: int | None
    achieved_at: int | None
    hit: str | None


class DbChats:
    """An account that holds histories, each on a channel of its own."""

    def __init__(self, histories: list[History]) -> None:
        self.histories = histories
        self.account = make_account(name="World")
        Account.objects.filter(pk=self.account.pk).update(closing_days=4000)
        switch = histories[0].switch
        first = switch[0][1] if switch else True
        self.account.settings_history.all().delete()
        AccountSettings.objects.create(
            account=self.account, at=instant(START - 400 * DAY), timezone="UTC", inactivity_s=600,
            chat_goals_tracked=first,
        )  # fmt: skip
        Account.objects.filter(pk=self.account.pk).update(chat_goals_tracked=first)
        self.counter = Counter.objects.create(account=self.account, name="Shop", site="https://shop.example")
        self.channels = [self._channel(place) for place in range(len(histories))]
        self.goals: dict[int, int] = {}
        self.versions: dict[int, tuple[int, int]] = {}

    def _channel(self, place: int) -> Channel:
        return registry.save_channel(account_id=self.account.pk, external_id=f"c{place}", kind="web")[0]

    def bring_in(self, rng: random.Random) -> int:
        """All facts in a random order, some twice, with runs in between at rising instants; the last of them."""
        calls = [call for place in range(len(self.histories)) for call in self._facts(place, rng)]
        calls.append(self._in_order([self._turn(at, on) for at, on in self.histories[0].switch]))
        calls += [self._in_order(list(self._kinds(agent))) for agent in self.histories[0].kinds]
        rng.shuffle(calls)
        now = START - DAY
        for call in calls:
            call()
            if rng.random() < 0.08:
                now += rng.choice((0, 1, rng.randrange(DAY)))
                self.run(rng, now)
        return now

    def _facts(self, place: int, rng: random.Random) -> list[Fact]:
        history = self.histories[place]
        by_user = rng.random() < 0.5  # the chat knows the customer's number, the browser only its own
        calls: list[Fact] = [partial(self._hit, hit, place) for hit in [*history.hits, *history.hits[:2]]]
        events = [*history.events, *history.events[:3]]
        rng.shuffle(events)
        while events:
            batch, events = events[: (size := rng.randint(1, 5))], events[size:]
            calls.append(partial(self._events, batch, place, by_user))
        if by_user:
            link = KnownLink(f"7{place}", f"u{place}", instant(START - 300 * DAY))
            calls.append(partial(take_links, account_id=self.account.pk, links=[link]))
        calls.append(self._in_order(list(self._goals(place, history.goals))))
        return calls

    def _in_order(self, calls: list[Fact]) -> Fact:
        def all_of_them() -> None:
            for call in calls:
                call()

        return all_of_them

    def _turn(self, at: int, on: bool) -> Fact:
        return partial(
            registry.save_settings, account_id=self.account.pk, at=instant(at), chat_goals_tracked=on
        )

    def _kinds(self, agent: str) -> Any:
        for at, kind in self.histories[0].kinds[agent]:
            yield partial(
                registry.save_agent, account_id=self.account.pk, external_id=agent, at=instant(at), kind=kind
            )

    def _goals(self, place: int, goals: list[Goal]) -> Any:
        for number, goal in enumerate(goals):
            for index, said in enumerate(goal.versions):
                yield partial(self._save, place, number, index, said)
            if goal.deleted_at is not None:
                yield partial(self._delete, place, goal.deleted_at)

    def _save(self, place: int, number: int, index: int, said: Says) -> None:
        category, operator, value = said.condition
        goal = save_chat_goal(
            account_id=self.account.pk,
            user_id=None,
            draft=ChatGoalDraft(
                self.channels[place].pk, ConditionDraft(operator, value, category), said.days
            ),
            goal_id=self.goals[place] if index else None,
            at=instant(said.since),
        )
        self.goals[place] = goal.pk
        assert goal.current_id
        self.versions[goal.current_id] = (number, index)

    def _delete(self, place: int, at: int) -> None:
        delete_chat_goal(account_id=self.account.pk, user_id=None, goal_id=self.goals[place], at=instant(at))

    def _hit(self, hit: Hit, place: int) -> None:
        body: dict[str, Any] = {"id": hit.id, "time": instant(hit.time).isoformat(), "client_id": f"7{place}"}
        body |= {"type": "pageview", "url": hit.url} if hit.url else {"type": "event", "name": hit.name}
        outcome = take_hits(counter=self.counter, raw=[{**body, "id": f"{hit.id}-{place}"}])
        assert not outcome.rejected, outcome.rejected

    def _events(self, events: list[Said], place: int, by_user: bool) -> None:
        person = {"user_id": f"u{place}"} if by_user else {"client_id": f"7{place}"}
        raw = [{**_event_json(event), "channel": f"c{place}", "person": person} for event in events]
        outcome = take_events(account_id=self.account.pk, raw=raw)
        assert not outcome.rejected, outcome.rejected

    def run(self, rng: random.Random, now: int) -> None:
        """Look at all that waits, in batches of any size."""
        limit = rng.choice([3, 1000, 1000])
        while judge_chats(account_id=self.account.pk, limit=limit, now=instant(now)):
            pass

    def stored(self, place: int, now: int) -> list[Row]:
        """What is recorded of a history."""
        conversation = Conversation.objects.get(account=self.account, channel=self.channels[place])
        agents = dict(self.account.agents.values_list("pk", "external_id"))
        # Whether the account tracks chat goals by now decides what is shown, not what is recorded.
        kept = ChatGoal.objects.filter(account_id=self.account.pk, deleted_at=None)
        states = ChatState.objects.filter(account_id=self.account.pk, goal_id__in=kept.values("pk"))
        rows = [
            Row(
                0, one.state, self.versions.get(one.version_id or 0), None, None, _us(one.replied_at),
                agents.get(one.agent_id or 0), _us(one.frame_ends_at), _us(one.achieved_at), None,
            )
            for one in states.filter(conversation_id=conversation.pk).exclude(state=ChatStates.NONE)
        ]  # fmt: skip
        inquiries = chat_selectors.inquiries(account_id=self.account.pk, now=instant(now))
        rows += [
            Row(
                one.number, one.state, self.versions[one.version_id], _us(one.began_at), _us(one.ended_at),
                _us(one.replied_at), agents.get(one.agent_id or 0), _us(one.frame_ends_at),
                _us(one.achieved_at), one.hit_id.rpartition("-")[0] if one.hit_id else None,
            )
            for one in inquiries.filter(conversation_id=conversation.pk)
        ]  # fmt: skip
        return sorted(rows)

    def everything(self) -> list[tuple[Any, ...]]:
        """All rows of the account, as they are."""
        return [
            row
            for model in (ChatState, Inquiry)
            for row in model.objects.filter(account_id=self.account.pk).order_by("pk").values_list()
        ]


def expected(history: History, now: int) -> list[Row]:
    """What the pure module says of a history, in the form of the rows."""
    names = (None, "ana", "ben", "robo")
    chat = look(facts(history), now)
    rows = []
    if chat.state:
        shown = chat.shown
        version = shown.version if shown else None
        last = chat.achieved[-1].reach.time if chat.achieved and chat.achieved[-1].reach else None
        rows.append(
            Row(
                0, int(chat.state), divmod(version.version, 100) if version else None, None, None,
                shown.replied_at if shown else None, names[shown.agent] if shown else None,
                shown.frame_ends_at if shown else None, last, None,
            )
        )  # fmt: skip
    rows += [
        Row(
            one.number, int(one.state), divmod(one.version.version, 100), one.began_at, one.ended_at,
            one.replied_at, names[one.agent], one.frame_ends_at, one.reach.time if one.reach else None,
            one.reach.hit if one.reach else None,
        )
        for one in chat.inquiries
        if one.version
    ]  # fmt: skip
    return sorted(rows)


def _us(at: datetime | None) -> int | None:
    return None if at is None else clock.to_us(at)


def _event_json(event: Said) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": event.id, "conversation": "T1", "time": instant(event.time).isoformat(), "seq": event.seq,
    }  # fmt: skip
    if event.what in ("person", "agent", "bot", "system"):
        return body | {"type": "message", "author": {"kind": event.what, "agent": event.agent}}
    if event.what == "note":
        return body | {"type": "message", "public": False, "author": {"kind": "agent", "agent": event.agent}}
    if event.what == "assignment":
        return body | {"type": "assignment", "agent": event.agent}
    if event.what == "rating":
        return body | {"type": "rating", "rating": {"score": 5}}
    return body | {"type": "status", "status": event.what}


def after_all(history: History) -> int:
    """From when on nothing that has been deleted is asked for as it was before."""
    return max((goal.deleted_at for goal in history.goals if goal.deleted_at is not None), default=START)
