"""Stored visits, whole, against `sessions.visits` of all hits: what is not read of hits must not matter."""

import json
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction

from apps.core.clock import from_us, to_us
from apps.counters.models import Counter, CounterSettings
from apps.intake.services import KnownLink, take_links
from apps.people.models import Identity
from apps.people.selectors import owners
from apps.people.services import ensure_identities
from apps.visits import keeping, making, sessions, stored
from apps.visits.glimpses import Glimpse
from apps.visits.models import Touched, Visit
from apps.visits.services import HitRow, insert_hits, keep_visits, touch
from apps.visits.sessions import Seen, Timeouts
from apps.visits.sources import own_sites
from apps.visits.stored import COLUMNS, Stream
from tests.cast import Cast
from tests.visits.made import page_views
from tests.visits.test_keeping import clear, keep, timeouts

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
BASE = NOON - timedelta(days=1)
SECOND = 1_000_000
STEPS = [0, 0, 0, 1, 60 * SECOND, 1800 * SECOND, 1800 * SECOND + 1, 3601 * SECOND]
PHONE = {"device": "phone", "browser": "Chrome", "os": "Android", "referrer": "https://ya.ru/"}
DETAILS: list[Any] = [
    *(
        None,
        {},
        PHONE,
        {"referrer": "https://vk.com/"},
        {"device": "desktop", "country": "DE", "city": "Bonn"},
    ),
    *(
        {"country": "FR"},
        {"country": "US", "device": ""},
        {"click_ids": {"yclid": "7"}, "title": "\\ \"x' {,}"},
    ),
    *({"device": 3}, {"country": "US", "device": None}, [], "device", ["country"]),  # no detail of ours
]
URLS = [
    None,
    "https://shop.example/a",
    "https://shop.example/?utm_source=june&utm_medium=email",
    "https://é.example/b",
]


@pytest.fixture(autouse=True)
def frozen() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def counters(cast: Cast) -> list[Counter]:
    other = Counter.objects.create(account=cast.account, name="B", site="https://b.example")
    for at, seconds in ((BASE, 1800), (BASE + timedelta(minutes=100), 3600)):
        CounterSettings.objects.create(counter=other, at=at, visit_timeout_s=seconds)
    return [cast.counter, other]


def some_hits(rng: random.Random, counters: list[Counter], names: Mapping[Any, int]) -> list[HitRow]:
    """Hits of three browsers, a user and a day's visitor, many at the same instants and of several sorts."""
    t, rows = to_us(BASE), []
    for _ in range(rng.randint(3, 24)):
        t += rng.choice(STEPS)
        identity, detail = rng.choice([*names.values(), None]), rng.choice(DETAILS)
        if identity is None:
            detail = {**(detail if isinstance(detail, dict) else {}), "visitor": rng.choice(["x", 'y"\\'])}
        rows.append(
            HitRow(
                account=counters[0].account_id, counter=rng.choice(counters).pk, id=f"h{rng.randrange(99)}", time=from_us(t),
                identity=identity, kind=rng.choice([1, 1, 2]), robot=rng.random() < 0.1, url=rng.choice(URLS), name=None,
                detail=None if detail is None else json.dumps(detail).encode(),
            )
        )  # fmt: skip
    return rows


@transaction.atomic
def store(account: int, rows: list[HitRow]) -> None:
    """Hits with their note, as collection stores them."""
    unique = {(row.account, row.counter, row.id, row.time): row for row in rows}
    fresh = insert_hits(rows=list(unique.values()))
    new = list(unique.values()) if fresh is None else [unique[key] for key in fresh]
    people: dict[int, datetime] = {}
    visitors: dict[tuple[int, str], datetime] = {}
    for row in new:
        if row.identity is not None:
            people[row.identity] = min(row.time, people.get(row.identity, row.time))
        else:
            key = row.counter, json.loads(row.detail or b"")["visitor"]
            visitors[key] = min(row.time, visitors.get(key, row.time))
    touch(account_id=account, identities=people, visitors=visitors)


