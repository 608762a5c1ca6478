"""exports/, runs/ and health/: what is asked for, followed and stopped; and odd numbers in addresses."""

import pytest

from apps.core import clock
from apps.exports.models import Export
from apps.hourly.models import Run
from tests.api import world
from tests.api.calls import Api, problem, results


@pytest.fixture
def goal(cast):
    return world.a_goal(cast.account, cast.owner.user_id, cast.sales)


def test_an_export_is_asked_for_followed_and_stopped_by_its_member_alone(cast, goal):
    api = Api(cast, "analyst")
    today = clock.now().date().isoformat()
    answer = api.post("exports/", {"goal": goal.pk, "from": "2026-01-01", "to": today})
    assert answer.status_code == 202, answer.content
    made = answer.json()
    assert (made["goal"], made["from"], made["to"], made["state"]) == (goal.pk, "2026-01-01", today, "queued")
    path = f"exports/{made['id']}/"
    assert api.get(path).json()["id"] == made["id"]
    assert [one["id"] for one in results(api.get(f"exports/?goal={goal.pk}&state=queued"))] == [made["id"]]
    for other in ("owner", "operator", "stranger", "write"):
        assert problem(Api(cast, other).get(path), 404)
        assert problem(Api(cast, other).post(f"{path}cancel/"), 404)
    for _ in range(2):
        assert api.post(f"{path}cancel/").json()["state"] == "cancelled"
    Export.objects.filter(pk=made["id"]).update(state="done")
    assert problem(api.post(f"{path}cancel/"), 400) == {"": "too_late"}


@pytest.mark.parametrize(
    ("values", "status", "named"),
    [
        ({"goal": 987654321}, 404, {"goal": "unknown_goal"}),
        ({"goal": "x"}, 400, {"goal": "invalid"}),
        ({"from": "2026-02-30"}, 400, {"from": "invalid"}),
        ({"from": 5}, 400, {"from": "invalid"}),
        ({"until": "2026-01-31"}, 400, {"until": "unknown"}),
    ],
)
def test_wrong_exports_are_named(cast, goal, values, status, named):
    body = {"goal": goal.pk, "from": "2026-01-01", "to": "2026-01-31", **values}
    assert problem(Api(cast, "write").post("exports/", body), status) == named


def test_an_export_that_ends_before_it_begins_is_refused(cast, goal):
    body = {"goal": goal.pk, "from": "2026-02-01", "to": "2026-01-31"}
    assert problem(Api(cast, "write").post("exports/", body), 400)
    assert not Export.objects.exists()


def test_a_run_is_asked_for_once_while_it_waits(cast):
    api = Api(cast, "admin")
    first, again = api.post("runs/"), api.post("runs/")
    assert first.status_code == 202
    assert first.json()["id"] == again.json()["id"]
    assert first.json()["state"] == "queued"
    assert Run.objects.filter(account=cast.account).count() == 1
    assert Api(cast, "analyst").get(f"runs/{first.json()['id']}/").json()["hour"] is None
    assert [one["state"] for one in results(api.get("runs/?state=queued"))] == ["queued"]
    assert problem(Api(cast, "analyst").post("runs/"), 403) == {"": "role"}


def test_health_says_what_waits_and_what_lives(cast):
    told = Api(cast, "analyst").get("health/").json()
    assert told["people_waiting"] == 0
    assert told["last_run"] is None
    assert {part["name"] for part in told["parts"]} == {"beat", "worker", "drain"}
    Api(cast, "owner").post("runs/")
    assert Api(cast, "analyst").get("health/").json()["last_run"]["state"] == "queued"


@pytest.mark.parametrize(
    "number", ["0", "9" * 18, "9" * 19, "9" * 40, "9" * 5000, "-1", "1.0", "\u0663", "%00", "1%2F2"]
)
def test_numbers_that_are_none_are_not_there(cast, number):
    api = Api(cast, "write")
    for resource in ("accounts", "members", "counters", "messaging-goals", "exports", "runs"):
        assert problem(api.get(f"{resource}/{number}/"), 404), resource
    for path in ("members", "counters", "messaging-goals"):
        assert problem(api.delete(f"{path}/{number}/"), 404), path
    assert problem(api.post(f"counters/{number}/hits/", {"hits": [1]}), 404)
    assert problem(api.post(f"messaging-goals/{number}/activate/"), 404)
    assert problem(api.get(f"messaging-goals/{number}/versions/"), 404)
