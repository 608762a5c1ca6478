"""How often a mail was opened, counted by a pixel."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.db import connection

from apps.intake.services import take_hits
from tests.api.calls import Api, problem

NOW = datetime.now(UTC)
PROXY = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"


def an_opening(number, what="mail-7", **more):
    time = (NOW - timedelta(minutes=number)).isoformat()
    return {"id": f"o{number}", "time": time, "type": "event", "name": "open", "params": {"id": what}, **more}


@pytest.fixture
def openings(cast):
    raw = [
        an_opening(1, client_id="c1"),
        an_opening(2, client_id="c1"),
        an_opening(3, user_id="u1"),
        an_opening(4, user_agent=PROXY),
        an_opening(5, "mail-8"),
        an_opening(60 * 24 * 40),
        an_opening(7, params={"other": 1}),
        {**an_opening(8), "name": "click"},
        {**an_opening(9), "type": "pageview", "url": "https://shop.example/"},
    ]
    outcome = take_hits(counter=cast.counter, raw=raw)
    take_hits(counter=cast.other_counter, raw=raw)
    assert outcome.accepted == len(raw)


@pytest.mark.django_db
def test_each_thing_is_told_with_its_openings(cast, openings):
    api, path = Api(cast, "read"), f"counters/{cast.counter.pk}/opened/"
    results = api.get(path).json()["results"]
    assert [(one["id"], one["times"], one["robots"], one["people"]) for one in results] == [
        ("mail-7", 4, 1, 2),
        ("mail-8", 1, 0, 0),
    ]
    assert datetime.fromisoformat(results[0]["last"]) == NOW - timedelta(minutes=1)
    assert datetime.fromisoformat(results[0]["first"]) == NOW - timedelta(minutes=4)
    assert [one["id"] for one in api.get(f"{path}?id=mail-8").json()["results"]] == ["mail-8"]
    since = {"from": (NOW - timedelta(days=50)).isoformat(), "to": (NOW - timedelta(days=1)).isoformat()}
    assert [one["times"] for one in api.get(f"{path}?{urlencode(since)}").json()["results"]] == [1]


@pytest.mark.django_db
def test_wrong_questions_are_told(cast):
    api, path = Api(cast, "read"), f"counters/{cast.counter.pk}/opened/"
    for wrong in ({"mail": "x"}, {"from": "yesterday"}, {"id": "x" * 300}):
        assert problem(api.get(f"{path}?{urlencode(wrong)}"), 400).keys() == wrong.keys()
    for instant in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-01-01T00:00:00"):
        assert problem(api.get(f"{path}?to={instant}"), 400) == {"to": "invalid"}
    assert api.get(f"{path}?to=1901-01-01T00:00:00Z").json() == {"results": []}


@pytest.mark.django_db
def test_the_index_of_openings_is_used(cast):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT count(*) FROM visits_hit WHERE account_id = 1 AND counter_id = 2 AND kind = 2"
            " AND name = 'open' AND detail->'params'->>'id' = 'x' AND time >= now() AND time < now() + '1 day'"
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "detail" in plan.split("Index Cond")[1]
