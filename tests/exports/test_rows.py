"""The pure parts: cells, days, names."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from apps.exports.names import file_stem
from apps.exports.rows import HEADINGS, Credited, cells
from tests.exports import rows

BERLIN = ZoneInfo("Europe/Berlin")


def a_row(**changes) -> Credited:
    row = Credited(
        time=datetime(2026, 3, 2, 12, tzinfo=UTC),
        goal_id=7,
        goal_name="Bought",
        agent_id="501",
        agent_name="Ana",
        agent_email="ana@shop.example",
        ticket="4711",
        value=Decimal("49.9000"),
        currency="EUR",
        score="good",
        contact_us=90_999_999,
    )
    return row._replace(**changes)


def test_there_are_ten_headings_in_the_source_s_order():
    assert list(HEADINGS) == rows.HEADINGS


def test_a_row_has_its_ten_cells():
    assert cells(a_row(), BERLIN) == (
        "2026-03-02T13:00:00+01:00",
        7,
        "Bought",
        "501",
        "Ana",
        "ana@shop.example",
        "4711",
        "49.90",
        "good",
        90,
    )


@pytest.mark.parametrize(
    ("score", "cell"),
    [
        (None, "Unoffered"),
        ("bad", "bad"),
        (5, "5"),
        (4.5, "4.5"),
        (0, "0"),
        (-1, "-1"),
        ("-1", "'-1"),
        ("", ""),
    ],
)
def test_scores_are_words_or_numbers(score, cell):
    assert cells(a_row(score=score), BERLIN)[8] == cell


def test_no_value_is_an_empty_cell_and_zero_is_zero():
    assert cells(a_row(value=None), BERLIN)[7] == ""
    assert cells(a_row(value=Decimal(0)), BERLIN)[7] == "0.00"


@pytest.mark.parametrize(("currency", "cell"), [("EUR", "1500.00"), ("JPY", "1500"), ("KWD", "1500.000")])
def test_a_value_is_a_plain_number_with_its_currencys_decimals(currency, cell):
    assert cells(a_row(value=Decimal("1500.0000"), currency=currency), BERLIN)[7] == cell


def test_texts_are_defused():
    hostile = a_row(goal_name="=1+1", agent_id="@x", agent_name="+49", agent_email="-a@b", ticket="\tT")
    assert cells(hostile, BERLIN)[2:7] == ("'=1+1", "'@x", "'+49", "'-a@b", "'\tT")


def test_file_names_say_goal_days_and_until_when():
    until = datetime(2026, 3, 5, 14, 0, 3, tzinfo=UTC)
    name = file_stem("Bought / shop: ../..\n\u202e=1+1", date(2026, 3, 1), date(2026, 3, 4), until)
    assert name == "Bought shop .. .. 1 1 2026-03-01 to 2026-03-04, data up to 2026-03-05 14.00.03 UTC"
    long = file_stem("é" * 255, date(2026, 3, 1), date(2026, 3, 4), None)
    assert len(long.encode()) < 160
    assert long.endswith("data up to none yet")
    assert file_stem("🎉", date(2026, 3, 1), date(2026, 3, 4), until).startswith("goal 2026-03-01")
