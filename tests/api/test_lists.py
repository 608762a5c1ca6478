"""How every list works: pages by cursor, limits, filters, the number of queries."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver

from apps.accounts.models import AuditEntry
from apps.core import clock
from tests import factories
from tests.api.calls import Api, problem, results


def pages(api: Api, path: str) -> list[list[dict]]:
    found = []
    answer = api.get(path)
    while True:
        found.append(results(answer))
        following = answer.json()["next"]
        if following is None:
            return found
        answer = api.get(following.removeprefix("http://testserver"))


def cursor_of(answer) -> str:
    return parse_qs(urlsplit(answer.json()["next"]).query)["cursor"][0]


def test_pages_follow_each_other_without_gaps_though_rows_come_in_between(cast):
    for n in range(7):
        factories.a_group(cast.account, f"g{n}")
    api = Api(cast, "read")
    first = api.get("groups/?limit=3")
    factories.a_group(cast.account, "late")
    names = [row["external_id"] for row in results(first)]
    following = api.get(first.json()["next"].removeprefix("http://testserver"))
    names += [row["external_id"] for row in results(following)]
    assert names == ["sales", "support", "g0", "g1", "g2", "g3"]
    whole = [row["external_id"] for page in pages(api, "groups/?limit=2") for row in page]
    assert whole == ["sales", "support", *(f"g{n}" for n in range(7)), "late"]


def test_rows_of_one_instant_are_paged_by_the_second_key(cast):
    AuditEntry.objects.all().delete()
    at = clock.now()
    for n in range(5):
        AuditEntry.objects.create(account=cast.account, at=at, actor="x", action=f"a{n}", target="t")
    seen = [row["action"] for page in pages(Api(cast, "read"), "audit/?limit=2") for row in page]
    assert seen == ["a4", "a3", "a2", "a1", "a0"]


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "x", "1.5", "9" * 50, "\u0663"])
def test_a_limit_is_1_to_1000(cast, limit):
    assert problem(Api(cast, "read").get(f"groups/?limit={quote(limit)}"), 400) == {"limit": "invalid"}


def test_a_cursor_is_good_for_its_own_list_only(cast):
    api = Api(cast, "read")
    cursor = cursor_of(api.get("groups/?limit=1"))
    for path in (f"agents/?cursor={cursor}", f"groups/?cursor={cursor}x", "groups/?cursor=%00"):
        assert problem(api.get(path), 400) == {"cursor": "invalid"}


def test_a_cursor_of_another_account_shows_nothing_of_it(cast):
    factories.a_group(cast.other, "other-2")
    cursor = cursor_of(Api(cast, "stranger").get("groups/?limit=1"))
    rows = results(Api(cast, "read").get(f"groups/?cursor={cursor}"))
    assert not {row["external_id"] for row in rows} & {"other-sales", "other-2"}


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("agents/", ["ana", "ben"]),
        ("agents/?group=sales", ["ana"]),
        ("agents/?kind=bot", []),
        ("agents/?placeholder=false", ["ana", "ben"]),
        ("groups/?archived=true", []),
        ("groups/?archived=false", ["sales", "support"]),
    ],
)
def test_filters_choose(cast, path, names):
    assert [row["external_id"] for row in results(Api(cast, "read").get(path))] == names


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("agents/?kind=robot", {"kind": "invalid_choice"}),
        ("agents/?placeholder=perhaps", {"placeholder": "invalid"}),
        ("agents/?group=%00", {"group": "null_characters_not_allowed"}),
        ("agents/?group=" + "x" * 256, {"group": "max_length"}),
        ("agents/?colour=red&size=1", {"colour": "unknown", "size": "unknown"}),
        ("audit/?from=yesterday", {"from": "invalid"}),
        ("audit/?from=2026-11-21", {"from": "invalid"}),
        ("audit/?from=2026-11-21T10:00:00", {"from": "invalid"}),
        ("audit/?to=30000-01-01T00:00:00Z", {"to": "invalid"}),
        ("audit/?to=9999-12-31T23:59:59-14:00", {"to": "invalid"}),
        ("audit/?to=0001-01-01T00:00:00%2B14:00", {"to": "invalid"}),
        ("audit/?to=2026-13-45T10:00:00Z", {"to": "invalid"}),
        ("members/?role=boss", {"role": "invalid_choice"}),
    ],
)
def test_bad_parameters_are_named(cast, path, named):
    assert problem(Api(cast, "read").get(path), 400) == named


@pytest.mark.parametrize("path", ["agents/?group=", "messaging-goals/?group="])
@pytest.mark.parametrize("group", ["other-sales", "nothing"])
def test_a_filter_by_what_the_account_does_not_have_is_404(cast, path, group):
    assert problem(Api(cast, "read").get(path + group), 404) == {"group": "unknown"}


def test_from_is_inclusive_and_to_exclusive(cast):
    AuditEntry.objects.all().delete()
    at = clock.now().replace(microsecond=123456)
    for n in range(3):
        AuditEntry.objects.create(
            account=cast.account, at=at + timedelta(seconds=n), actor="x", action=f"a{n}", target="t"
        )
    low, high = (quote((at + timedelta(seconds=n)).isoformat()) for n in (0, 2))
    rows = results(Api(cast, "read").get(f"audit/?from={low}&to={high}"))
    assert [row["action"] for row in rows] == ["a1", "a0"]
    # A plus sign that was not escaped
    assert len(results(Api(cast, "read").get(f"audit/?from={at.isoformat()}"))) == 3


@pytest.mark.parametrize(
    ("path", "queries"),
    [
        # token, membership; then the list and what it prefetches (a first use of the token adds an update)
        ("accounts/", 3),
        ("members/", 3),
        ("agents/", 4),
        ("groups/", 3),
        ("channels/", 3),
        ("counters/", 3),
        ("tokens/", 3),
        ("audit/", 3),
        ("messaging-goals/", 4),
    ],
)
def test_a_list_takes_the_same_few_queries_however_long(cast, path, queries):
    api = Api(cast, "read")
    api.get(path)
    with CaptureQueriesContext(
        connection,
    ) as before:
        api.get(path)
    for n in range(3):
        group = factories.a_group(cast.account, f"g{n}")
        factories.an_agent(cast.account, f"a{n}", group, cast.sales)
        factories.a_counter(cast.account)
        factories.a_token(factories.a_member(cast.account), "read")
    with CaptureQueriesContext(connection) as after:
        api.get(path)
    assert len(before) == len(after) == queries, [query["sql"][:90] for query in after.captured_queries]


def test_every_filter_stands_on_an_index_or_a_small_table(cast):
    """Growing tables (audit, runs, exports, conversions) are filtered by columns that an index begins with."""
    small = {"Agent", "Group", "Channel", "Counter", "Member", "Token", "MessagingGoal", "ChatGoal"}
    bounded = {
        "Conversation",  # a selector looks through so many and says where to go on (tests/workspace)
        "Person",  # found by the unique names of identities, or by the index of tickets
    }
    indexed = {
        "AuditEntry": {"at"},
        "Run": {"created_at", "state"},
        "Export": {"created_at", "state", "goal_id"},
        "Visit": {"started_at", "counter_id", "person_id", "source", "device", "country", "robot"},
        "Conversion": {
            "time",
            "goal_id",
            "agent_id",
            "group_id",
            "conversation_id",
            "counter_id",
            "outcome",
            "person_id",
        },  # found by its reaches
    }
    for view in views():
        filterset = getattr(view, "filterset_class", None)
        if filterset is None or view.model.__name__ in small | bounded:
            continue
        columns = {one.field_name for one in filterset.base_filters.values()}
        assert columns <= indexed[view.model.__name__], view


def api_patterns() -> list[Any]:
    everything: list[Any] = get_resolver().url_patterns
    (api,) = [one for one in everything if getattr(one, "app_name", None) == "api"]
    return list(api.url_patterns)


def views() -> list[Any]:
    return [pattern.callback.cls for pattern in api_patterns()]


def test_every_post_that_makes_something_can_be_repeated_with_a_key():
    for pattern in api_patterns():
        action = getattr(pattern.callback, "actions", {}).get("post")
        if action and pattern.name not in {"person-export", "test-url"}:  # a file, and what only asks
            assert getattr(getattr(pattern.callback.cls, action), "repeatable", False), pattern
