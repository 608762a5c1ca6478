"""A counter with fifteen goals of a hundred conditions, and records of its hits."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from apps.accounts.services import make_account, make_member
from apps.collect import frames
from apps.core import clock
from apps.counters.services import make_counter
from apps.goals.drafts import ConditionDraft, GoalDraft
from apps.goals.services import save_goal
from apps.intake import registry
from tests.bench import hits


@dataclass(frozen=True)
class Shop:
    """Numbers of what was made."""

    account: int
    counter: int


def make() -> Shop:
    """The account, its counter and its goals, as of a day ago."""
    with clock.set_back(timedelta(days=1)):
        account = make_account(name="Bench").pk
        member = make_member(account_id=account, email=f"owner{account}@shop.example", role="owner")
        group, _new = registry.save_group(account_id=account, external_id="sales", name="Sales")
        counter = make_counter(
            account_id=account, user_id=None, name="Shop", site=hits.SITE,
            # looks at each hit whether it may be kept; those that are sent say so
            consent="by_category", respect_dnt=True, respect_gpc=True,
        )  # fmt: skip
        for number, texts in enumerate(hits.conditions()):
            draft = GoalDraft(
                name=f"Goal {number}",
                active=True,
                start_date=clock.now().date(),
                group_ids=(group.pk,),
                attribution="last_touch",
                window_days=7,
                conditions=tuple(ConditionDraft("contains", text) for text in texts),
            )
            save_goal(account_id=account, user_id=member.user_id, draft=draft)
    return Shop(account, counter.pk)


def records(counter: int, count: int, seed: int) -> Iterator[bytes]:
    """Frames as the edge writes them, one hit each."""
    rng, agents, arrived = random.Random(seed), hits.agents(), clock.to_us(clock.now())
    senders = [f"192.0.2.{n}\n{agent}".encode() for n, agent in enumerate(agents)]
    facts = zip(hits.urls(count, seed), hits.people(count, seed), hits.times(count), strict=True)
    for number, (url, person, when) in enumerate(facts):
        hit = {
            "id": f"{seed:08x}{number:016d}", "time": when.isoformat(), "type": "pageview", "url": url,
            "client_id": person, "referrer": hits.SITE + "/", "title": "Running shoes for every weather",
            "consent": "granted",
        }  # fmt: skip
        yield frames.pack(counter, arrived + number, 1, rng.choice(senders), json.dumps(hit).encode())
