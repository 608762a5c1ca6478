"""Visits out of hits: each rule by itself, and random hits against a plain second writing."""

import json
import random
from typing import Any

from apps.visits import sessions
from apps.visits.sessions import DEFAULT_TIMEOUT_US, Before, Seen, Timeouts, split, visits
from apps.visits.sources import Source, own_sites
from tests.oracle import visits as plain

MINUTE = 60_000_000
OWN = own_sites(["https://shop.example"])
DAY = 1440 * MINUTE
REFERRERS = {
    "direct": None,
    "search": "https://ya.ru/",
    "social": "https://vk.com/",
    "referral": "https://news.example/",
    "internal": "https://shop.example/",
}


def a_hit(t, source="direct", *, hit="h", pageview=True, url="https://shop.example/", **detail):
    said = detail | ({"referrer": REFERRERS[source]} if REFERRERS[source] else {})
    return Seen(t, hit, pageview, url, json.dumps(said) if said else None)


def made(*hits, timeouts=Timeouts(), before=None):  # noqa: B008 - never changed
    return visits(hits, timeouts, own=OWN, before=before)


def test_exactly_the_timeout_is_still_the_same_visit():
    assert split([0, DEFAULT_TIMEOUT_US], Timeouts()) == [0]
    assert split([0, DEFAULT_TIMEOUT_US + 1], Timeouts()) == [0, 1]


def test_the_timeout_in_force_at_the_later_hit_judges_the_gap():
    timeouts = Timeouts([(100 * MINUTE, 30 * MINUTE), (200 * MINUTE, 60 * MINUTE)])
    assert split([0, 45 * MINUTE], timeouts) == [0, 1]  # before the first value, the first
    assert split([160 * MINUTE, 199 * MINUTE], timeouts) == [0, 1]
    assert split([160 * MINUTE, 200 * MINUTE], timeouts) == [0]


def test_a_visit_counts_pages_and_events_and_lands_on_its_first_page():
    (visit,) = made(
        a_hit(2, url="https://shop.example/a", hit="b", source="search"),
        a_hit(1, pageview=False, url=None, hit="a", device="phone", browser="Chrome", os="Android"),
        a_hit(3, url="https://shop.example/b", hit="c", source="social", country="DE", city="Bonn"),
    )
    assert (visit.started, visit.ended, visit.pages, visit.events) == (1, 3, 2, 1)
    assert (visit.landing_page, visit.referrer) == ("https://shop.example/a", "https://ya.ru/")
    assert visit.source == Source("search", "yandex")
    assert (visit.device, visit.browser, visit.os, visit.country, visit.city) == (
        "phone",
        "Chrome",
        "Android",
        "DE",
        "Bonn",
    )


def test_a_visit_of_events_lands_where_the_first_one_happened():
    (visit,) = made(a_hit(1, pageview=False, url=None))
    assert (visit.landing_page, visit.pages, visit.events, visit.source.kind) == ("", 0, 1, "direct")


def test_direct_and_internal_visits_keep_what_brought_the_person_before():
    found = made(
        *(a_hit(n * DAY, source) for n, source in enumerate(["search", "direct", "social", "internal"]))
    )
    assert [visit.source.kind for visit in found] == ["search", "direct", "social", "internal"]
    assert [visit.first.kind for visit in found] == ["search"] * 4
    assert [visit.significant.kind for visit in found] == ["search", "search", "social", "social"]


def test_after_more_than_ninety_days_the_history_begins_anew():
    for gap, first in ((90 * DAY, "search"), (90 * DAY + 1, "direct")):
        _, later = made(a_hit(0, "search"), a_hit(gap))
        assert later.first.kind == later.significant.kind == first


def test_an_earlier_visit_hands_on_its_sources():
    before = Before(0, Source("ad", "google", "c"), Source("email", "june"))
    (visit,) = made(a_hit(DAY), before=before)
    assert (visit.source.kind, visit.first, visit.significant) == ("direct", before.first, before.significant)


def test_details_that_are_not_ours_say_nothing():
    (visit,) = made(Seen(1, "h", True, None, '{"device": 3}'), Seen(2, "i", True, None, "[]"))
    assert (visit.device, visit.landing_page) == ("", "")


