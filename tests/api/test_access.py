"""Who gets in: tokens, sessions, accounts, throttling; and what refusals look like."""

import time
from datetime import timedelta

import pytest
from django.test import Client

from apps.accounts import services
from apps.accounts.addresses import account_url
from apps.accounts.entering import LAST
from apps.accounts.models import Account, Group, Token, User
from apps.core import clock
from tests import factories
from tests.api.calls import Api, problem, results


def test_a_token_works_in_its_own_account_only(cast):
    (mine,) = results(Api(cast, "read").get("accounts/"))
    assert mine["id"] == cast.account.pk
    assert Api(cast, "read", **{"X-Account": str(cast.account.pk)}).get("accounts/").status_code == 200
    assert problem(Api(cast, "read", **{"X-Account": str(cast.other.pk)}).get("accounts/"), 404)


@pytest.mark.parametrize("kind", ["expired", "revoked"])
def test_an_ended_token_is_refused(cast, kind):
    answer = Api(cast, kind).get("accounts/")
    assert problem(answer, 401)
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer a b",
        "Bearer gl_",
        "Bearer " + "x" * 67,
        "Bearer " + "x" * 5000,
        "Bearer \xff" * 9,
        "Token x",
    ],
)
def test_what_is_no_token_is_refused(cast, header):
    assert problem(Api(cast, "anonymous", Authorization=header).get("accounts/"), 401)


def test_a_token_of_somebody_who_left_is_refused(cast):
    services.remove_member(
        account_id=cast.other.pk, user_id=None, member_id=factories.a_member(cast.other).pk
    )
    second = factories.a_member(cast.account)
    _token, secret = factories.a_token(second, "write")
    api = Api(cast, "anonymous", Authorization=f"Bearer {secret}")
    assert api.get("accounts/").status_code == 200
    User.objects.filter(pk=second.user_id).update(is_active=False)
    assert problem(api.get("accounts/"), 401)
    User.objects.filter(pk=second.user_id).update(is_active=True)
    services.remove_member(account_id=cast.account.pk, user_id=None, member_id=second.pk)
    assert problem(api.get("accounts/"), 401)


def test_a_token_does_no_more_than_its_maker_may(cast):
    _token, secret = factories.a_token(cast.analyst, "write")
    api = Api(cast, "anonymous", Authorization=f"Bearer {secret}")
    assert api.get("messaging-goals/").status_code == 200
    assert problem(api.post("messaging-goals/"), 403) == {"": "role"}
    assert problem(api.get("members/"), 404)


def test_the_scope_is_named_when_it_does_not_cover(cast):
    assert problem(Api(cast, "read").post("groups/", {"external_id": "x", "name": "X"}), 403) == {"": "scope"}
    assert problem(Api(cast, "ingest").get("groups/"), 403) == {"": "scope"}


def test_use_is_noted(cast):
    Api(cast, "read").get("accounts/")
    used = Token.objects.get(pk=cast.tokens["read"].pk).last_used_at
    assert used
    assert clock.now() - used < timedelta(seconds=10)


def test_a_session_writes_only_with_its_csrf_token(cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.owner.user)
    body = b'{"external_id": "x", "name": "X"}'
    refused = client.post("/api/v1/groups/", body, content_type="application/json")
    assert problem(refused, 403)
    client.cookies["csrftoken"] = "a" * 32
    headers = {"X-CSRFToken": "a" * 32}
    taken = client.post("/api/v1/groups/", body, content_type="application/json", headers=headers)
    assert taken.status_code == 201


def test_somebody_with_several_accounts_names_one_whatever_the_portal_shows_them(cast):
    services.make_member(account_id=cast.other.pk, email=cast.admin.user.email, role="analyst")
    api = Api(cast, "admin")
    assert problem(api.get("runs-or-anything/"), 404)
    assert problem(api.get("groups/"), 400) == {"X-Account": "account_required"}
    assert results(api.get("groups/", **{"X-Account": str(cast.account.pk)}))
    # In the other account an analyst sees no groups
    assert problem(api.get("groups/", **{"X-Account": str(cast.other.pk)}), 404)
    # The account opened last is another tab's: a write must not land there
    assert api.client.get(account_url("admin", cast.account.pk, "index")).status_code == 200
    assert api.client.session[LAST] == cast.account.pk
    assert problem(api.get("groups/"), 400) == {"X-Account": "account_required"}
    assert problem(api.post("groups/", {"external_id": "vip", "name": "VIP"}), 400) == {
        "X-Account": "account_required"
    }
    made = api.post("groups/", {"external_id": "vip", "name": "VIP"}, **{"X-Account": str(cast.account.pk)})
    assert made.status_code == 201
    assert Group.objects.get(external_id="vip").account == cast.account
    assert len(results(api.get("accounts/", **{"X-Account": str(cast.account.pk)}))) == 2


