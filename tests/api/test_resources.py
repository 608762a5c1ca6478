"""Each resource as its callers use it, with the errors that its documentation names."""

from datetime import timedelta

import pytest

from apps.accounts.models import AccountSettings, Agent, AuditEntry, Member, Token
from apps.core import clock
from apps.goals.models import MessagingGoal
from tests.api import bodies
from tests.api.calls import Api, problem, results


@pytest.fixture
def api(cast) -> Api:
    return Api(cast, "write")


def test_an_owner_changes_settings_and_they_hold_from_now_on(cast):
    api = Api(cast, "owner")
    path = f"accounts/{cast.account.pk}/"
    assert api.get(path).json()["timezone"] == "UTC"
    answer = api.patch(path, {"timezone": "Asia/Kathmandu", "inactivity_s": 60})
    assert answer.status_code == 200
    assert answer.json() == {
        "id": cast.account.pk, "name": "Shop", "timezone": "Asia/Kathmandu", "currency": "EUR",
        "inactivity_s": 60, "closing_days": 35, "message_text": "keep",
        "hits_days": None, "texts_days": None, "link_contacts": False, "phone_country": "",
        "chat_goals_tracked": True,
    }  # fmt: skip
    assert AccountSettings.objects.filter(account=cast.account).count() == 2
    assert AuditEntry.objects.filter(action="account.changed", user=cast.owner.user).exists()
    bad = api.patch(path, {"timezone": "Mars", "currency": "XXL"})
    assert problem(bad, 400) == {"timezone": "unknown_timezone", "currency": "unknown_currency"}
    assert problem(Api(cast, "admin").patch(path, {"name": "x"}), 403) == {"": "role"}


def test_an_address_is_invited_again_and_withdrawn(cast, api):
    answer = api.post("members/", {"email": "New@shop.example", "role": "agent", "agent": "ben"})
    assert answer.status_code == 201
    made = answer.json()
    assert made == {
        "id": made["id"], "email": "new@shop.example", "role": "agent", "agent": "ben", "state": "invited",
        "sent_at": made["sent_at"], "expires_at": made["expires_at"],
    }  # fmt: skip
    path = f"invitations/{made['id']}/"
    assert api.get(path).json() == made
    assert results(api.get("invitations/")) == [made]
    assert "new@shop.example" not in str(results(api.get("members/")))
    assert problem(api.post("members/", {"email": "new@SHOP.example", "role": "admin"}), 400) == {
        "email": "invited"
    }
    assert api.post(f"{path}send/").json()["sent_at"] > made["sent_at"]
    assert api.delete(path).status_code == 204
    assert problem(api.get(path), 404)
    assert problem(api.post(f"{path}send/"), 404)
    assert not results(api.get("invitations/"))


def test_whoever_invites_learns_nothing_of_the_address(cast, api):
    told = []
    for email in ("stranger@other.example", "operator@host.example", "nobody@shop.example"):
        row = api.post("members/", {"email": email, "role": "analyst"}).json()
        told.append({**row, "id": 0, "email": "", "sent_at": "", "expires_at": ""})
    assert told[0] == told[1] == told[2]
    assert {row["email"] for row in results(api.get("members/"))}.isdisjoint(
        {"stranger@other.example", "operator@host.example"}
    )


def test_members_change_and_go(cast, api):
    path = f"members/{cast.agent.pk}/"
    assert api.get(path).json() == {
        "id": cast.agent.pk, "email": "agent@shop.example", "name": "", "role": "agent", "agent": "ana",
        "active": True,
    }  # fmt: skip
    assert api.patch(path, {"role": "analyst"}).json()["role"] == "analyst"
    assert api.delete(path).status_code == 204
    assert problem(api.get(path), 404)
    assert {row["role"] for row in results(api.get("members/?role=owner"))} == {"owner"}


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"email": "owner@shop.example", "role": "admin"}, {"email": "taken"}),
        ({"email": "x", "role": "admin"}, {"email": "invalid"}),
        ({"email": "m\u0131ke@shop.example", "role": "admin"}, {"email": "invalid"}),
        (
            {"email": "n@shop.example", "role": "admin", "password": "a long password 1"},
            {"password": "unknown"},
        ),
        ({"email": "n@shop.example", "role": "admin", "name": "N"}, {"name": "unknown"}),
        ({"email": "n@shop.example", "role": "boss"}, {"role": "invalid_choice"}),
        ({"email": "n@shop.example", "role": "agent"}, {"agent": "required"}),
        ({"email": "n@shop.example", "role": "agent", "agent": "ana"}, {"agent": "taken"}),
        ({}, {"email": "required", "role": "required"}),
    ],
)
def test_wrong_members_are_named(api, body, named):
    assert problem(api.post("members/", body), 400) == named