def expected(account: int, counters: Iterable[Counter]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT counter_id, robot, identity_id, detail->>'visitor', time, id, kind, url, detail::text"
            " FROM visits_hit WHERE account_id = %s",
            [account],
        )
        hits = cursor.fetchall()
    who = owners(account_id=account, identities={row[2] for row in hits if row[2] is not None})
    streams: dict[Stream, list[Seen]] = defaultdict(list)
    for counter, robot, identity, visitor, time, hit, kind, url, detail in hits:
        person, name = (0, visitor) if identity is None else (who.person(identity, time), "")
        stream = Stream(person, name, counter, robot)
        streams[stream].append(Seen(to_us(time), hit, kind == 1, url, detail))
    sites = {counter.pk: counter.site for counter in counters}
    return sorted(
        (*stream, from_us(visit.started), from_us(visit.ended), *map(str, stored.values(visit)[1:]))
        for stream, seen in streams.items()
        for visit in sessions.visits(
            seen, Timeouts(timeouts(stream.counter)), own=own_sites([sites[stream.counter]])
        )
    )


def found(account: int) -> list[Any]:
    names = ("person_id", "visitor", "counter_id", "robot", "started_at", *COLUMNS)
    rows = Visit.objects.filter(account_id=account).values_list(*names)
    return sorted((*row[:6], *map(str, row[6:])) for row in rows)


@pytest.mark.parametrize("share", range(8))
def test_random_hits_make_the_visits_that_all_of_them_say(
    cast: Cast, counters: list[Counter], share: int, monkeypatch: Any
) -> None:
    account = cast.account.pk
    for seed in range(share, 96, 8):
        rng = random.Random(seed)
        clear(cast)
        known = [(int(Identity.Kind.CLIENT_ID), one) for one in "123"] + [
            (int(Identity.Kind.USER_ID), "anna")
        ]
        with transaction.atomic():
            names = ensure_identities(account_id=account, names=known)
        monkeypatch.setattr(keeping, "ROWS", rng.choice([1, 1, 40]))
        monkeypatch.setattr(keeping, "PEOPLE", rng.choice([1, 2, 5_000]))
        rows = some_hits(rng, counters, names)
        facts: list[Any] = [*rows, *rng.sample(rows, len(rows) // 4)]
        if rng.random() < 0.7:
            rng.shuffle(facts)
        while facts:
            size = rng.randint(1, 5)
            store(account, facts[:size])
            del facts[:size]
            if rng.random() < 0.15:
                link = KnownLink(rng.choice("123"), rng.choice(["anna", "bob"]), rng.choice(rows).time)
                take_links(account_id=account, links=[link])
            if rng.random() < 0.5:
                keep_visits(account_id=account)
        keep(account)
        assert not Touched.objects.exists()
        assert found(account) == expected(account, counters), f"seed {seed}"


def test_a_hit_that_says_nothing_of_what_it_seems_to_leaves_it_to_a_later_one(
    cast: Cast, counters: list[Counter]
) -> None:
    with transaction.atomic():
        (one,) = ensure_identities(account_id=cast.account.pk, names=[(1, "1")]).values()
    details = [{"device": 3, "country": "DE"}, {"device": "phone", "country": "FR"}, {"device": "tablet"}]
    rows = [
        HitRow(cast.account.pk, counters[0].pk, f"h{n}", BASE + timedelta(minutes=n), one, 2 - (n == 2), False, None, None,
               json.dumps(detail).encode())
        for n, detail in enumerate(details)
    ]  # fmt: skip
    store(cast.account.pk, rows)
    keep(cast.account.pk)
    visit = Visit.objects.get()
    assert (visit.pages, visit.events, visit.device, visit.country) == (1, 2, "phone", "FR")


@pytest.mark.parametrize("left", [(), (3, 2, 1)])
def test_hits_that_went_while_visits_were_made_are_in_none(cast: Cast, left: tuple[int, ...]) -> None:
    page_views(cast.counter, NOON, 99, *left, client_id="9")
    browser = Identity.objects.get(account=cast.account, value="9")
    times = [to_us(NOON - timedelta(minutes=minute)) for minute in (4, 3, 2, 1)]  # seen, before some went
    stream = Stream(browser.person_id, "", cast.counter.pk, False)
    seen = Glimpse(browser.pk, cast.counter.pk, False, times, b"1111")
    making.replace(
        account_id=cast.account.pk, streams={stream: [seen]}, since={stream: times[0]}, old={}, many=26
    )
    assert [visit.pages for visit in Visit.objects.all()] == ([len(left)] if left else [])
