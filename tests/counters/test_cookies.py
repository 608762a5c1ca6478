"""The one list of cookies and keys: whole, without doubles, in known categories."""

from typing import get_args

from apps.counters import cookies


def test_every_entry_says_all_of_itself_once():
    assert len({(each.name, each.kind) for each in cookies.DECLARED}) == len(cookies.DECLARED)
    for each in cookies.DECLARED:
        assert str(each.purpose).endswith("."), each.name
        assert str(each.lifetime), each.name
        assert each.kind in get_args(cookies.Kind)
        assert each.category in cookies.CATEGORIES


def test_the_categories_are_the_four_that_people_know():
    assert get_args(cookies.Category) == cookies.CATEGORIES
    assert cookies.CATEGORIES == ("necessary", "performance", "functionality", "targeting")
