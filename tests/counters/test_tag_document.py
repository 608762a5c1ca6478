"""docs/tag.md names the calls, events and categories that the tag's source has, all of them and no other."""

import re
from pathlib import Path

from apps.counters import cookies

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "tag.md").read_text(encoding="utf-8")
SOURCE = "\n".join(
    path.read_text(encoding="utf-8") for path in sorted((ROOT / "static/tag/src").glob("*.js"))
)


def first_cells(heading: str) -> list[str]:
    part = DOCUMENT.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE)


def test_every_call_has_its_row():
    calls = SOURCE.split("\nconst calls = {\n", 1)[1].split("\n};", 1)[0]
    assert first_cells("Calls") == re.findall(r"^  (\w+): ", calls, re.MULTILINE)


def test_events_that_come_by_themselves_are_named():
    sent = set(re.findall(r'\bevent\(counter, "(\w+)"', SOURCE))
    assert {"messenger", "phone", "email", "file", "outbound", "search", "jivo_visitor"} <= sent
    assert [name for name in sent if f"`{name}`" not in DOCUMENT] == []


def test_options_of_init_are_named():
    used = set(re.findall(r"\boptions\.(\w+)", SOURCE)) - {"id"}
    (row,) = re.findall(r"^\| `init` \| `\{([\w, ]+)\}`", DOCUMENT, re.MULTILINE)
    assert set(row.split(", ")) == used


def test_categories_that_can_be_refused_have_their_rows():
    assert first_cells("Consent") == [each for each in cookies.CATEGORIES if each != "necessary"]
    assert set(re.findall(r'allowed\(\w+, "(\w+)"\)', SOURCE)) <= set(cookies.CATEGORIES)
