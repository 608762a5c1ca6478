"""Each role and each scope against every address that there is, with every method."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from django.db import transaction
from django.urls import URLPattern, get_resolver

from tests.api import matrix, world
from tests.api.calls import SESSIONS, TOKENS, Api, problem
from tests.api.world import Things
from tests.cast import Cast


def addresses(resolver: Any = None, before: str = "") -> list[str]:
    """Every route of config.urls, as it is written there."""
    found: list[str] = []
    for one in (resolver or get_resolver()).url_patterns:
        route = before + str(one.pattern)
        found += [route] if isinstance(one, URLPattern) else addresses(one, route)
    return found


def test_every_address_of_the_api_has_its_row():
    known = set(matrix.API) | matrix.ELSEWHERE
    others = {route for route in addresses() if route and not route.startswith(matrix.BACKOFFICE)}
    assert others - known == set(), "add a row to tests/api/matrix.py for each of these"
    assert known - others == set(), "these are no addresses any more"


@dataclass
class Stage:
    cast: Cast
    mine: Things
    theirs: Things

    def call(self, api: Api, method: str, path: str, body: Any = None) -> Any:
        """The answer; whatever the call did is undone."""
        with transaction.atomic():
            answer = api.call(method, path, body)
            transaction.set_rollback(True)
        return answer


@pytest.fixture
def stage(cast) -> Stage:
    """The cast and one of everything in each account."""
    return Stage(cast, *world.of(cast))


def filled(route: str, ids: dict[str, Any]) -> str:
    for name, value in ids.items():
        for kind in ("int", "str", "path", "id", "slug"):
            route = route.replace(f"<{kind}:{name}>", quote(str(value)))
    assert "<" not in route
    return f"/{route}"


@pytest.mark.parametrize("who", [*SESSIONS, *TOKENS])
def test_each_caller_gets_what_the_table_says(stage, who):
    api, wrong = Api(stage.cast, who), []
    for route, row in matrix.API.items():
        path = filled(route, row.ids(stage.cast, stage.mine))
        for method in matrix.METHODS:
            answer = stage.call(
                api, method, path, row.body(stage.cast, stage.mine) if method in row.methods else None
            )
            allowed = matrix.expected(row, method, who)
            if answer.status_code not in allowed:
                wrong.append((method, route, answer.status_code, allowed, answer.content[:200]))
            if answer.status_code >= 400 and method != "HEAD":
                problem(answer, answer.status_code)
            assert answer["Cache-Control"] == "no-store"
            if method in {"HEAD", "OPTIONS"}:
                assert not answer.content
            if method == "OPTIONS":
                assert set(row.methods.split()) <= set(answer["Allow"].split(", "))
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize("who", ["owner", "operator", "write"])
def test_what_another_account_has_is_not_there(stage, who):
    """By path, for those who may do most in this account, with every method offered."""
    api, cells = Api(stage.cast, who), 0
    for route, row in matrix.API.items():
        if row.ids is matrix.NO_IDS:
            continue
        path = filled(route, row.ids(stage.cast, stage.theirs))
        for method in row.methods.split():
            if who == "operator" and (method, route) == ("GET", "api/v1/accounts/<int:number>/"):
                continue  # an operator sees every account
            body = None if method == "GET" else row.body(stage.cast, stage.theirs)
            assert problem(stage.call(api, method, path, body), 404), (method, route)
            cells += 1
    assert cells > 20


def test_lists_show_nothing_of_another_account(stage):
    cast, theirs, api = stage.cast, stage.theirs, Api(stage.cast, "owner")
    names = {theirs.channel.external_id, theirs.conversation.ticket, "other-sales", "other-ana"}
    names.add("stranger@other.example")
    numbers = {  # equal numbers of different tables say nothing
        "messaging-goals": theirs.goal.pk,
        "runs": theirs.run.pk,
        "conversions": theirs.conversion,
        "counters": cast.other_counter.pk,
    }
    for route, row in matrix.API.items():
        if row.ids is not matrix.NO_IDS or row.open or "GET" not in row.methods.split():
            continue
        resource = route.rstrip("/").rsplit("/", 1)[-1]
        for one in api.get(f"/{route}").json().get("results", []):
            shown = {str(one.get(name)) for name in ("external_id", "email", "maker", "actor", "ticket")}
            assert not shown & names, (route, one)
            assert resource not in numbers or one["id"] != numbers[resource], (route, one)
            if resource in {"conversions", "exports"}:
                assert one["goal"] != theirs.goal.pk, (route, one)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "agents/?group=other-sales", None),
        ("GET", "messaging-goals/?group=other-sales", None),
        ("GET", "conversions/?agent=other-ana", None),
        ("GET", "conversions/?group=other-sales", None),
        ("GET", "conversions/?goal={goal}", None),
        ("GET", "conversions/?counter={counter}", None),
        ("GET", "exports/?goal={goal}", None),
        ("POST", "exports/", {"goal": "{goal}", "from": "2026-01-01", "to": "2026-01-31"}),
        ("POST", "tokens/", {"name": "x", "scope": "ingest", "counter": "{counter}"}),
        ("POST", "members/", {"email": "n@shop.example", "role": "agent", "agent": "other-ana"}),
        ("PATCH", "members/{member}/", {"role": "agent", "agent": "other-ana"}),
        ("PATCH", "messaging-goals/{own_goal}/", {"groups": ["sales", "other-sales"]}),
    ],
)
def test_what_a_body_or_a_filter_names_of_another_account_is_not_there(stage, method, path, body):
    cast, mine, theirs = stage.cast, stage.mine, stage.theirs
    ids = {
        "goal": theirs.goal.pk, "counter": cast.other_counter.pk, "member": cast.analyst.pk, "own_goal": mine.goal.pk,
    }  # fmt: skip
    if body:
        body = {
            name: ids[value[1:-1]] if str(value).startswith("{") else value for name, value in body.items()
        }
    answer = stage.call(Api(cast, "write"), method, path.format(**ids), body)
    assert answer.json().get("errors"), answer.content
    assert problem(answer, 404)


def test_external_ids_of_another_account_are_only_names_here(cast):
    """Agents and groups that events and agents name are made as placeholders: nobody learns of the others'."""
    body = {"external_id": "other-ana", "name": "Ana", "kind": "human", "groups": ["other-sales"]}
    assert Api(cast, "write").post("agents/", body).status_code == 201
    cast.other_agent.refresh_from_db()
    assert (cast.other_agent.name, cast.other_agent.groups.count()) == ("Other-Ana", 1)