def test_a_member_is_not_tied_to_an_agent_of_another_account(api):
    for agent in ("other-ana", "nobody"):
        body = {"email": "n@shop.example", "role": "agent", "agent": agent}
        assert problem(api.post("members/", body), 404) == {"agent": "unknown_agent"}


def test_an_admin_does_not_touch_owners(cast):
    api = Api(cast, "admin")
    owners_only = {"role": "owners_only"}
    assert problem(api.post("members/", {"email": "n@shop.example", "role": "owner"}), 403) == owners_only
    assert problem(api.patch(f"members/{cast.owner.pk}/", {"role": "admin"}), 403) == owners_only
    assert problem(api.delete(f"members/{cast.owner.pk}/"), 403) == owners_only
    last = Api(cast, "owner").delete(f"members/{cast.owner.pk}/")
    assert problem(last, 400) == {"role": "last_owner"}
    assert Member.objects.filter(pk=cast.owner.pk).exists()


def test_agents_are_made_and_changed_by_external_id(cast, api):
    body = {"external_id": "a/b", "name": "Ann", "kind": "bot", "groups": ["support", "brand new"]}
    first, again = api.post("agents/", body), api.post("agents/", {**body, "name": "Anne"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert api.get("agents/a/b/").json() == {
        "external_id": "a/b", "name": "Anne", "email": "", "kind": "bot",
        "groups": ["brand new", "support"], "placeholder": False,
    }  # fmt: skip
    assert api.get("groups/brand new/").json()["placeholder"] is True
    assert api.delete("agents/a/b/").status_code == 204
    assert problem(api.get("agents/a/b/"), 404)


def test_groups_are_archived_not_deleted(api):
    assert api.post("groups/", {"external_id": "sales", "name": "Sales EU"}).status_code == 200
    assert api.delete("groups/sales/").status_code == 204
    assert api.get("groups/sales/").json()["archived_at"] is not None
    assert [row["external_id"] for row in results(api.get("groups/?archived=true"))] == ["sales"]


def test_channels_get_a_name_and_a_kind(api):
    body = {"external_id": "web", "name": "Site", "kind": "web"}
    assert api.post("channels/", body).status_code == 201
    assert api.get("channels/web/").json() == {**body, "placeholder": False}
    assert problem(api.post("channels/", {**body, "kind": "fax"}), 400) == {"kind": "invalid_choice"}


def test_counters_are_made_changed_and_archived(cast, api):
    answer = api.post("counters/", {"name": "Blog", "site": "https://blog.example"})
    assert answer.status_code == 201
    path = f"counters/{answer.json()['id']}/"
    assert api.patch(path, {"allowed_origins": ["https://www.blog.example"]}).json()["allowed_origins"] == [
        "https://www.blog.example"
    ]
    wrong = api.patch(path, {"site": "https://blog.example/x", "allowed_origins": ["blog"]})
    assert problem(wrong, 400) == {"site": "not_normal", "allowed_origins.0": "no_origin"}
    assert "Did you mean https://blog.example?" in wrong.json()["errors"][0]["detail"]
    assert api.delete(path).status_code == 204
    assert problem(api.patch(path, {"name": "x"}), 404)
    assert api.get(path).json()["archived_at"] is not None
    assert problem(api.post(f"{path}hits/", {"hits": [bodies.hit()]}), 404)


def test_hits_are_taken_once_and_bad_ones_told(cast):
    api = Api(cast, "bound")
    path = f"counters/{cast.counter.pk}/hits/"
    batch = [bodies.hit(), bodies.hit(id=""), 7, bodies.hit(id="h2")]
    answer = api.post(path, {"hits": batch})
    assert answer.status_code == 202
    rejected = answer.json().pop("rejected")
    assert (answer.json()["accepted"], answer.json()["duplicates"]) == (2, 0)
    assert [(one["index"], one["id"], one["code"]) for one in rejected] == [
        (1, "", "required"),
        (2, None, "invalid"),
    ]
    again = api.post(path, {"hits": batch}).json()
    assert (again["accepted"], again["duplicates"]) == (0, 2)


def test_events_are_taken_once_and_strangers_become_placeholders(cast):
    api = Api(cast, "ingest")
    batch = [
        bodies.event(),
        bodies.event(id="e2", type="assignment", agent="zoe", group="night"),
        {"id": "e3"},
    ]
    answer = api.post("conversation-events/", {"events": batch})
    assert answer.status_code == 202
    assert (answer.json()["accepted"], [one["index"] for one in answer.json()["rejected"]]) == (2, [2])
    assert api.post("conversation-events/", {"events": batch}).json()["duplicates"] == 2
    assert Agent.objects.get(external_id="zoe").placeholder
    # A token of a counter sends hits only
    bound = Api(cast, "bound").post("conversation-events/", {"events": batch})
    assert problem(bound, 403) == {"": "scope"}


@pytest.mark.parametrize(
    "body", [{}, {"hits": {}}, {"hits": "x"}, {"hits": []}, {"events": []}, {"hits": [1] * 1001}]
)
def test_what_is_no_batch_is_refused(cast, api, body):
    assert problem(api.post(f"counters/{cast.counter.pk}/hits/", body), 400)


def test_a_goal_lives_from_draft_to_deletion(cast, api):
    answer = api.post("messaging-goals/", bodies.goal(transaction_value="12.5", groups=["support", "sales"]))
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert made == {
        "id": made["id"], "name": "Thanks", "description": "", "active": False, "start_date": None,
        "end_date": None, "groups": ["sales", "support"], "attribution": "last_touch", "window_days": 7,
        "transaction_value": "12.50", "currency": "EUR", "counting": "every", "bots_eligible": False,
        "window_on_active": False, "all_channels": False,
        "conditions": [{"category": "url", "operator": "contains", "value": "/thanks"}],
        "version": 1, "status": {"code": "inactive", "days": 0, "text": "Inactive"},
        "created_at": made["created_at"],
    }  # fmt: skip
    path = f"messaging-goals/{made['id']}/"
    assert api.get(path).json() == made

    active = api.post(f"{path}activate/").json()
    assert (active["active"], active["version"], active["status"]["code"]) == (True, 2, "active")
    assert active["start_date"] == clock.now().date().isoformat()
    # What was read can be sent back whole, without what only the server says
    said = {"id", "version", "status", "created_at", "currency"}
    whole = {member: value for member, value in active.items() if member not in said}
    renamed = api.put(path, {**whole, "name": "Thank you"})
    assert renamed.status_code == 200, renamed.content
    assert api.patch(path, {"window_days": 30}).json()["name"] == "Thank you"
    assert api.post(f"{path}deactivate/").json()["status"]["code"] == "inactive"

    versions = results(api.get(f"{path}versions/?limit=2"))
    assert [(one["number"], one["window_days"], one["saved_by"]) for one in versions] == [
        (5, 30, "owner@shop.example"),
        (4, 30, "owner@shop.example"),
    ]
    copy = api.post(f"{path}duplicate/")
    assert copy.status_code == 201
    assert (copy.json()["name"], copy.json()["start_date"]) == ("Copy of Thank you", None)
    assert api.delete(path).status_code == 204
    for address in (path, f"{path}versions/"):
        assert problem(api.get(address), 404)
    assert problem(api.post(f"{path}activate/"), 404)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"name": ""}, {"name": "blank"}),
        ({"name": "x" * 256}, {"name": "max_length"}),
        ({"window_days": 0}, {"window_days": "min_value"}),
        ({"window_days": 91}, {"window_days": "max_value"}),
        ({"attribution": "linear"}, {"attribution": "invalid_choice"}),
        ({"groups": []}, {"groups": "min_length"}),
        ({"conditions": []}, {"conditions": "min_length"}),
        (
            {"conditions": [{"category": "url", "operator": "is", "value": "/x"}]},
            {"conditions.0.value": "not_absolute"},
        ),
        (
            {"conditions": [{"category": "url", "operator": "like", "value": "/x"}]},
            {"conditions.0.operator": "invalid_choice"},
        ),
        (
            {"conditions": [{"category": "url", "operator": "is", "value": "x" * 2049}]},
            {"conditions.0.value": "max_length"},
        ),
        ({"active": True}, {"start_date": "required"}),
        ({"active": True, "start_date": "2001-01-01"}, {"start_date": "in_the_past"}),
        ({"start_date": "2999-02-01", "end_date": "2999-01-01"}, {"end_date": "before_start"}),
        ({"transaction_value": "-1"}, {"transaction_value": "min_value"}),
        ({"transaction_value": "0.00001"}, {"transaction_value": "max_decimal_places"}),
        ({"window": 7}, {"window": "unknown"}),
    ],
)
def test_wrong_goals_are_named(api, values, named):
    assert problem(api.post("messaging-goals/", bodies.goal(**values)), 400) == named
    assert not MessagingGoal.objects.exists()


