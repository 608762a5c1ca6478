"""Pages of results: conversions, why each is one, and how many there are."""

from tests.backoffice.conftest import a_goal
from tests.backoffice.facts import a_story
from tests.backoffice.reading import found, html


def test_conversions_are_listed_filtered_and_explained(cast, owner):
    goal = a_goal(cast, days_ago=1)
    a_story(cast, times=3, url="https://shop.example/thank-you?a=" + "b" * 3000)
    page = html(owner, f"/admin/conversions/?goal={goal.pk}&agent={cast.ana.pk}&outcome=1")
    assert page.count("Why?") == 3
    assert "T-1-2" in page
    assert "Nothing here matches" in html(owner, f"/admin/conversions/?agent={cast.ben.pk}")
    assert "Nothing here matches" in html(owner, "/admin/conversions/?last_day=2020-01-01")
    assert owner.get(f"/admin/conversions/?agent={cast.other_agent.pk}").status_code == 404
    why = html(owner, found(r'href="(/admin/a/\d+/conversions/[^"?]+/)"', page))
    assert "Credited to Ana" in why
    assert "earned the credit" in why
    assert "The conversations that were looked at" in why
    assert owner.get("/admin/conversions/nonsense/").status_code == 404


def test_conversions_are_paged_without_gap_or_repetition(cast, owner, django_assert_num_queries):
    a_goal(cast, days_ago=1)
    a_story(cast, times=120)
    seen, query, pages = [], "", 0
    while query is not None:
        owner.get("/admin/")
        with django_assert_num_queries(10):
            answer = owner.get(f"/admin/conversions/{query}")
        seen += [row["id"] for row in answer.context["rows"]]
        query, pages = answer.context["after"], pages + 1
    assert (len(seen), len(set(seen)), pages) == (120, 120, 3)


def test_the_overview_counts_what_the_goals_page_counts(cast, owner):
    a_goal(cast, days_ago=1)
    a_story(cast, times=2)
    counts = {words: count for words, count, _ in owner.get("/admin/").context["counts"]}
    assert counts["7 days"] == counts["30 days"] == 2
    assert owner.get("/admin/goals/").context["rows"][0]["conversions"] == 2
