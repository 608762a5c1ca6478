"""Bodies that mean harm or make no sense: always an answer of the 400s with the field named, never a 5xx."""

import copy
import json
from typing import Any

import pytest
from django.db import transaction

from apps.conversations.models import Channel
from tests.api import bodies
from tests.api.calls import Api, problem

PATHS = {
    "members": "members/",
    "agents": "agents/",
    "groups": "groups/",
    "channels": "channels/",
    "counters": "counters/",
    "hits": "counters/{counter}/hits/",
    "events": "conversation-events/",
    "goals": "messaging-goals/",
    "test-url": "messaging-goals/test-url/",
    "chat-goals": "chat-goals/",
    "tokens": "tokens/",
}
RAW = {
    "nothing": b" ",
    "BOM": b"\xef\xbb\xbf{}",
    "UTF-16": '{"name": "x"}'.encode("utf-16"),
    "no UTF-8": b'{"name": "\xff\xfe"}',
    "overlong UTF-8": b'{"name": "\xc0\x80"}',
    "surrogate in UTF-8": b'{"name": "\xed\xa0\x80"}',
    "NUL byte": b'{"name": "\x00"}',
    "NUL escape": b'{"name": "\\u0000"}',
    "NUL in a key": b'{"\\u0000": 1}',
    "half a pair": b'{"name": "\\ud800"}',
    "half a pair, deep": b'{"a": [[{"b": "\\uDFFF"}]]}',
    "NaN": b'{"name": NaN}',
    "Infinity": b'{"name": -Infinity}',
    "1e400": b'{"name": 1e400}',
    "5000 digits": b'{"name": ' + b"9" * 5000 + b"}",
    "deep lists": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "101 deep": b"[" * 101 + b"]" * 101,
    "never closed": b'{"name": "x"',
    "two values": b"{} {}",
    "single quotes": b"{'name': 1}",
    "comment": b'{"name": 1 /* x */}',
    "list": b"[]",
    "text": b'"x"',
    "number": b"1",
    "null": b"null",
    "true": b"true",
}
VALUES: dict[str, Any] = {
    "null": None,
    "number": 5,
    "float": 1.5,
    "huge": 10**30,
    "negative": -(10**18),
    "true": True,
    "empty text": "",
    "blank": "   ",
    "long text": "x" * 100_000,
    "RTL and emoji": "\u202e=1+1\U0001f600",
    "list": [],
    "nested list": [[["x"]]],
    "object": {"a": {"b": 1}},
    "year 30000": "30000-01-01T00:00:00Z",
    "before all": "0001-01-01T00:00:00+14:00",
    "after all": "9999-12-31T23:59:59-14:00",
    "SQL": "'; DROP TABLE accounts_user; --",
}


@pytest.fixture
def send(cast):
    """Sends a body as the token `write`; whatever it does is undone."""
    api = Api(cast, "write")
    Channel.objects.create(account=cast.account, external_id="web", kind="web")

    def call(name: str, body: Any) -> Any:
        with transaction.atomic():
            answer = api.call("POST", PATHS[name].format(counter=cast.counter.pk), body)
            transaction.set_rollback(True)
        return answer

    return call


@pytest.mark.parametrize("name", PATHS)
def test_what_is_no_json_object_is_a_400(send, name):
    for kind, body in RAW.items():
        answer = send(name, body)
        assert problem(answer, 400), kind
        assert answer.json()["detail"], kind


def places(value: Any, path: tuple = ()) -> list[tuple]:
    """Every place in a body, the whole left out."""
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return [place for key, child in children for place in [(*path, key), *places(child, (*path, key))]]


def put(body: Any, place: tuple, value: Any) -> Any:
    body = copy.deepcopy(body)
    inner = body
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return body


@pytest.mark.parametrize("name", PATHS)
def test_no_value_in_any_field_breaks_anything(send, cast, name):
    good = bodies.good(cast)[name]
    assert send(name, good).status_code in {200, 201, 202}
    for place in places(good):
        for kind, value in VALUES.items():
            answer = send(name, put(good, place, value))
            assert answer.status_code in {200, 201, 202, 400, 404}, (place, kind, answer.content)
            if answer.status_code >= 400:
                named = problem(answer, answer.status_code)
                # An active goal wants a start date; everything else is named itself
                assert place == ("active",) or any(str(place[0]) in field for field in named), (place, kind)


