"""CSV that any spreadsheet opens and none runs: RFC 4180, UTF-8 with BOM, CRLF, formulas defused. Pure."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import lru_cache

BOM = "\ufeff"

# Where a reader may see a cell begin: at the start, and where it splits on line breaks, semicolons or tabs
# although they are quoted. Blanks, invisible marks and quotes before the sign do not make it harmless, and the
# full-width signs are read as the plain ones.
_FORMULA = re.compile(
    "(^|[\r\n;\t])"
    "(?=(?:[^\\S\r\n\t]|[\ufeff\u200b-\u200f\u202a-\u202e\u2060-\u2069\"'])*[=+\\-@\uff1d\uff0b\uff0d\uff20])"
)
_CONTROL = ("\t", "\r", "\n")
_REMEMBERED = 4096  # names repeat from row to row, and looking closely costs more than the rest of a row


def text(value: str) -> str:
    """A text cell, with an apostrophe wherever a spreadsheet might take what follows for a formula."""
    return value if value.isalnum() else _looked_at(value)


@lru_cache(_REMEMBERED)
def _looked_at(value: str) -> str:
    safe = _FORMULA.sub(r"\1'", value)
    return f"'{safe}" if safe.startswith(_CONTROL) else safe


@lru_cache(_REMEMBERED)
def decimal(value: Decimal | None) -> str:
    """A plain number without exponent and without idle zeros; empty for none."""
    if value is None:
        return ""
    plain = format(value, "f")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return "0" if plain in {"-0", ""} else plain


def lines(rows: Iterable[Sequence[str | int]]) -> str:
    """Rows as CSV text. Cells are written as they are given: pass foreign text through `text` first."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue()