def test_a_group_that_the_account_does_not_have_is_not_there(api):
    for group in ("other-sales", "nothing"):
        answer = api.post("messaging-goals/", bodies.goal(groups=["sales", group]))
        assert problem(answer, 404) == {"groups.1": "unknown_group"}


def test_the_sixteenth_active_goal_is_told_the_limit(cast, api):
    today = clock.now().date().isoformat()
    for _ in range(15):
        assert api.post("messaging-goals/", bodies.goal(active=True, start_date=today)).status_code == 201
    answer = api.post("messaging-goals/", bodies.goal(active=True, start_date=today))
    assert answer.status_code == 400
    assert "15" in answer.json()["detail"]
    assert len(results(api.get("messaging-goals/?active=true"))) == 15
    assert results(api.get("messaging-goals/?active=false")) == []


def test_a_url_is_tried_against_conditions(cast):
    conditions = [
        {"category": "url", "operator": "is", "value": "https://shop.example/a"},
        {"category": "url", "operator": "contains", "value": "shop"},
    ]
    body = {"url": "HTTPS://shop.example/a%2f", "conditions": conditions}
    answer = Api(cast, "analyst").post("messaging-goals/test-url/", body)
    assert answer.json() == {"normalised": "https://shop.example/a%2F", "matched": [1]}


