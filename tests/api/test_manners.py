"""What holds for every answer and every question, whichever address it is."""

import gzip
import json
import time
import zlib
from io import BytesIO
from typing import Any

import pytest
from rest_framework.exceptions import UnsupportedMediaType

from apps.api import parsers, throttles
from apps.api.schema import generated
from tests.api import matrix
from tests.api.calls import Api, problem, results
from tests.api.test_matrix import filled, stage  # noqa: F401 - a fixture

GROUP = {"external_id": "x", "name": "X"}


# What is answered


@pytest.mark.parametrize(
    "path", ["groups/", "nothing/", "groups/?colour=red", "/api/schema/", "/api/docs/", "counters/x/"]
)
def test_no_cache_stores_an_answer(cast, path):
    assert Api(cast, "read").get(path)["Cache-Control"] == "no-store"


def test_a_zip_of_what_is_kept_of_a_person_is_stored_by_no_cache(stage):  # noqa: F811
    answer = Api(stage.cast, "write").post(f"people/{stage.mine.person.pk}/export/", Accept="application/zip")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "accept",
    ["*/*", "application/*", "application/json", "application/problem+json", "application/json;q=0.5, text/html",
     "text/html, */*;q=0.1", "", "nonsense", ";;;", "*", "application/json; charset=latin-1", "text/html;q=0, */*",
     "APPLICATION/JSON"],
)  # fmt: skip
def test_json_is_answered_to_whoever_takes_it_or_does_not_say(cast, accept):
    api = Api(cast, "write", Accept=accept)
    answer = api.get("groups/")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert api.post("groups/", GROUP).status_code == 201
    assert problem(api.post("groups/", {}), 400)


@pytest.mark.parametrize(
    "accept", ["text/html", "application/xml, text/*", "application/json;q=0", "*/*;q=0"]
)
def test_who_takes_nothing_that_there_is_gets_406_before_anything_is_done(cast, accept):
    api = Api(cast, "write", Accept=accept)
    assert problem(api.get("groups/"), 406)
    assert problem(api.post("groups/", GROUP), 406)
    assert api.get("groups/x/").status_code == 404


@pytest.mark.parametrize(
    ("who", "method", "path", "status"),
    [
        ("anonymous", "GET", "groups/", 401), ("read", "POST", "groups/", 403), ("write", "GET", "groups/no/", 404),
        ("write", "PUT", "groups/", 405), ("write", "GET", "groups/?x=1", 400), ("write", "GET", "nothing/", 404),
    ],
)  # fmt: skip
def test_an_error_stays_what_it_is_whatever_the_caller_takes(cast, who, method, path, status):
    assert problem(Api(cast, who, Accept="text/html").call(method, path), status)


def test_everybody_may_ask_for_the_methods_of_an_address(cast):
    for who in ("anonymous", "revoked", "read", "stranger"):
        answer = Api(cast, who).call("OPTIONS", "groups/nothing/")
        assert (answer.status_code, answer.content) == (204, b"")
        assert set(answer["Allow"].split(", ")) == {"GET", "HEAD", "DELETE", "OPTIONS"}
    for path in ("/api/schema/", "/api/docs/"):
        assert Api(cast, "anonymous").call("OPTIONS", path).status_code == 204


def test_a_read_token_may_try_a_url(cast):
    body = {
        "url": "https://shop.example/thanks",
        "conditions": [{"category": "url", "operator": "contains", "value": "/thanks"}],
    }
    answer = Api(cast, "read").post("messaging-goals/test-url/", body)
    assert (answer.status_code, answer.json()["matched"]) == (200, [0])


def test_what_only_an_owner_may_do_is_403(cast):
    api = Api(cast, "admin")
    assert problem(api.post("members/", {"email": "n@shop.example", "role": "owner"}), 403) == {
        "role": "owners_only"
    }
    assert problem(api.patch(f"members/{cast.owner.pk}/", {"role": "admin"}), 403) == {"role": "owners_only"}
    assert problem(api.delete(f"members/{cast.owner.pk}/"), 403) == {"role": "owners_only"}


# What is asked


