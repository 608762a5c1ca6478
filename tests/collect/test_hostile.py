"""Hundreds of hostile requests: no 5xx, no lost neighbour, a named reason each."""

from collections import Counter as Count

import pytest
from django.conf import settings

from apps.collect.answers import GIF
from apps.collect.bodies import read
from apps.collect.counters import Counters
from apps.collect.edge import Edge
from apps.collect.limits import Limits
from apps.collect.models import DeadLetter
from apps.collect.spool import Spool
from tests.collect.conftest import SITES, Door, hit
from tests.collect.draining import once
from tests.collect.hostile import REQUESTS, TAKEN, Hostile


def reason(reply):
    """The code that was told, or that it was taken."""
    assert reply.status < 500
    assert "\r" not in "".join(reply.headers.values())
    if reply.body == GIF:
        return reply.headers.get("X-Not-Counted", TAKEN)
    if reply.status < 300 and (not reply.body or reply.headers["Content-Type"] == "text/javascript"):
        return TAKEN
    if reply.headers["Content-Type"] == "application/json":
        told = reply.json
        assert all(item["code"] and item["detail"] for item in told.get("rejected", []))
        return TAKEN
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.json["status"] == reply.status
    assert len(reply.json["detail"]) > 10
    return reply.json["code"]


def send(door: Door, one: Hostile):
    return door.send(
        one.body, path=one.path, method=one.method, chunked=one.chunked, QUERY_STRING=one.query, **one.environ
    )


def test_there_are_enough_of_them_and_no_two_alike():
    assert len(REQUESTS) >= 600
    alike = Count(
        (one.path, one.method, one.query, one.body, str(one.environ), one.chunked) for one in REQUESTS
    )
    assert sum(count - 1 for count in alike.values()) < 20
    assert [name for name, count in Count(one.name for one in REQUESTS).items() if count > 1] == []


def test_each_is_told_its_reason_and_the_next_hit_is_taken(door):
    wrong = {}
    for number, one in enumerate(REQUESTS):
        found = reason(send(door, one))
        if found not in one.expected:
            wrong[one.name] = found, sorted(one.expected)
        assert door.send(hit(f"good-{number}")).status == 202, one.name
    assert wrong == {}
    kept = Count(hit_.id for record in door.records for hit_ in read(record.json))
    assert all(kept[f"good-{number}"] == 1 for number in range(len(REQUESTS)))


@pytest.mark.django_db(transaction=True)
def test_what_was_taken_can_be_stored(counter):
    """Everything that the edge lets through goes into the database, and nothing becomes a letter."""
    spool = Spool(settings.COLLECT_SPOOL)
    site = SITES[7].__class__(counter.pk, SITES[7].cors)
    counters = Counters(lambda number: {7: site} if number is None else {})
    door = Door(Edge(spool=spool, counters=counters, limits=Limits(0)))
    taken = 0
    for one in REQUESTS:
        taken += reason(send(door, one)) == TAKEN
    spool.close()
    counters.close()
    assert taken > 100
    sent = sum(record.hits for record in door.records)
    done = once()
    assert (done.stored + done.duplicates, DeadLetter.objects.count()) == (sent, 0)
