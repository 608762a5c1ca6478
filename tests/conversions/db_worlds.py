"""A world of the oracle brought into the database through the services, in any order, and read back."""

import random
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction

from apps.accounts.models import Account, Group
from apps.accounts.services import make_account
from apps.conversions.attribution import Limits
from apps.conversions.models import Conversion
from apps.conversions.services import judge
from apps.core import clock
from apps.core.locks import Lock, take
from apps.counters.models import Counter
from apps.goals.drafts import ConditionDraft, GoalDraft
from apps.goals.models import GoalVersion, MessagingGoal
from apps.goals.services import saving
from apps.intake import registry
from apps.intake.named import FIELDS, Pair
from apps.intake.services import KnownLink, take_events, take_hits, take_links, take_pairs, undo_link
from apps.people.services import ensure_identities
from apps.visits.models import MANY_HITS
from apps.visits.services import keep_visits
from tests.conversions.pure_worlds import ALWAYS, EPOCH, event_json, instant
from tests.oracle import plain
from tests.oracle.world import Event, Hit, Version, World

Fact = Callable[[], Any]
OUTCOMES = {1: "credited", 2: "uncredited", 3: "dropped_second", 4: "dropped_visit"}
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


class DbWorld:
    """An account that holds a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.account = make_account(name="World", currency="EUR")
        # every value is recorded below, with its own instant
        self.account.settings_history.all().delete()
        Account.objects.filter(pk=self.account.pk).update(closing_days=400)
        self.counters = {
            number: Counter.objects.create(
                account=self.account, name=str(number), site="https://shop.example"
            )
            for number in world.counters
        }
        for number, steps in world.timeouts.items():
            for at, seconds in steps:
                self.counters[number].settings_history.create(at=instant(at), visit_timeout_s=seconds)
        self.goals: dict[str, MessagingGoal] = {}

    def _registry(self) -> list[Fact]:
        account = self.account.pk
        facts: list[Fact] = []
        for agent, history in self.world.agents.items():
            facts.append(_in_order([self._agent(agent, at, said) for at, said in history]))
        for channel, history in self.world.channels.items():
            facts.append(
                _in_order(
                    [
                        partial(
                            registry.save_channel,
                            account_id=account,
                            external_id=channel,
                            at=instant(at),
                            **said,
                        )
                        for at, said in history
                    ]
                )
            )
        return facts

    def _agent(self, agent: str, at: int, said: dict[str, Any]) -> Fact:
        values: dict[str, Any] = {
            name: list(value) if name == "groups" else value for name, value in said.items()
        }
        return lambda: registry.save_agent(
            account_id=self.account.pk, external_id=agent, at=instant(at), **values
        )

    def settings(self) -> None:
        """The account's settings, in their order; a value that is recorded later holds from the beginning."""
        known = {"timezone": "UTC", "inactivity_s": 600, "link_contacts": False}
        for _, said in reversed(self.world.account.settings):
            known |= said
        Account.objects.filter(pk=self.account.pk).update(**known)
        for at, said in self.world.account.settings:
            before = Account.objects.get(pk=self.account.pk)
            registry.save_settings(account_id=self.account.pk, at=instant(at), **said)
            if not before.settings_history.exists():
                before.settings_history.create(at=instant(at), **known)

    def _links(self) -> list[Fact]:
        return [
            partial(
                take_links,
                account_id=self.account.pk,
                links=[KnownLink(link.client_id, link.user_id, instant(link.at))],
            )
            for link in self.world.links
        ]

    def _ties(self) -> list[Fact]:
        """What is said by hand of two identities, and what of them is taken back."""
        ties = [
            partial(
                take_pairs,
                account_id=self.account.pk,
                pairs=[Pair(_name(tie.one), _name(tie.other), instant(tie.at))],
            )
            for tie in self.world.ties
        ]
        return [*ties, *(partial(self._undo, *undone) for undone in self.world.undone)]

    def _undo(self, one: tuple[str, str], other: tuple[str, str], until: int) -> None:
        with transaction.atomic():
            ids = ensure_identities(account_id=self.account.pk, names={_name(one), _name(other)})
        ends = {"one": ids[_name(one)], "other": ids[_name(other)]}
        undo_link(account_id=self.account.pk, **ends, until=instant(until))

    def _take_hits(self, hits: list[Hit]) -> None:
        for number, counter in self.counters.items():
            _taken(take_hits(counter=counter, raw=[_hit_json(hit) for hit in hits if hit.counter == number]))

    def _take_events(self, events: list[Event]) -> None:
        _taken(take_events(account_id=self.account.pk, raw=[event_json(event) for event in events]))

    def _batches(self, rng: random.Random) -> list[Fact]:
        """Hits and events in batches of any size, in any order, a quarter of them twice."""
        facts: list[Fact] = []
        for facts_of, call in ((self.world.hits, self._take_hits), (self.world.events, self._take_events)):
            pool = [*facts_of, *rng.sample(facts_of, len(facts_of) // 4)]
            rng.shuffle(pool)
            while pool:
                batch, pool = pool[: (size := rng.randint(1, 6))], pool[size:]
                facts.append(partial(call, batch))
        return facts

    def save_version(self, key: str, version: Version) -> None:
        """What `save_goal` does once a draft is checked, as of the version's own instant."""
        at = instant(version.valid_from)
        names = sorted(version.groups)
        with transaction.atomic():
            take(Lock.GOALS, self.account.pk)
            groups = [
                Group.objects.get_or_create(account=self.account, external_id=name)[0] for name in names
            ]
            goal = self.goals.get(key) or MessagingGoal.objects.create(account=self.account)
            before = goal.current
            draft = _draft(version, groups)
            goal.current = saving.append(goal, before, draft, groups, at, None)
            goal.save(update_fields=["current"])
            saving.match_stored(goal, at)
        self.goals[key] = goal

    def bring_in(self, rng: random.Random) -> None:
        """All facts in a random order, some twice, with runs in between; goals' versions in their order."""
        self.settings()
        versions = sorted(
            ((v.valid_from, key, v) for key, vs in self.world.goals.items() for v in vs), key=lambda x: x[:2]
        )
        facts = [*self._registry(), *self._links(), *self._ties(), *self._batches(rng)]
        rng.shuffle(facts)
        cuts = sorted(rng.randrange(len(facts) + 1) for _ in versions)
        for index, fact in enumerate(facts):
            while cuts and cuts[0] <= index:
                cuts.pop(0)
                self.save_version(*versions.pop(0)[1:])
            fact()
            if rng.random() < 0.1:
                self.run(rng)
        for _, key, version in versions:
            self.save_version(key, version)
        self.run(rng)

    def run(self, rng: random.Random) -> None:
        """A run, cut into shares and batches of any size."""
        shares = rng.choice([1, 2, 4])
        limit = rng.choice([1, 2, 1000])
        started_at = clock.now()
        limits = Limits(online=self.world.visit_limit)
        while keep_visits(account_id=self.account.pk, many=min(MANY_HITS, limits.online // 15)):
            pass
        for share in rng.sample(range(shares), shares):
            while judge(
                account_id=self.account.pk,
                run_started_at=started_at,
                share=share,
                shares=shares,
                limit=limit,
                limits=limits,
            ).people:
                pass

    def rows(self) -> list[plain.Row]:
        """What is recorded, in the oracle's form and order."""
        versions = dict(GoalVersion.objects.filter(account=self.account).values_list("pk", "number"))
        goals = {goal.pk: key for key, goal in self.goals.items()}
        counters = {counter.pk: number for number, counter in self.counters.items()}
        groups = dict(self.account.groups.values_list("pk", "external_id"))
        agents = dict(self.account.agents.values_list("pk", "external_id"))
        tickets = {
            pk: (channel, ticket)
            for pk, channel, ticket in self.account.conversations.values_list(
                "pk", "channel__external_id", "ticket"
            )
        }
        rows = []
        for one in Conversion.objects.filter(account_id=self.account.pk):
            key, number = goals[one.goal_id], versions[one.version_id] - 1
            version = self.world.goals[key][number]
            is_credited = one.outcome == Conversion.Outcome.CREDITED
            channel, ticket = tickets.get(one.conversation_id or 0, (None, None))
            rows.append(
                plain.Row(
                    goal=key,
                    version=number,
                    counter=counters[one.counter_id],
                    hit=one.hit_id,
                    time=(one.time - EPOCH) // timedelta(microseconds=1),
                    outcome=OUTCOMES[one.outcome],
                    channel=channel,
                    ticket=ticket,
                    agent=agents.get(one.agent_id or 0),
                    agent_name=one.agent_name,
                    agent_email=one.agent_email,
                    group=groups.get(one.group_id or 0),
                    model=version.model if is_credited else None,
                    active=one.active,
                    contact_us=one.contact_us,
                    value=version.value,
                )
            )
        return sorted(rows, key=lambda row: (row.goal, row.time, row.counter, row.hit.encode()))


def _name(name: tuple[str, str]) -> tuple[int, str]:
    return int(FIELDS[name[0]]), name[1]


def _in_order(calls: list[Fact]) -> Fact:
    """Values of one thing are recorded one after the other: a clock never runs backwards."""

    def all_of_them() -> None:
        for call in calls:
            call()

    return all_of_them


def _hit_json(hit: Hit) -> dict[str, Any]:
    body: dict[str, Any] = {"id": hit.id, "time": instant(hit.time).isoformat(), "type": hit.type}
    body |= {"url": hit.url} if hit.type == "pageview" else {"name": "event", "url": hit.url}
    body |= {name: getattr(hit, name) for name in ("client_id", "user_id") if getattr(hit, name)}
    return body | ({"user_agent": GOOGLEBOT} if hit.robot else {})


def _taken(outcome: Any) -> None:
    assert not outcome.rejected, outcome.rejected


def _draft(version: Version, groups: list[Group]) -> GoalDraft:
    return GoalDraft(
        name=version.name or "Goal",
        group_ids=tuple(group.pk for group in groups),
        attribution=version.model,
        window_days=version.window_days,
        conditions=tuple(ConditionDraft(operator, value) for operator, value in version.conditions),
        active=version.active,
        start_date=version.start_date or ALWAYS,
        end_date=version.end_date,
        transaction_value=version.value,
        bots_eligible=version.bots_eligible,
        window_on_active=version.window_on_active,
        all_channels=version.include_all_channels,
    )


SOON_AFTER = timedelta(days=30)
