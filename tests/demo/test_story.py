"""The demo's ten days, as made up: pure, so that a second run sends the very same facts."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from apps.demo import shop, story
from apps.intake.decode import decode_event, decode_hit
from apps.intake.records import EventIn, HitIn, check_event, check_hit

BEGINNING = datetime(2026, 3, 25, 17, tzinfo=UTC)  # the clocks change in these days


@pytest.fixture(scope="module")
def facts() -> story.Facts:
    return story.facts(BEGINNING)


def test_the_same_beginning_gives_the_same_facts(facts: story.Facts) -> None:
    assert story.facts(BEGINNING) == facts


def test_there_are_a_few_thousand_hits_and_some_hundred_conversations(facts: story.Facts) -> None:
    assert 3_000 < facts.hits < 6_000
    assert 300 < facts.conversations < 600
    assert facts.conversations == len({one["conversation"] for one in facts.said})


def test_every_fact_is_one_that_the_portal_takes(facts: story.Facts) -> None:
    end = BEGINNING + shop.DAYS
    for raw in facts.seen + facts.served:
        hit = decode_hit(raw)
        assert isinstance(hit, HitIn)
        assert check_hit(hit, arrived_at=end) is None
        assert BEGINNING < hit.time < end
    for raw in facts.said + facts.late:
        event = decode_event(raw)
        assert isinstance(event, EventIn)
        assert check_event(event, arrived_at=end - timedelta(minutes=5)) is None


def test_no_two_facts_share_an_id(facts: story.Facts) -> None:
    hits = Counter(one["id"] for one in facts.seen + facts.served)
    events = Counter((one["channel"], one["id"]) for one in facts.said + facts.late)
    assert hits.most_common(1)[0][1] == events.most_common(1)[0][1] == 1


def test_a_body_of_the_collector_stays_below_its_limit(facts: story.Facts) -> None:
    from json import dumps

    from apps.demo.services import HITS_AT_ONCE

    longest = max(len(dumps(one)) for one in facts.seen)
    assert longest * HITS_AT_ONCE < 2 * 64 * 1024
    for start in range(0, len(facts.seen), HITS_AT_ONCE):
        assert len(dumps({"hits": facts.seen[start : start + HITS_AT_ONCE]})) <= 64 * 1024
