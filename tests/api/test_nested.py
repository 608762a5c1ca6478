"""Objects inside a body are whole: what one of them lacks is named, whichever method sends it."""

import copy
from typing import Any

import pytest
from django.db import transaction

from tests.api import bodies, matrix, world
from tests.api.calls import Api, problem
from tests.api.test_matrix import filled

_V1 = "api/v1/"
CHANGED = {
    f"{_V1}messaging-goals/<int:number>/": "goals",
    f"{_V1}chat-goals/<int:number>/": "chat-goals",
}
"""Addresses whose PATCH takes objects or lists, and the name of the good body of the POST beside them."""
NO_OBJECT = (None, "x", 5, [["x"]], {"unknown": 1})


def objects(value: Any, path: tuple = ()) -> list[tuple]:
    """The places of the objects inside a body."""
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    found = [path] if path and isinstance(value, dict) else []
    return found + [place for key, child in children for place in objects(child, (*path, key))]


def changed(body: dict[str, Any], place: tuple, value: Any) -> dict[str, Any]:
    """Only the member of the body that holds the place, with a value put there."""
    cut = {place[0]: copy.deepcopy(body[place[0]])}
    inner: Any = cut
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return cut


@pytest.fixture
def send(cast):
    """Send a body to an address as the token `write`; whatever it does is undone."""
    api, (mine, _theirs) = Api(cast, "write"), world.of(cast)

    def call(method: str, route: str, body: Any) -> Any:
        with transaction.atomic():
            answer = api.call(method, filled(route, matrix.API[route].ids(cast, mine)), body)
            transaction.set_rollback(True)
        return answer

    return call


@pytest.mark.parametrize("route", CHANGED)
def test_an_incomplete_object_in_a_patch_is_named(send, cast, route):
    good = bodies.good(cast)[CHANGED[route]]
    places = objects(good)
    assert places
    for place in places:
        pointer = ".".join(map(str, place))
        whole = good[place[0]][place[1]] if len(place) == 2 else good[place[0]]
        for missing in whole:
            left = {name: value for name, value in whole.items() if name != missing}
            answer = send("PATCH", route, changed(good, place, left))
            assert problem(answer, 400) == {f"{pointer}.{missing}": "required"}
        assert problem(send("PATCH", route, changed(good, place, {})), 400) == {
            f"{pointer}.{name}": "required" for name in whole
        }
        for value in NO_OBJECT:
            named = problem(send("PATCH", route, changed(good, place, value)), 400)
            assert all(name.startswith(pointer) for name in named), (value, named)


def test_a_condition_without_a_category_is_no_condition_of_a_url(send, cast):
    """It once turned a goal of an event into a goal of a URL."""
    condition = {"operator": "is", "value": "purchase"}
    route = f"{_V1}chat-goals/<int:number>/"
    assert problem(send("PATCH", route, {"condition": condition}), 400) == {"condition.category": "required"}
    for route, name in (("chat-goals/", "chat-goals"), ("messaging-goals/", "goals")):
        good = bodies.good(cast)[name]
        (place, *_) = objects(good)
        body = {**good, **changed(good, place, condition)}
        pointer = ".".join(map(str, place))
        assert problem(send("POST", f"{_V1}{route}", body), 400) == {f"{pointer}.category": "required"}


def test_members_beside_a_whole_object_may_still_be_left_out(send, cast):
    for route, name in CHANGED.items():
        good = bodies.good(cast)[name]
        for member in ({"conditions"} | {"condition"}) & good.keys():
            assert send("PATCH", route, {member: good[member]}).status_code == 200


def test_lists_of_names_are_whole(send):
    route = f"{_V1}messaging-goals/<int:number>/"
    wrong: Any
    for wrong in (None, "sales", {"0": "sales"}, []):
        assert problem(send("PATCH", route, {"groups": wrong}), 400).keys() == {"groups"}
    for wrong in (None, 5, "", {}, []):
        assert problem(send("PATCH", route, {"groups": ["sales", wrong]}), 400).keys() == {"groups.1"}


WRONG_PARTS: list[tuple[dict[str, Any], str]] = [
    ({"author": {}}, "author.kind"),
    ({"author": None}, "author.kind"),
    ({"author": {"kind": "agent", "agent": ""}}, "author.agent"),
    ({"author": "person"}, "author"),
    ({"person": "7"}, "person"),
    ({"person": {"client_id": ""}}, "person.client_id"),
    ({"person": {"client_id": 7}}, "person.client_id"),
    ({"type": "rating"}, "rating.score"),
    ({"type": "rating", "rating": {}}, "rating.score"),
    ({"type": "rating", "rating": {"comment": "x"}}, "rating.score"),
    ({"type": "rating", "rating": {"score": {}}}, "rating.score"),
    ({"type": "rating", "rating": []}, "rating"),
]


def test_an_event_or_a_hit_with_an_incomplete_object_is_listed_with_its_place(send):
    events = [bodies.event(id=f"{n}", **part) for n, (part, _place) in enumerate(WRONG_PARTS)]
    rejected = send("POST", f"{_V1}conversation-events/", {"events": events}).json()["rejected"]
    assert len(rejected) == len(WRONG_PARTS)
    for one, (_part, place) in zip(rejected, WRONG_PARTS, strict=True):
        assert one["detail"].startswith(place), one
    wrong: tuple[Any, ...] = ([], "x", 5)
    fields = [(field, value) for field in ("params", "click_ids") for value in wrong]
    hits = [bodies.hit(id=f"{n}", **{field: value}) for n, (field, value) in enumerate(fields)]
    rejected = send("POST", f"{_V1}counters/<int:number>/hits/", {"hits": hits}).json()["rejected"]
    assert [one["detail"].split(":")[0] for one in rejected] == [field for field, _value in fields]
