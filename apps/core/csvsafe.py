"""CSV that any spreadsheet opens and none runs: RFC 4180, UTF-8 with BOM, CRLF, formulas defused. Pure."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

BOM = "\ufeff"

# Blanks, invisible marks and quotes before the sign do not make it harmless, and full-width signs are read as the plain
# ones. Only the beginning of a cell counts: what stands further in is the reader's own text and stays as it is.
_FORMULA = re.compile(
    "(?:\\s|[\ufeff\u200b-\u200f\u202a-\u202e\u2060-\u2069\"'])*[=+\\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]"
)
_REMEMBERED = 4096  # names repeat from row to row, and looking closely costs more than the rest of a row


def text(value: str) -> str:
    """A text cell, with an apostrophe before it where a spreadsheet might take it for a formula."""
    return value if value.isalnum() else _looked_at(value)


@lru_cache(_REMEMBERED)
def _looked_at(value: str) -> str:
    return f"'{value}" if _FORMULA.match(value) else value


def lines(rows: Iterable[Sequence[str | int]]) -> str:
    """Rows as CSV text. Cells are written as they are given: pass foreign text through `text` first."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue()