def test_hits_with_wrong_values_are_told_one_by_one(send):
    wrong: dict[str, list[Any]] = {
        "id": ["", None, 5, "x" * 129, "a\x01" * 100],
        "time": [
            "",
            "now",
            None,
            5,
            "30000-01-01T00:00:00Z",
            "2026-01-01T00:00:00",
            "1969-12-31T23:59:59Z",
            1e300,
        ],
        "type": ["", "click", None, 5],
        "url": ["", None, 5, "x" * 9000],
        "client_id": ["", "0", "null", "undefined", 5, "x" * 256],
        "user_id": ["NaN", [], "x" * 256],
        "value": ["x", "NaN", "Infinity", "1e400", 5, "9" * 40],
        "click_ids": [[], "x", {"yclid": 5}, {"yclid": "x" * 20_000}],
        "params": [[], "x", {"a": "x" * 20_000}],
    }
    hits = [bodies.hit(**{field: value}) for field, values in wrong.items() for value in values]
    del hits[0]["url"]
    answer = send("hits", {"hits": hits})
    assert answer.status_code == 202
    assert [one["index"] for one in answer.json()["rejected"]] == list(range(len(hits)))
    assert all(one["code"] and one["detail"] for one in answer.json()["rejected"])


@pytest.mark.parametrize("offset", ["-19:08", "-16:00", "%2B16:00", "%2B23:59"])
def test_an_offset_that_postgresql_does_not_know_is_an_offset(cast, send, offset):
    """ISO 8601 has them to 23:59; PostgreSQL ends at 15:59."""
    at, now = f"2026-01-01T00:00:00{offset}", f"2026-01-01T00:00:00{offset.replace('%2B', '+')}"
    api = Api(cast, "write")
    assert send("hits", {"hits": [bodies.hit(time=now)], "sent_at": now}).json()["accepted"] == 1
    assert send("events", {"events": [bodies.event(time=now)]}).json()["accepted"] == 1
    token = {"name": "x", "scope": "read", "expires_at": now.replace("2026", "2999")}
    assert send("tokens", token).status_code == 201
    for path in (
        "conversations/",
        "conversions/",
        "audit/",
        "visits/",
        f"counters/{cast.counter.pk}/opened/",
    ):
        assert api.get(f"{path}?from={at}&to={at}").status_code == 200, path


def test_instants_without_an_offset_or_out_of_range_are_refused(cast, send):
    api = Api(cast, "write")
    for wrong in ("2999-01-01T00:00:00", "2999-01-01", "9999-12-31T23:59:59-14:00", 5, "tomorrow"):
        assert problem(send("tokens", {"name": "x", "scope": "read", "expires_at": wrong}), 400) == {
            "expires_at": "invalid"
        }
        assert problem(api.get(f"audit/?from={wrong}"), 400) == {"from": "invalid"}


@pytest.mark.parametrize("wrong", ["1e3", "+5", " 12.50", "1_000", "\u0661\u0662", "NaN", "12.", ".5"])
def test_amounts_are_written_plainly(send, cast, wrong):
    body = {**bodies.good(cast)["goals"], "transaction_value": wrong}
    assert problem(send("goals", body), 400) == {"transaction_value": "invalid"}


@pytest.mark.parametrize("wrong", ["20260101", "2026-W01-1", "2026-1-1", "2026-01-01T00:00:00Z"])
def test_days_are_written_one_way(send, cast, wrong):
    body = {**bodies.good(cast)["goals"], "start_date": wrong}
    assert problem(send("goals", body), 400) == {"start_date": "invalid"}


def test_a_body_over_10_mb_is_413(send):
    answer = send("hits", b'{"hits": ["' + b"x" * (10 * 1024 * 1024) + b'"]}')
    assert problem(answer, 413) == {"": "too_large"}


def test_escapes_that_only_look_harmful_are_taken(send):
    answer = send("groups", json.dumps({"external_id": "a", "name": "\\u0000 \\ud800 \U0001f600"}).encode())
    assert answer.status_code == 201
    assert answer.json()["name"] == "\\u0000 \\ud800 \U0001f600"