def test_no_address_takes_parameters_that_it_does_not_know_names_twice_or_leaves_empty(stage):  # noqa: F811
    api = Api(stage.cast, "owner")
    for route, row in matrix.API.items():
        if row.open:
            continue
        path = filled(route, row.ids(stage.cast, stage.mine))
        for method in row.methods.split():
            body = row.body(stage.cast, stage.mine) if method != "GET" else None
            answer = stage.call(api, method, f"{path}?colour=red&format=json", body)
            assert problem(answer, 400) == {"colour": "unknown", "format": "unknown"}, (method, route)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("conversions/?{}", "goal"), ("conversions/?{}", "from"), ("agents/?{}", "group"), ("agents/?{}", "limit"),
        ("agents/?{}", "cursor"), ("conversations/?{}", "whose"), ("conversations/?{}", "ticket"),
        ("people/?{}", "email"), ("reports/chat-goals/?{}", "by"), ("reports/chat-goals/?{}", "from"),
        ("reports/chat-goals/inquiries/?{}", "agent"), ("reports/chat-goals/inquiries/?{}", "limit"),
        ("visits/?{}", "robot"), ("counters/{{counter}}/opened/?{}", "id"),
    ],
)  # fmt: skip
def test_a_parameter_has_one_value(cast, path, name):
    api = Api(cast, "read")
    for said, code in ((f"{name}=", "blank"), (f"{name}=%20", "blank"), (f"{name}=1&{name}=1", "repeated")):
        answer = api.get(path.format(said).format(counter=cast.counter.pk))
        assert problem(answer, 400) == {name: code}, said


@pytest.mark.parametrize(
    ("path", "status", "named"),
    [
        ("reports/chat-goals/?by=colour", 400, {"by": "invalid_choice"}),
        ("reports/chat-goals/?from=yesterday", 400, {"from": "invalid"}),
        ("reports/chat-goals/?from=2026-02-01&to=2026-01-01", 400, None),
        ("reports/chat-goals/?from=2001-01-01&to=2026-01-01", 400, None),
        ("reports/chat-goals/?channel=no", 404, {"channel": "unknown_channel"}),
        ("reports/chat-goals/inquiries/?agent=no", 404, {"agent": "unknown"}),
        ("reports/chat-goals/inquiries/?by=date", 400, {"by": "unknown"}),
        ("counters/{counter}/opened/?from=yesterday", 400, {"from": "invalid"}),
        ("conversions/?agent=no", 404, {"agent": "unknown"}),
        ("conversations/?agent=no", 404, {"agent": "unknown"}),
    ],
)
def test_a_wrong_value_in_a_query_is_a_parameters(cast, path, status, named):
    answer = Api(cast, "read").get(path.format(counter=cast.counter.pk))
    found = problem(answer, status)
    assert named is None or found == named
    assert all(entry.keys() == {"parameter", "code", "detail"} for entry in answer.json()["errors"])


def test_what_is_only_answered_cannot_be_sent(stage):  # noqa: F811
    cast, mine, api = stage.cast, stage.mine, Api(stage.cast, "write")
    sent = {
        "agents/": {"external_id": "n", "name": "N", "kind": "human", "groups": [], "placeholder": False},
        "counters/": {"name": "N", "site": "https://n.example", "id": 5, "created_at": None},
        "tokens/": {"name": "N", "scope": "read", "maker": "me"},
    }
    for path, body in sent.items():
        assert set(problem(api.post(path, body), 400).values()) == {"read_only"}, path
    goal = f"messaging-goals/{mine.goal.pk}/"
    assert problem(api.put(goal, api.get(goal).json()), 400) == dict.fromkeys(
        ("created_at", "currency", "id", "status", "version"), "read_only"
    )
    assert problem(api.patch(f"accounts/{cast.account.pk}/", {"id": 5}), 400) == {"id": "read_only"}


