"""The OpenAPI document says what the code does; each answer of the other tests is held against it (contract.py)."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from apps.api.schema import generated
from tests.api import contract, matrix
from tests.api.contract import at

V1 = "/api/v1/"


def operations(*methods: str) -> list[tuple[str, str]]:
    """`(method, place in the document)` of all operations, or those with these methods."""
    return [
        (method, place)
        for (method, _path), place in contract.operations().items()
        if not methods or method in methods
    ]


def body(place: str) -> dict[str, Any]:
    """What the operation's request body is to be."""
    return at(f"{place}/requestBody/content/application~1json/schema")


def place(method: str, path: str) -> str:
    return contract.operations()[method, V1 + path]


def answer(method: str, path: str, status: int) -> dict[str, Any]:
    """The members that an answer has."""
    return at(f"{place(method, path)}/responses/{status}/content/application~1json/schema/properties")


def parameters(method: str, path: str) -> dict[str, dict[str, Any]]:
    return {one["name"]: one["schema"] for one in at(place(method, path))["parameters"]}


def test_the_document_is_made_without_a_warning():
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=StringIO())


def test_every_address_with_each_of_its_methods_is_in_it():
    rows = {
        (method, contract.route_template(route))
        for route, row in matrix.API.items()
        if not row.open
        for method in row.methods.split()
    }
    assert set(contract.operations()) == rows  # test_matrix.py holds the rows against the resolver


def test_unknown_members_of_bodies_are_refused_and_a_body_with_required_members_is_required():
    for _method, where in operations("POST", "PUT", "PATCH"):
        if "requestBody" in at(where):
            assert at(where)["requestBody"].get("required", False) == ("required" in body(where)), where
            assert body(where)["additionalProperties"] is False, where
    for name, schema in generated()["components"]["schemas"].items():
        if name.endswith("Request"):
            assert schema["additionalProperties"] is False, name


def test_in_patch_what_may_be_left_out_is_not_required_and_objects_are_whole():
    goal, whole = body(place("PATCH", "messaging-goals/{number}/")), body(place("POST", "messaging-goals/"))
    assert "required" not in goal
    assert {"name", "conditions", "groups"} <= set(whole["required"])
    condition = at("/components/schemas/ConditionShapeRequest")
    assert condition["required"] == ["category", "operator", "value"]
    assert goal["properties"]["conditions"]["items"] == {"$ref": "#/components/schemas/ConditionShapeRequest"}


@pytest.mark.parametrize(
    ("path", "status", "nulls"),
    [
        ("counters/{number}/", 200, ["archived_at"]),
        ("groups/{external_id}/", 200, ["archived_at"]),
        ("tokens/{key}/", 200, ["last_used_at", "revoked_at", "expires_at", "counter"]),
        ("exports/{number}/", 200, ["finished_at", "complete_until", "expires_at"]),
        ("erasures/{number}/", 200, ["finished_at"]),
        ("runs/{number}/", 200, ["finished_at", "complete_until"]),
    ],
)
def test_what_may_be_null_says_so(path, status, nulls):
    members = answer("GET", path, status)
    for name in nulls:
        assert "null" in members[name]["type"], name


def test_a_person_has_a_list_of_links_and_a_card_with_its_members():
    members = answer("GET", "people/{number}/", 200)
    assert members["links"]["items"] == {"$ref": "#/components/schemas/PairShape"}
    assert "date-time" in str(at("/components/schemas/CardShape")["properties"]["first_visit_at"])


def test_a_post_by_external_id_makes_or_changes():
    for path in ("agents/", "groups/", "channels/"):
        responses = at(place("POST", path))["responses"]
        assert responses["200"]["content"] == responses["201"]["content"]


def test_answers_without_a_body_say_so():
    for _method, where in operations("DELETE"):
        if "204" in at(where)["responses"]:
            assert "content" not in at(f"{where}/responses/204")


def test_every_operation_names_the_problems_that_may_be_answered():
    for method, where in operations():
        responses = at(where)["responses"]
        expected = {"400", "401", "403", "404", "406", "429", "503"}
        assert expected <= responses.keys(), where
        assert ("413" in responses) == (method in {"POST", "PUT", "PATCH"}), where
        for status in responses:
            if status >= "400":
                assert list(at(f"{where}/responses/{status}")["content"]) == ["application/problem+json"]
    assert at("/components/responses/TooManyRequests/headers/Retry-After")["required"] is True


def test_a_key_to_send_again_has_its_form_where_it_is_taken():
    key = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]{1,255}$"}
    taking = {where for _method, where in operations() if "Idempotency-Key" in str(at(where)["parameters"])}
    assert parameters("POST", "agents/")["Idempotency-Key"] == key
    assert all(at(where)["responses"].get("409") for where in taking)
    assert all("Idempotent-Replayed" in str(at(where)["responses"]) for where in taking)
    assert place("POST", "people/{number}/export/") not in taking


def test_parameters_say_what_they_take():
    assert parameters("GET", "conversations/")["chat_goal"]["enum"] == [
        "none", "in_process", "achieved", "missed",
    ]  # fmt: skip
    assert parameters("GET", "conversations/")["unanswered"] == {"type": "boolean"}
    assert parameters("GET", "conversions/")["credited"] == {"type": "boolean"}
    assert parameters("GET", "conversions/")["from"] == {"type": "string", "format": "date-time"}
    assert parameters("GET", "counters/")["archived"] == {"type": "boolean"}
    assert parameters("GET", "reports/chat-goals/")["from"] == {"type": "string", "format": "date"}
    assert parameters("GET", "reports/chat-goals/")["by"]["enum"] == ["member", "date", "channel"]
    assert parameters("GET", "exports/")["goal"] == {
        "type": "integer", "format": "int64", "minimum": 0, "maximum": 10**18 - 1,
    }  # fmt: skip


def test_amounts_are_decimal_text_and_numbers_have_their_range():
    value = body(place("POST", "messaging-goals/"))["properties"]["transaction_value"]
    assert {"pattern", "format"} <= value["anyOf"][0].keys()
    assert answer("GET", "conversions/", 200)["results"]["items"]["$ref"]
    assert at("/components/schemas/ConversionShape")["properties"]["value"]["format"] == "decimal"
    assert answer("GET", "counters/{number}/", 200)["id"]["minimum"] == 1


def test_each_operation_says_how_to_sign_in_and_which_scope_is_the_least():
    security = {where: at(where)["security"] for _method, where in operations()}
    assert security[place("GET", "agents/")] == [{"token": ["read"]}, {"session": []}]
    assert security[place("POST", "agents/")] == [{"token": ["write"]}, {"session": [], "csrf": []}]
    assert security[place("POST", "conversation-events/")][0] == {"token": ["ingest"]}


def test_facts_are_described_by_the_structs_that_read_them():
    hit = at("/components/schemas/HitIn")
    assert hit["required"] == ["id", "time", "type"]
    assert hit["properties"]["time"] == {"type": "string", "format": "date-time"}
    items = body(place("POST", "counters/{number}/hits/"))["properties"]["hits"]
    assert items["items"]["anyOf"][0] == {"$ref": "#/components/schemas/HitIn"}
    assert items["maxItems"] == 1000
