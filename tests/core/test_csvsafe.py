"""CSV cells that no spreadsheet runs and every reader reads back."""

import csv
import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core import csvsafe

BEGINNINGS = ["=", "+", "-", "@", "＝", "＋", "－", "＠"]
BEFORE = ["", " ", "\u00a0", "\ufeff", "\u200f", '"', "'", ' "', "\t", "\r", "\n"]


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("sign", BEGINNINGS)
def test_no_beginning_of_a_formula_stays_one(sign, before):
    cell = f"{before}{sign}1+1"
    assert csvsafe.text(cell) == f"'{cell}"


@pytest.mark.parametrize("sign", BEGINNINGS)
@pytest.mark.parametrize("lead", ["Ana\n", "Ana\r\n", "Ana;", "Ana\t", "Tuesday, ", "x"])
def test_what_stands_further_in_stays_as_it_was_written(lead, sign):
    assert csvsafe.text(f"{lead}{sign}1+1") == f"{lead}{sign}1+1"


@pytest.mark.parametrize(
    "harmless", ["Ana", "O'Neill", "a=b", "a - b", "a@b.example", "42", "", "שלום", "🎉 =)"]
)
def test_harmless_text_stays_as_it_is(harmless):
    assert csvsafe.text(harmless) == harmless


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=3, max_size=3)))
def test_a_reader_reads_back_what_was_written(rows):
    written = [[csvsafe.text(cell) for cell in row] for row in rows]
    assert list(csv.reader(io.StringIO(csvsafe.lines(written), newline=""), strict=True)) == written


@given(st.text())
def test_what_is_safe_stays_safe(value):
    safe = csvsafe.text(value)
    assert not safe.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert safe in (value, f"'{value}")


def test_lines_end_as_rfc_4180_says():
    assert csvsafe.lines([("a", 'say "hi"'), ("b,c", 1)]) == 'a,"say ""hi"""\r\n"b,c",1\r\n'


def test_a_hostile_cell_costs_no_time():
    began = time.perf_counter()
    for cell in ("\n" * 100_000, " " * 100_000, "\n \u200b" * 50_000, "'" * 100_000):
        csvsafe.text(cell)
    assert time.perf_counter() - began < 1