@pytest.mark.parametrize("named", ["0", "-1", "x", "1" * 30, "", "\u0663"])
def test_an_account_that_is_none_is_not_there(cast, named):
    headers = {"X-Account": named.encode().decode("latin-1")}
    assert problem(Api(cast, "owner", **headers).get("groups/"), 404)


def test_an_operator_enters_any_account_by_name(cast):
    for account in (cast.account, cast.other):
        assert results(Api(cast, "operator", **{"X-Account": str(account.pk)}).get("groups/"))
    assert len(results(Api(cast, "operator").get("accounts/"))) == Account.objects.count()


@pytest.fixture
def two_a_minute(settings):
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {"token": "2/min"}}
    if time.time() % 60 > 55:
        time.sleep(6)  # not over the window's edge


def test_each_token_has_its_own_rate(cast, two_a_minute):
    for _ in range(2):
        assert Api(cast, "read").get("groups/").status_code == 200
    answer = Api(cast, "read").get("groups/")
    assert problem(answer, 429) == {"": "throttled"}
    assert 1 <= int(answer["Retry-After"]) <= 60
    # Whatever a client writes about its address changes nothing
    assert problem(Api(cast, "read", **{"X-Forwarded-For": "198.51.100.9"}).get("groups/"), 429)
    assert Api(cast, "write").get("groups/").status_code == 200


def test_without_valkey_requests_go_through(cast, settings, two_a_minute):
    settings.REDIS_URL = "unix:///nowhere/valkey.sock?db=0"
    for _ in range(4):
        assert Api(cast, "read").get("groups/").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/api/v1/nothing/", {}, 404),
        ("GET", "/api/nothing", {}, 404),
        ("PUT", "/api/v1/groups/", {}, 405),
        ("TRACE", "/api/v1/groups/", {}, 405),
        ("GET", "/api/v1/groups/", {"Accept": "text/html"}, 406),
        ("POST", "/api/v1/groups/", {"Content-Type": "text/csv"}, 415),
        ("POST", "/api/v1/groups/", {"Content-Type": "multipart/form-data; boundary=x"}, 415),
        ("POST", "/api/v1/groups/", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ("GET", "/api/v1/groups/?limit=0", {}, 400),
        ("GET", "/api/v1/groups/?colour=red", {}, 400),
        ("GET", "/api/v1/groups/%00/", {}, 404),
        ("GET", "/api/v1/groups/%ff/", {}, 404),
    ],
)
def test_every_refusal_is_a_problem(cast, method, path, headers, status):
    answer = Api(cast, "write").call(method, path, b'{"a": 1}' if method == "POST" else None, **headers)
    assert problem(answer, status)
    assert answer.json()["instance"] == path.split("?")[0].replace("%00", "\x00").replace("%ff", "%FF")


def test_a_failure_of_ours_is_a_problem_without_a_word_of_the_inside(cast, monkeypatch, settings, caplog):
    def fail(**_values):
        raise ZeroDivisionError("secret of the house")

    monkeypatch.setattr("apps.api.resources.people.selectors.groups", fail)
    answer = Api(cast, "read").get("groups/")
    assert problem(answer, 500)
    assert b"secret" not in answer.content
    assert "secret of the house" in caplog.text


def test_a_database_out_of_reach_is_503_with_a_time_to_come_back(cast, monkeypatch, caplog):
    from django.db import OperationalError

    def fail(**_values):
        raise OperationalError("gone")

    monkeypatch.setattr("apps.api.resources.people.selectors.groups", fail)
    answer = Api(cast, "read").get("groups/")
    assert problem(answer, 503)
    assert answer["Retry-After"] == "5"


def test_schema_and_docs_are_open_to_everybody(cast):
    answer = Client().get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"})
    schema = answer.json()
    assert schema["openapi"].startswith("3.1")
    assert "/api/v1/messaging-goals/{number}/activate/" in schema["paths"]
    docs = Client().get("/api/docs/")
    assert docs.status_code == 200
    assert b"cdn" not in docs.content.lower()
    script = Client().get("/api/docs/?script=")
    assert script.status_code == 200
    assert b"/api/schema/" in script.content
