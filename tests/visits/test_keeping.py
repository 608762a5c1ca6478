"""Stored visits against the plain writing: any order of arrival, twice, late, links that move browsers, cut into any runs."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection

from apps.core import clock
from apps.counters.models import Counter, CounterSettings
from apps.intake.decode import decode_hit
from apps.intake.records import Arrival, HitIn
from apps.intake.services import KnownLink, store_hits, take_hits, take_links
from apps.people.models import Identity, Mark
from apps.people.selectors import owners
from apps.visits import services
from apps.visits.models import Hit, Touched, Visit
from apps.visits.services import keep_visits
from tests.cast import Cast
from tests.oracle import visits as plain

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
BASE = NOON - timedelta(days=8)
MINUTE = 60_000_000
ROBOT = "Mozilla/5.0 (compatible; Googlebot/2.1)"
REFERRERS = {"direct": None, "search": "https://ya.ru/", "social": "https://vk.com/"}


@pytest.fixture(autouse=True)
def frozen() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


def a_hit(minute: float, hit: str, **values: Any) -> dict[str, Any]:
    time = (BASE + timedelta(minutes=minute)).isoformat()
    return {
        "id": hit,
        "time": time,
        "type": "pageview",
        "url": "https://shop.example/",
        "client_id": "1",
        **values,
    }


def take(counter: Counter, *hits: dict[str, Any]) -> None:
    assert not take_hits(counter=counter, raw=list(hits)).rejected


def keep(account: int, **options: Any) -> None:
    while keep_visits(account_id=account, **options):
        pass


def shown(*names: str) -> list[Any]:
    rows = Visit.objects.order_by("started_at", "counter_id", "robot", "person_id").values_list(*names)
    return [row[0] if len(names) == 1 else row for row in rows]


def test_a_batch_of_hits_becomes_visits(cast: Cast) -> None:
    phone = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36"
    take(
        cast.counter,
        a_hit(0, "a", url="https://shop.example/?utm_source=june&utm_medium=email&utm_campaign=C&yclid=7"),
        a_hit(5, "b", type="event", name="add", user_agent=phone),
        a_hit(90, "c", referrer="https://ya.ru/"),
        a_hit(91, "d", user_agent=ROBOT),
        a_hit(92, "e", client_id=None),
    )
    keep(cast.account.pk)
    assert shown("pages", "events", "robot", "source", "source_name", "first_source", "device") == [
        (1, 1, False, "ad", "june", "ad", "phone"),
        (1, 0, False, "search", "yandex", "ad", ""),
        (1, 0, True, "direct", "", "direct", ""),
    ]
    first = Visit.objects.order_by("started_at")[0]
    assert (first.medium, first.campaign, first.click_ids) == ("email", "C", {"yclid": "7"})
    assert first.ended_at - first.started_at == timedelta(minutes=5)
    assert not Touched.objects.exists()


def test_a_late_hit_joins_two_visits_and_a_kept_number_stays(cast: Cast) -> None:
    take(cast.counter, a_hit(0, "a"), a_hit(50, "b"))
    keep(cast.account.pk)
    number = Visit.objects.order_by("started_at")[0].pk
    assert shown("pages") == [1, 1]
    take(cast.counter, a_hit(25, "c"))
    keep(cast.account.pk)
    assert shown("pk", "pages") == [(number, 3)]


def test_a_changed_timeout_leaves_the_visits_before_it(cast: Cast) -> None:
    history = CounterSettings.objects.filter(counter=cast.counter)
    history.delete()
    for minute, seconds in ((-1, 1800), (200, 7200)):
        at = BASE + timedelta(minutes=minute)
        CounterSettings.objects.create(counter=cast.counter, at=at, visit_timeout_s=seconds)
    take(cast.counter, a_hit(0, "a"), a_hit(60, "b"), a_hit(300, "c"), a_hit(360, "d"))
    keep(cast.account.pk)
    assert shown("pages") == [1, 1, 2]


def test_a_link_moves_a_browsers_visits_and_undoing_a_day_does_not_lose_them(cast: Cast) -> None:
    take(cast.counter, a_hit(0, "a"), a_hit(1, "b", client_id=None, user_id="anna"))
    keep(cast.account.pk)
    assert shown("pages") == [1, 1]
    link = KnownLink("1", "anna", BASE)
    take_links(account_id=cast.account.pk, links=[link])
    keep(cast.account.pk)
    anna = Identity.objects.get(value="anna").person_id
    assert shown("pages", "person_id") == [(2, anna)]


def test_people_with_many_hits_in_a_changed_visit_are_judged_again(cast: Cast) -> None:
    take(
        cast.counter,
        a_hit(0, "a"),
        a_hit(1, "b"),
        a_hit(2, "r", user_agent=ROBOT),
        a_hit(50, "c"),
        a_hit(51, "d"),
    )
    keep(cast.account.pk, many=1)
    marks = Mark.objects.filter(account=cast.account).values_list("since", flat=True)
    assert list(marks) == [BASE]  # a person's earliest
    Mark.objects.all().delete()
    take(cast.counter, a_hit(52, "e"), a_hit(3, "f", client_id="2"))
    keep(cast.account.pk, many=1)
    assert list(marks.all()) == [BASE + timedelta(minutes=50)]


def test_a_keeper_that_dies_in_the_middle_leaves_everything_to_the_next(cast: Cast, monkeypatch: Any) -> None:
    take(cast.counter, a_hit(0, "a"))
    keep(cast.account.pk)
    take(cast.counter, a_hit(10, "b"))

    def dies(**_: Any) -> None:
        raise MemoryError

    with monkeypatch.context() as broken:
        broken.setattr("apps.visits.making.leave_marks", dies)
        with pytest.raises(MemoryError):
            keep(cast.account.pk)
    assert shown("pages") == [1]
    keep(cast.account.pk)
    keep(cast.account.pk)
    assert shown("pages") == [2]


def test_a_browser_whose_erasure_has_begun_does_not_stop_the_others(cast: Cast) -> None:
    take(cast.counter, a_hit(0, "a", client_id="2"), a_hit(1, "b", user_id="anna"))
    take_links(account_id=cast.account.pk, links=[KnownLink("2", "anna", BASE)])
    keep(cast.account.pk)
    Identity.objects.filter(value="2").delete()
    take(cast.counter, a_hit(0.5, "c", user_id="anna"), a_hit(2, "d", client_id="3"))
    keep(cast.account.pk)
    assert shown("pages") == [2, 1]
    assert not Touched.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_keepers_never_work_on_one_account(cast: Cast) -> None:
    from tests.visits.others import elsewhere

    take(cast.counter, a_hit(0, "a"))
    with elsewhere("SELECT pg_advisory_lock(7, %s)", cast.account.pk):
        services.keep_all_visits()
        assert not Visit.objects.exists()
    services.keep_all_visits()
    assert shown("pages") == [1]


# --- random worlds ---


def random_facts(rng: random.Random) -> tuple[list[dict[str, Any]], list[KnownLink]]:
    """Hits of three browsers, some signed in, some robots, on gaps around the timeouts; links in between."""
    hits, links, minute = [], [], 0.0
    for number in range(rng.randint(3, 16)):
        minute += rng.choice([0, 0, 1, 29, 30, 30 + 1 / 60_000_000, 31, 60, 400])
        hit = a_hit(minute, f"h{rng.randint(0, 9)}-{number}", client_id=rng.choice("123"))
        if rng.random() < 0.15:
            hit["user_id"] = rng.choice(["anna", "bob"])
        if rng.random() < 0.1:
            hit.pop("client_id")
        if rng.random() < 0.1:
            hit["user_agent"] = ROBOT
        if rng.random() < 0.3:
            hit |= {"type": "event", "name": "x"}
        hit["referrer"] = REFERRERS[rng.choice(list(REFERRERS))]
        hit["counter"] = rng.randint(0, 1)
        hits.append(hit)
    for _ in range(rng.randint(0, 3)):
        at = BASE + timedelta(minutes=rng.uniform(0, minute))
        links.append(KnownLink(rng.choice("123"), rng.choice(["anna", "bob"]), at))
    return hits, links


def expected(account: int, counters: list[Counter]) -> list[Any]:
    """What the plain writing makes of what is stored."""
    hits = list(Hit.objects.filter(account_id=account, identity_id__isnull=False))
    who = owners(account_id=account, identities={hit.identity_id for hit in hits if hit.identity_id})
    streams: dict[Any, list[plain.Hit]] = {}
    kinds = {address: name for name, address in REFERRERS.items()}
    for hit in hits:
        key = (hit.counter_id, who.person(hit.identity_id or 0, hit.time), hit.robot)
        source = kinds[(hit.detail or {}).get("referrer")]
        streams.setdefault(key, []).append(plain.Hit(hit.id, clock.to_us(hit.time), source))
    pages = {(hit.counter_id, hit.id) for hit in hits if hit.kind == Hit.Kind.PAGEVIEW}
    rows = []
    for (counter, person, robot), found in streams.items():
        made = plain.visits(found, timeouts(counter))
        landed = [_landing(visit, pages, counter) for visit in made]
        for visit, said in zip(made, plain.sources(landed), strict=True):
            count = sum((counter, hit.id) in pages for hit in visit)
            times = clock.from_us(visit[0].time), clock.from_us(visit[-1].time)
            rows.append((counter, person, robot, *times, count, len(visit) - count, *said))
    return sorted(rows)


def _landing(visit: list[plain.Hit], pages: set[Any], counter: int) -> list[plain.Hit]:
    """The visit, said to come from where its first page view came from."""
    source = next((hit.source for hit in visit if (counter, hit.id) in pages), visit[0].source)
    return (
        [plain.Hit(visit[0].id, visit[0].time, source), *visit[1:]]
        if len(visit) > 1
        else [plain.Hit(visit[0].id, visit[0].time, source)]
    )


def timeouts(counter: int) -> list[tuple[int, int]]:
    rows = CounterSettings.objects.filter(counter=counter).order_by("at").values_list("at", "visit_timeout_s")
    return [(clock.to_us(at), seconds * 1_000_000) for at, seconds in rows]


def found() -> list[Any]:
    names = ("counter_id", "person_id", "robot", "started_at", "ended_at", "pages", "events")
    sources = ("source", "first_source", "significant_source")
    return sorted(Visit.objects.values_list(*names, *sources))


@pytest.mark.parametrize("share", range(8))
def test_random_worlds_give_the_same_visits_whatever_the_order_of_arrival(cast: Cast, share: int) -> None:
    counters = [
        cast.counter,
        Counter.objects.create(account=cast.account, name="B", site="https://b.example"),
    ]
    for at, seconds in ((BASE, 1800), (BASE + timedelta(minutes=100), 3600)):
        CounterSettings.objects.create(counter=counters[1], at=at, visit_timeout_s=seconds)
    for seed in range(share, 64, 8):
        rng = random.Random(seed)
        clear(cast)
        hits, links = random_facts(rng)
        facts: list[Any] = [*hits, *rng.sample(hits, len(hits) // 4), *links]
        rng.shuffle(facts)
        for fact in facts:
            if isinstance(fact, KnownLink):
                take_links(account_id=cast.account.pk, links=[fact])
            else:
                take(
                    counters[fact["counter"]], {name: one for name, one in fact.items() if name != "counter"}
                )
            if rng.random() < 0.3:
                keep_visits(account_id=cast.account.pk)
        keep(cast.account.pk)
        assert found() == expected(cast.account.pk, counters), f"seed {seed}"


def clear(cast: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM visits_hit; DELETE FROM visits_visit; DELETE FROM visits_holder")
    cast.account.identities.all().delete()
    from apps.people import known_names

    known_names.forget()


def test_an_opened_mail_is_no_visit(cast: Cast) -> None:
    opened = {"type": "event", "name": "open", "params": {"id": "newsletter"}}
    take(
        cast.counter,
        a_hit(0, "o1", **opened),
        a_hit(300, "p1"),
        a_hit(301, "o2", **opened),
        a_hit(302, "e", type="event", name="open"),
    )
    keep(cast.account.pk)
    assert shown("pages", "events") == [(1, 1)]


def test_sign_in_and_payment_on_the_way_leave_the_advert_its_visit(cast: Cast) -> None:
    Counter.objects.filter(pk=cast.counter.pk).update(
        allowed_origins=["https://pay.partner.example"], excluded_referrers=["bank.example"]
    )
    take(
        cast.counter,
        a_hit(0, "h1", url="https://shop.example/?gclid=1"),
        a_hit(100, "h2", referrer="https://checkout.stripe.com/"),
        a_hit(200, "h3", referrer="https://www.partner.example/"),
        a_hit(300, "h4", referrer="https://3ds.bank.example/"),
    )
    keep(cast.account.pk)
    assert shown("source") == ["ad", "internal", "internal", "internal"]
    assert set(shown("significant_source")) == {"ad"}


def test_a_days_visitor_has_visits_and_is_nobody(cast: Cast) -> None:
    def arrival(minute: float, hit: str, visitor: str, **values: Any) -> Arrival:
        said = a_hit(minute, hit, client_id=None, **values)
        record = decode_hit(said)
        assert isinstance(record, HitIn)
        return Arrival(cast.account.pk, cast.counter.pk, True, NOON, record, visitor=visitor)

    hits = [arrival(0, "a", "x1"), arrival(10, "b", "x1"), arrival(60, "c", "x1"), arrival(5, "d", "x2")]
    for part in (hits[:2], hits[3:], hits[2:3]):
        store_hits(arrivals=part)
        keep(cast.account.pk)
    assert shown("person_id", "visitor", "pages") == [(0, "x1", 2), (0, "x2", 1), (0, "x1", 1)]
    store_hits(arrivals=[arrival(35, "e", "x1")])
    keep(cast.account.pk)
    assert shown("visitor", "pages") == [("x1", 4), ("x2", 1)]