def test_a_token_made_with_a_token_ends_and_is_revoked_with_it(cast, api):
    until = (clock.now() + timedelta(hours=1)).isoformat()
    made = api.post("tokens/", {"name": "maker", "scope": "write", "expires_at": until}).json()
    with_it = Api(cast, "anonymous", Authorization=f"Bearer {made['secret']}")
    child = with_it.post("tokens/", {"name": "child", "scope": "read"}).json()
    assert child["expires_at"] == made["expires_at"]
    later = (clock.now() + timedelta(hours=2)).isoformat()
    wider = {"name": "child", "scope": "read", "expires_at": later}
    assert problem(with_it.post("tokens/", wider), 400) == {"expires_at": "later_than_its_maker"}
    assert api.delete(f"tokens/{made['id']}/").status_code == 204
    with_child = Api(cast, "anonymous", Authorization=f"Bearer {child['secret']}")
    assert problem(with_child.get("members/"), 401) == {"": "invalid_token"}


def test_tokens_are_made_listed_and_revoked(cast, api):
    body = {"name": "site", "scope": "ingest", "counter": cast.counter.pk}
    answer = api.post("tokens/", body)
    assert answer.status_code == 201
    made = answer.json()
    assert made["secret"].startswith(made["id"])
    assert (made["maker"], made["counter"], made["revoked_at"]) == (
        "owner@shop.example",
        cast.counter.pk,
        None,
    )
    path = f"tokens/{made['id']}/"
    assert "secret" not in api.get(path).json()
    assert made["id"] in [row["id"] for row in results(api.get("tokens/"))]
    for _ in range(2):
        assert api.delete(path).status_code == 204
    assert Token.objects.get(name="site").revoked_at
    assert problem(api.post("tokens/", {**body, "counter": cast.other_counter.pk}), 404) == {
        "counter": "unknown_counter"
    }
    past = {"name": "x", "scope": "read", "expires_at": "2001-01-01T00:00:00Z"}
    assert problem(api.post("tokens/", past), 400) == {"expires_at": "in_the_past"}


def test_the_audit_log_says_who_from_where_and_what(cast):
    AuditEntry.objects.all().delete()
    Api(cast, "admin").patch(f"counters/{cast.counter.pk}/", {"name": "Shop 2"})
    (row,) = results(Api(cast, "read").get("audit/"))
    assert row == {
        "id": row["id"], "at": row["at"], "actor": "admin@shop.example", "address": "127.0.0.1",
        "action": "counter.changed", "target": f"Shop 2 ({cast.counter.pk})",
        "before": {"name": "Web shop"}, "after": {"name": "Shop 2"},
    }  # fmt: skip