def test_a_post_without_a_body_takes_none(stage):  # noqa: F811
    api, mine = Api(stage.cast, "owner"), stage.mine
    for path in (
        f"messaging-goals/{mine.goal.pk}/activate/", f"messaging-goals/{mine.goal.pk}/deactivate/",
        f"messaging-goals/{mine.goal.pk}/duplicate/", f"exports/{mine.export.pk}/cancel/", "runs/",
        f"people/{mine.person.pk}/export/", f"people/{mine.person.pk}/identities/{mine.identity.pk}/restore/",
    ):  # fmt: skip
        assert problem(stage.call(api, "POST", path, {"colour": "red"}), 400) == {"colour": "unknown"}, path
        assert problem(stage.call(api, "POST", path, b"{"), 400) == {"": "parse_error"}, path
        assert stage.call(api, "POST", path, b"").status_code in {200, 201, 202, 400}, path


# Packed bodies

BODY = json.dumps(GROUP).encode()


PACKED: dict[str, bytes] = {
    "gzip": gzip.compress(BODY),
    "deflate": zlib.compress(BODY),
    "identity": BODY,
    "cut short": gzip.compress(BODY)[:-9],
    "with more behind": gzip.compress(BODY) + b"x",
    "a little too much": gzip.compress(b" " * (parsers.MAX_BODY + 1)),
    "a bomb in a bomb": gzip.compress(gzip.compress(bytes(100_000_000), 1)),
}


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("GZIP", "gzip"),
        ("deflate", "deflate"),
        ("identity", "identity"),
    ],
)
def test_a_body_may_be_packed(cast, encoding, body):
    answer = Api(cast, "write").call("POST", "groups/", PACKED[body], **{"Content-Encoding": encoding})
    assert (answer.status_code, answer.json()["name"]) == (201, "X")


@pytest.mark.parametrize(
    ("encoding", "body", "status", "code"),
    [
        ("br", "identity", 415, "unknown_encoding"),
        ("zstd", "identity", 415, "unknown_encoding"),
        ("gzip, gzip", "gzip", 415, "unknown_encoding"),
        ("gzip", "identity", 400, "not_packed"),
        ("gzip", "cut short", 400, "not_packed"),
        ("gzip", "with more behind", 400, "not_packed"),
        ("gzip", "a little too much", 413, "too_large"),
        ("gzip", "a bomb in a bomb", 400, "invalid_utf8"),
    ],
)
def test_what_cannot_be_unpacked_within_the_limit_is_refused(cast, encoding, body, status, code):
    answer = Api(cast, "write").call("POST", "groups/", PACKED[body], **{"Content-Encoding": encoding})
    assert problem(answer, status) == {"": code}
    assert status != 415 or answer["Accept-Encoding"] == "gzip, deflate"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "application/json; charset=utf-8"}, 201), ({"Content-Type": "application/json"}, 201),
        ({"Content-Type": 'application/json; charset="UTF-8"'}, 201),
        ({"Content-Type": "application/json; charset=utf-16"}, 415), ({"Content-Type": "nonsense"}, 415),
        ({"Content-Type": "application/json; charset=zlib"}, 415), ({"Content-Type": ""}, 415),
    ],
)  # fmt: skip
def test_a_body_is_json_in_utf_8(cast, headers, status):
    answer = Api(cast, "write").call("POST", "groups/", BODY, **headers)
    assert answer.status_code == status
    assert status == 201 or problem(answer, status)


@pytest.mark.parametrize("charset", ["=zlib", "=base64", "=utf-16", "=nonsense", "*=none'en'x"])
def test_the_charset_of_a_body_says_nothing_about_the_address(charset):
    """Asked of the server's own requests: the test client makes others."""
    from config import wsgi  # which looks for the folder of static files

    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST", "PATH_INFO": "/api/v1/groups/", "QUERY_STRING": "name=%C3%A9",
        "CONTENT_TYPE": f"Application/json; charset{charset}", "wsgi.input": BytesIO(BODY),
    }  # fmt: skip
    request = wsgi.Utf8Request(environ)
    assert (request.content_type, request.GET["name"]) == ("application/json", "\xe9")
    with pytest.raises(UnsupportedMediaType):
        parsers.StrictJSONParser().parse(request, environ["CONTENT_TYPE"])


