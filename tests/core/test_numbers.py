"""How rates and money are written."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core import money
from apps.core.rates import percent


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (0, 0, "–"), (0, 7, "0 %"), (7, 7, "100 %"), (1, 250, "<1 %"), (1, 200, "1 %"), (1, 201, "<1 %"),
        (199, 200, ">99 %"), (249, 250, ">99 %"), (99, 100, "99 %"), (989, 1000, "99 %"), (1, 2, "50 %"),
        (1, 3, "33 %"), (2, 3, "67 %"), (1, 8, "13 %"), (10**9 - 1, 10**9, ">99 %"), (1, 10**9, "<1 %"),
    ],
)  # fmt: skip
def test_rates_in_percent(part, whole, shown):
    assert percent(part, whole) == shown


@settings(deadline=None)
@given(st.integers(1, 10**6), st.data())
def test_none_and_all_are_said_only_where_they_are_meant(whole, data):
    part = data.draw(st.integers(0, whole))
    shown = percent(part, whole)
    assert (shown == "0 %") is (part == 0)
    assert (shown == "100 %") is (part == whole)
    if shown[0].isdigit():
        assert abs(Fraction(part, whole) * 100 - int(shown.removesuffix(" %"))) <= Fraction(1, 2)


@pytest.mark.parametrize(
    ("value", "currency", "shown"),
    [
        ("49.9000", "EUR", "49.90"), ("50.0000", "EUR", "50.00"), ("0", "EUR", "0.00"), ("0.0001", "EUR", "0.0001"),
        ("12.345", "USD", "12.345"), ("1500.0000", "JPY", "1500"), ("1500.5", "JPY", "1500.5"), ("0.0000", "JPY", "0"),
        ("1.5", "KWD", "1.500"), ("1E+3", "KWD", "1000.000"), ("9999999999.9999", "BHD", "9999999999.9999"),
    ],
)  # fmt: skip
def test_money_has_the_decimals_of_its_currency_and_no_fewer_than_it_needs(value, currency, shown):
    assert money.plain(Decimal(value), currency) == shown
    assert money.words(Decimal(value), currency) == f"{shown} {currency}"


@settings(deadline=None)
@given(st.decimals(0, 10**10, places=4), st.sampled_from(["EUR", "JPY", "KWD", "CLF", "XXX"]))
def test_no_amount_loses_anything_by_being_written(value, currency):
    assert Decimal(money.plain(value, currency)) == value
