"""The page of visits."""

import pytest

from tests.visits.made import some_visits

pytestmark = pytest.mark.django_db


def test_visits_are_listed_filtered_and_shown_as_text(cast, owner):
    assert "No visit yet" in owner.get("/admin/visits/").content.decode()
    some_visits(cast.counter, 1, url="https://shop.example/?utm_source=<b>x{{1}}", client_id="a")
    some_visits(cast.counter, 1, user_agent="Googlebot/2.1", client_id="b")
    some_visits(cast.other_counter, 1, url="https://other.example/theirs", client_id="c")
    page = owner.get("/admin/visits/").content.decode()
    assert "&lt;b&gt;x{{1}}" in page
    assert "<b>x" not in page
    assert "theirs" not in page
    assert page.count('data-label="Began"') == 1
    for query in ("?source=search", "?last_day=2020-01-01", "?device=phone"):
        assert "Nothing here matches" in owner.get(f"/admin/visits/{query}").content.decode()
    assert owner.get("/admin/visits/?of=robots").content.decode().count('data-label="Began"') == 1


def test_visits_are_paged_without_gap_or_repetition(cast, owner, django_assert_num_queries):
    some_visits(cast.counter, 120)
    seen, query, pages = [], "", 0
    while query is not None:
        owner.get("/admin/")
        with django_assert_num_queries(7):
            answer = owner.get(f"/admin/visits/{query}")
        seen += [row["visit"].pk for row in answer.context["rows"]]
        query, pages = answer.context["after"], pages + 1
    assert (len(seen), len(set(seen)), pages) == (120, 120, 3)
    for place in ("nonsense_1", "2026-01-01T00:00:00-19:08_1", "0001-01-01T00:00:00%2B14:00_1"):
        assert owner.get(f"/admin/visits/?after={place}").status_code == 200