def test_a_body_of_unknown_length_is_not_taken_for_none(cast):
    api = Api(cast, "owner", **{"Transfer-Encoding": "chunked"})
    assert problem(api.call("POST", "runs/"), 411) == {"": "length_required"}


# Rates


def test_every_answer_to_a_token_says_what_is_left(cast):
    if time.time() % 60 > 58:
        time.sleep(3)  # not over the window's edge
    api = Api(cast, "read")
    answers = [api.get("groups/"), api.get("groups/no/"), api.post("groups/", GROUP), api.get("groups/?x=1")]
    left = []
    for answer in answers:
        assert answer["RateLimit-Policy"] == '"token";q=6000;w=60'
        name, rest, ends = answer["RateLimit"].split(";")
        assert name == '"token"'
        assert 1 <= int(ends.removeprefix("t=")) <= 60
        left.append(int(rest.removeprefix("r=")))
    assert [one - left[0] for one in left] == [0, -1, -2, -3]


@pytest.fixture
def few_wrong_tokens(monkeypatch, settings):
    """Three of them, in a window that does not end meanwhile."""
    settings.API_WRONG_TOKENS = 3
    monkeypatch.setattr(throttles, "WRONG_TOKENS_S", 10**8)
    for address in ("127.0.0.1", "2001:db8:1::/64", "2001:db8:2::/64"):
        key = throttles._in_window(f"goalline:wrong-tokens:{address}", 10**8)
        throttles._valkey(settings.REDIS_URL).delete(key)


def test_tokens_are_not_guessed_from_one_address_for_long(cast, few_wrong_tokens):
    def call(who: str = "anonymous", address: str = "127.0.0.1", **headers: str):
        return Api(cast, who, **headers).client.get(
            "/api/v1/groups/",
            headers={**Api(cast, who, **headers).headers},
            REMOTE_ADDR=address,
        )

    for n in range(3):
        assert call(Authorization=f"Bearer gl_{n:064}").status_code == 401
    refused = call(Authorization="Bearer gl_" + "0" * 64)
    assert problem(refused, 429) == {"": "too_many_wrong_tokens"}
    assert int(refused["Retry-After"]) >= 1
    assert call("read").status_code == 429, "a right guess is not told from a wrong one"
    assert call("read", "2001:db8:1::1").status_code == 200
    for n in range(3):
        assert call(address=f"2001:db8:1::{n}", Authorization=f"Bearer gl_{n:064}").status_code == 401
    assert call("read", "2001:db8:1::ffff").status_code == 429, "one network, one sender"
    assert call("read", "2001:db8:2::1").status_code == 200


def test_tokens_that_ended_are_no_guesses(cast, few_wrong_tokens):
    for _ in range(4):
        assert Api(cast, "revoked").get("groups/").status_code == 401
        assert Api(cast, "expired").get("groups/").status_code == 401
    assert Api(cast, "read").get("groups/").status_code == 200


def test_the_document_says_so():
    paths = generated()["paths"]

    def headers(path: str, method: str) -> set[str]:
        return {one["name"] for one in paths[path][method]["parameters"] if one["in"] == "header"}

    goal = "/api/v1/messaging-goals/{number}/"
    assert headers(goal, "get") == {"X-Account", "If-None-Match"}
    assert headers(goal, "patch") == headers(goal, "delete") == {"X-Account", "If-Match"}
    assert headers("/api/v1/messaging-goals/", "post") == {"X-Account", "Idempotency-Key"}
    assert headers("/api/v1/messaging-goals/test-url/", "post") == {"X-Account"}
    assert headers("/api/v1/groups/", "post") == {"X-Account", "Idempotency-Key", "If-Match", "If-None-Match"}
    assert {"304", "412"} <= paths[goal]["get"]["responses"].keys()
    assert {"411", "412", "413", "415"} <= paths[goal]["patch"]["responses"].keys()


def test_lists_are_there_for_head_too(cast):
    answer = Api(cast, "read").call("HEAD", "groups/?limit=1")
    assert (answer.status_code, answer.content) == (200, b"")
    assert results(Api(cast, "read").get("groups/?limit=1"))
