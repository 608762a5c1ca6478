"""ETag, If-Match and If-None-Match: nobody overwrites what they have not seen."""

from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection

from apps.accounts.models import AuditEntry
from apps.counters.models import Counter
from tests import cast as casting
from tests.api import matrix
from tests.api.calls import Api, problem
from tests.api.test_matrix import filled, stage  # noqa: F401 - a fixture

NO = '"0123456789"'
WITHOUT_A_ROW = {"people/<int:number>/identities/<int:identity>/", "people/<int:number>/merges/<int:merge>/"}
"""What can be deleted and has no GET, so nobody has a tag of it."""


def changes(staged: Any) -> list[tuple[str, str, Any]]:
    """`(method, path, body)` of whatever changes or deletes one row that a GET shows."""
    found = []
    for route, row in matrix.API.items():
        if route.removeprefix("api/v1/") in WITHOUT_A_ROW:
            continue
        path = filled(route, row.ids(staged.cast, staged.mine))
        for method in {"PUT", "PATCH", "DELETE"} & set(row.methods.split()):
            body = row.body(staged.cast, staged.mine)
            found.append(
                (
                    method,
                    path,
                    matrix.API["api/v1/messaging-goals/"].body(staged.cast, staged.mine)
                    if method == "PUT"
                    else body,
                )
            )
    return found


def test_whatever_is_changed_or_deleted_is_as_the_caller_saw_it(stage):  # noqa: F811
    api, cells = Api(stage.cast, "owner"), changes(stage)
    assert len(cells) > 12
    for method, path, body in cells:
        answer = api.get(path)
        tag = answer["ETag"]
        assert tag.startswith('"'), "strong: If-Match compares no other"
        for wrong in (NO, f"W/{tag}", f'{NO}, "{NO[1:-1]}x"'):
            refused = stage.call(Api(stage.cast, "owner", **{"If-Match": wrong}), method, path, body)
            assert problem(refused, 412) == {"": "precondition_failed"}, (method, path, wrong)
        assert api.get(path).json() == answer.json(), "nothing was done"
        for right in (tag, "*", f"{NO}, {tag}"):
            done = stage.call(Api(stage.cast, "owner", **{"If-Match": right}), method, path, body)
            assert done.status_code in {200, 202, 204, 400}, (method, path, right, done.content)


def test_the_tag_of_a_changed_row_is_that_of_the_next_get(stage):  # noqa: F811
    api = Api(stage.cast, "owner")
    for method, path, body in changes(stage):
        if method == "DELETE":
            continue
        sent = body or {"name": "Another"}
        before = api.get(path)["ETag"]
        changed = api.call(method, path, sent)
        assert changed.status_code == 200, changed.content
        assert changed["Content-Location"] == path
        assert changed["ETag"] == api.get(path)["ETag"] != before, path
        stale = Api(stage.cast, "owner", **{"If-Match": before})
        assert problem(stale.call(method, path, sent), 412)


def test_who_has_the_row_already_gets_304(stage):  # noqa: F811
    for route, row in matrix.API.items():
        path = filled(route, row.ids(stage.cast, stage.mine))
        answer = Api(stage.cast, "owner").get(path)
        if row.open or "ETag" not in answer or "health" in path:
            continue
        tag = answer["ETag"]
        for known in (tag, f"W/{tag}", f"{NO}, {tag}", "*"):
            for method in ("GET", "HEAD"):
                unchanged = Api(stage.cast, "owner", **{"If-None-Match": known}).call(method, path)
                assert (unchanged.status_code, unchanged.content, unchanged["ETag"]) == (304, b"", tag), path
        assert Api(stage.cast, "owner", **{"If-None-Match": NO}).get(path).status_code == 200
        assert problem(Api(stage.cast, "owner", **{"If-Match": NO}).get(path), 412)


@pytest.mark.parametrize("header", ["If-Match", "If-None-Match"])
@pytest.mark.parametrize("value", ["", "abc", "'x'", '"x'])
def test_what_is_no_tag_is_refused_by_name(cast, header, value):
    api = Api(cast, "write", **{header: value})
    assert problem(api.get("groups/sales/"), 400) == {header: "invalid"}
    assert problem(api.delete("groups/sales/"), 400) == {header: "invalid"}


@pytest.mark.parametrize(
    ("path", "name", "body"),
    [
        ("agents/", "ana", {"name": "Ann", "kind": "human", "groups": ["sales", "new"]}),
        ("groups/", "sales", {"name": "Sellers"}),
        ("channels/", "web", {"name": "Site", "kind": "web"}),
    ],
)
def test_a_post_by_external_id_makes_or_changes_as_the_caller_means_it(cast, path, name, body):
    def post(name: str, **headers: str) -> Any:
        return Api(cast, "write").post(path, {"external_id": name, **body}, **headers)

    post("web")
    assert problem(post("none", **{"If-Match": "*"}), 412), "there is none to change"
    assert problem(post(name, **{"If-None-Match": "*"}), 412), "there is one already"
    tag = Api(cast, "write").get(f"{path}{name}/")["ETag"]
    changed = post(name, **{"If-Match": tag})
    assert (changed.status_code, changed["Content-Location"]) == (200, f"/api/v1/{path}{name}/")
    assert changed["ETag"] == Api(cast, "write").get(f"{path}{name}/")["ETag"]
    made = post("a/b", **{"If-None-Match": "*"})
    assert (made.status_code, made["Location"]) == (201, f"/api/v1/{path}a%2Fb/")
    assert Api(cast, "write").get(made["Location"]).json() == made.json()


def at_once(n: int, send: Any) -> list[int]:
    """The statuses of `n` calls of `send(place)` that begin together."""
    barrier, statuses = Barrier(n), []

    def run(place: int) -> None:
        try:
            barrier.wait()
            statuses.append(send(place).status_code)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(place,)) for place in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(statuses)


@pytest.mark.django_db(transaction=True)
def test_of_forty_who_saw_the_same_row_one_changes_it():
    cast = casting.make()
    path = f"counters/{cast.counter.pk}/"
    tag = Api(cast, "write").get(path)["ETag"]
    apis = [Api(cast, "write", **{"If-Match": tag}) for _ in range(40)]
    assert at_once(40, lambda place: apis[place].patch(path, {"name": f"n{place}"})) == [200] + [412] * 39
    assert AuditEntry.objects.filter(action="counter.changed").count() == 1
    assert Counter.objects.get(pk=cast.counter.pk).name.startswith("n")


@pytest.mark.django_db(transaction=True)
def test_changes_of_different_fields_at_once_are_all_kept():
    cast = casting.make()
    api = Api(cast, "write")
    body = {
        "name": "Thanks", "active": False, "groups": ["sales"], "attribution": "last_touch", "window_days": 7,
        "conditions": [{"category": "url", "operator": "contains", "value": "/thanks"}],
    }  # fmt: skip
    path = f"messaging-goals/{api.post('messaging-goals/', body).json()['id']}/"
    parts: list[dict[str, Any]] = [
        {"name": "Other"}, {"window_days": 9}, {"description": "Words"}, {"attribution": "first_touch"},
        {"groups": ["support"]}, {"transaction_value": "5.00"}, {"counting": "every"}, {"bots_eligible": True},
    ]  # fmt: skip
    assert set(at_once(len(parts), lambda place: Api(cast, "write").patch(path, parts[place]))) == {200}
    goal = api.get(path).json()
    assert {name: goal[name] for part in parts for name in part} == {
        name: value for part in parts for name, value in part.items()
    }
    assert goal["version"] == 1 + len(parts)