def test_hits_of_one_instant_come_in_the_order_of_their_ids():
    (visit,) = made(
        a_hit(1, url="https://shop.example/z", hit="z"), a_hit(1, url="https://shop.example/B", hit="B")
    )
    assert visit.landing_page == "https://shop.example/B"


def random_hits(rng):
    """Gaps around the timeouts, to the microsecond; and around ninety days."""
    steps = [0, 1, MINUTE, 30 * MINUTE, 30 * MINUTE + 1, 31 * MINUTE, 60 * MINUTE, 60 * MINUTE + 1, DAY]
    steps += [90 * DAY, 90 * DAY + 1]
    t, hits = rng.randint(0, DAY), []
    for number in rng.sample(range(100), rng.randint(1, 14)):
        hits.append(plain.Hit(f"h{number}", t, rng.choice(list(REFERRERS))))
        t += rng.choice(steps)
    return hits


def random_timeouts(rng, hits):
    instants = sorted({rng.choice(hits).time + rng.choice([-1, 0, 1]) for _ in range(rng.randint(0, 3))})
    return [(at, rng.choice([30, 60, 360]) * MINUTE) for at in instants]


def test_random_hits_make_the_visits_of_the_plain_writing():
    for seed in range(1500):
        rng = random.Random(seed)
        hits = random_hits(rng)
        timeouts = random_timeouts(rng, hits)
        expected = plain.visits(hits, timeouts)
        seen = [a_hit(hit.time, hit.source, hit=hit.id) for hit in hits]
        rng.shuffle(seen)
        found = made(*seen, timeouts=Timeouts(timeouts))
        assert [(one.started, one.ended, one.pages) for one in found] == [
            (one[0].time, one[-1].time, len(one)) for one in expected
        ], seed
        assert [(one.source.kind, one.first.kind, one.significant.kind) for one in found] == plain.sources(
            expected
        ), seed
        cut = rng.randrange(len(found))
        before = found[cut - 1] if cut else None
        handed = Before(before.ended, before.first, before.significant) if before else None
        rest = [hit for hit in seen if hit.t >= found[cut].started]
        assert made(*rest, timeouts=Timeouts(timeouts), before=handed) == found[cut:], seed


SAID: list[dict[str, Any]] = [
    {},
    {"device": "phone"},
    {"country": "DE"},
    {"device": "desktop", "country": "FR"},
    {"device": 3},
    {"country": ""},
]


def sort(hit):
    said = json.loads(hit.detail or "{}")
    found = sessions.PAGEVIEW * hit.pageview + sessions.DEVICE * ("device" in said)
    return ord("0") + found + sessions.COUNTRY * ("country" in said)


def test_the_hits_that_tell_something_make_the_visit_that_all_make():
    doubtful = 0
    for seed in range(3000):
        rng, t = random.Random(seed), 0
        hits: list[Seen] = []
        for number in rng.sample(range(100), rng.randint(1, 10)):
            t += rng.choice([0, 0, 1, MINUTE, 31 * MINUTE])
            hits.append(
                a_hit(t, hit=f"h{number}", pageview=rng.random() < 0.5, url=f"/{number}", **rng.choice(SAID))
            )
        hits.sort(key=lambda hit: hit.t)
        found: list[sessions.Visit] = []
        for outline in sessions.outlines([hit.t for hit in hits], bytes(map(sort, hits)), Timeouts()):
            before = sessions.handed_on(found[-1]) if found else None
            telling = [hit for hit in hits if hit.t in outline.telling]
            visit = sessions.finished(outline, telling, own=OWN, before=before)
            if visit is None:
                doubtful += 1
                every = [hit for hit in hits if outline.started <= hit.t <= outline.ended]
                visit = sessions.finished(outline, every, own=OWN, before=before)
            assert visit is not None
            found.append(visit)
        assert found == made(*hits), seed
    assert doubtful


def test_the_longest_timeout_is_that_of_the_settings():
    from apps.counters.models import LEAST_TIMEOUT_S, MOST_TIMEOUT_S

    assert sessions.LONGEST_TIMEOUT_US == MOST_TIMEOUT_S * sessions.SECOND_US
    assert sessions.DEFAULT_TIMEOUT_US == LEAST_TIMEOUT_S * sessions.SECOND_US
