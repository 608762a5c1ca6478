"""The list: filters, search, pages, the own score, at a fixed cost."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core import clock
from apps.workspace import listing, selectors
from apps.workspace.selectors import Sight, Wanted
from tests.backoffice.conftest import a_goal
from tests.workspace.stories import a_chat, a_hit, event, judge, message, take


@pytest.fixture
def ana(cast) -> Sight:
    return Sight(cast.account.pk, everything=False, agent_id=cast.ana.pk, group_ids=(cast.sales.pk,))


@pytest.fixture
def everything(cast) -> Sight:
    return Sight(cast.account.pk, everything=True)


def tickets(sight: Sight, limit: int = 30, **wanted) -> list[str]:
    """All pages, one after the other."""
    found: list[str] = []
    after = None
    for _ in range(100):
        page = selectors.page(sight=sight, wanted=Wanted(**wanted), after=after, limit=limit)
        assert len(page.rows) <= limit
        found += [one.ticket for one in page.rows]
        after = page.after
        if after is None:
            return found
    raise AssertionError("the pages never end")


@pytest.fixture
def shop(cast) -> None:
    """Six conversations, T-0 the newest."""
    now = clock.now()
    for number, (agent, group, answered) in enumerate(
        [("ana", None, True), ("ben", "sales", False), ("ana", "sales", True), ("ben", "support", False),
         (None, "sales", False), ("ana", "support", True)]
    ):  # fmt: skip
        a_chat(
            cast.account, f"T-{number}", agent=agent, group=group, answered=answered,
            at=now - timedelta(minutes=10 * number + 10), client=f"170000000000{number}",
        )  # fmt: skip


@pytest.mark.usefixtures("shop")
class TestFilters:
    def test_newest_activity_comes_first(self, cast, everything, ana):
        assert tickets(everything) == ["T-0", "T-1", "T-2", "T-3", "T-4", "T-5"]
        assert tickets(ana) == ["T-0", "T-1", "T-2", "T-4", "T-5"]
        take(cast.account, event("T-4", 0, clock.now(), **message("person", "still there?")) | {"id": "late"})
        assert tickets(ana) == ["T-4", "T-0", "T-1", "T-2", "T-5"]

    @pytest.mark.parametrize("limit", [1, 2, 4])
    def test_pages_follow_each_other_without_gaps(self, everything, ana, limit):
        assert tickets(everything, limit) == tickets(everything)
        assert tickets(ana, limit) == tickets(ana)
        assert tickets(ana, limit, unanswered=True) == ["T-1", "T-4"]

    def test_mine_and_my_groups(self, ana):
        assert tickets(ana, whose="mine") == ["T-0", "T-2", "T-5"]
        assert tickets(ana, whose="groups") == ["T-1", "T-2", "T-4"]

    def test_unanswered_is_what_waits_for_an_agent(self, cast, everything):
        assert tickets(everything, unanswered=True) == ["T-1", "T-3", "T-4"]
        now = clock.now()
        take(cast.account, event("T-1", 1, now, type="status", status="solved") | {"id": "s"})
        take(cast.account, event("T-3", 1, now, **message("bot", "Please hold on.")) | {"id": "b"})
        take(cast.account, event("T-2", 1, now, **message("person", "One more thing")) | {"id": "p"})
        assert tickets(everything, unanswered=True) == ["T-3", "T-2", "T-4"]

    def test_by_agent_an_agent_finds_only_what_is_theirs_to_see(self, cast, everything, ana):
        assert tickets(everything, agent_id=cast.ben.pk) == ["T-1", "T-3"]
        assert tickets(ana, agent_id=cast.ben.pk) == ["T-1"]
        assert tickets(ana, agent_id=cast.other_agent.pk) == []

    def test_a_search_finds_tickets_by_their_beginning_and_people_by_their_name(self, cast, everything, ana):
        assert tickets(everything, search="T-3") == ["T-3"]
        assert tickets(ana, search="T-3") == []
        assert tickets(ana, search="T-", limit=2) == ["T-0", "T-1", "T-2", "T-4", "T-5"]
        assert tickets(ana, search="T-", whose="mine") == ["T-0", "T-2", "T-5"]
        assert tickets(everything, search="1700000000004") == ["T-4"]
        assert tickets(ana, search="1700000000003") == []
        assert tickets(everything, search="%") == []
        assert tickets(everything, search="T-", unanswered=True) == ["T-1", "T-3", "T-4"]

    def test_goal_reached_is_what_was_credited_there(self, cast, everything, ana):
        a_goal(cast, days_ago=1)
        a_hit(cast, client="1700000000002")
        a_hit(cast, "h2", client="1700000000003")  # nobody of the goal's groups
        judge(cast)
        assert tickets(everything, reached=True) == tickets(ana, reached=True) == ["T-2"]

    def test_a_filter_looks_through_a_bounded_number_and_says_how_far(self, everything, monkeypatch):
        monkeypatch.setattr(listing, "LOOKED_THROUGH", 2)
        page = selectors.page(sight=everything, wanted=Wanted(agent_id=None, unanswered=True), limit=1)
        assert [one.ticket for one in page.rows] == ["T-1"]
        assert page.looked_until is not None
        assert tickets(everything, 1, unanswered=True) == ["T-1", "T-3", "T-4"]
        assert tickets(everything, 1, reached=True) == []

    def test_since_and_until(self, everything):
        now = clock.now()
        since, until = now - timedelta(minutes=45), now - timedelta(minutes=15)
        assert tickets(everything, since=since, until=until) == ["T-1", "T-2", "T-3"]
        assert tickets(everything, 1, since=since, until=until) == ["T-1", "T-2", "T-3"]


def test_rows_say_what_matters(cast, sign_in):
    a_goal(cast, days_ago=1)
    a_chat(cast.account, "T-1", answered=False, at=clock.now() - timedelta(minutes=5))
    a_hit(cast)
    a_hit(cast, "h2", at=clock.now() - timedelta(seconds=2))
    judge(cast)
    page = " ".join(sign_in("agent").get("/workspace/").content.decode().split())
    for text in (
        "T-1",
        "Visitor 123456",
        "Is it true to size?",
        "unanswered",
        "Purchase",
        "×2",
        "Ana",
        "Sales",
    ):
        assert text in page, text


def test_the_own_score_is_what_the_reports_say(cast, sign_in):
    a_goal(cast, days_ago=60, transaction_value=Decimal("49.90"))
    now = clock.now()
    for days in (0, 3, 20, 40):
        at = now - timedelta(days=days, minutes=5)
        a_chat(cast.account, f"T-{days}", at=at - timedelta(minutes=5), client=f"17000000{days:06d}")
        a_hit(cast, f"h{days}", at=at, client=f"17000000{days:06d}")
    judge(cast)
    page = " ".join(sign_in("agent").get("/workspace/").content.decode().split())
    assert "7 days</dt><dd><strong>2</strong> conversions · 99.80 EUR" in page
    assert "30 days</dt><dd><strong>3</strong> conversions · 149.70 EUR" in page
    assert "Your score" not in sign_in("owner").get("/workspace/").content.decode()


def test_empty_lists_say_what_to_expect(sign_in):
    client = sign_in("agent")
    assert "assigned to you or to one of your groups" in client.get("/workspace/").content.decode()
    assert "No conversation matches" in client.get("/workspace/?q=x").content.decode()


def test_nonsense_in_filters_is_told_and_shows_the_rest(cast, sign_in):
    a_chat(cast.account, "T-1")
    answer = sign_in("agent").get(f"/workspace/?agent={cast.other_agent.pk}&whose=everybody&q=%00")
    assert answer.status_code == 200
    assert "Select a valid choice" in answer.content.decode()


def test_a_list_costs_the_same_number_of_queries_whatever_it_shows(cast, sign_in):
    client = sign_in("agent")
    a_goal(cast, days_ago=1)

    def cost(query: str) -> int:
        client.get(f"/workspace/{query}")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/workspace/{query}").status_code == 200
        return len(queries)

    a_chat(cast.account, "T-1")
    a_hit(cast, "h0")
    judge(cast)
    few = [cost(query) for query in ("", "?unanswered=on", "?q=T", "?whose=mine&reached=on")]
    for number in range(2, 40):
        a_chat(
            cast.account, f"T-{number}", agent="ben" if number % 2 else "ana", client=f"1700000001{number:02}"
        )
        a_hit(cast, f"h{number}", client=f"1700000001{number:02}")
    judge(cast)
    assert [cost(query) for query in ("", "?unanswered=on", "?q=T", "?whose=mine&reached=on")] == few
    assert max(few) < 25
