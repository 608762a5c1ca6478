"""docs/chat-goals.md maps every sentence of the source document to tests that exist."""

import ast
import re

from tests.guards.source import ROOT, modules

ROWS = re.findall(
    r"^\| (\d+) \| (.+) \| (.*) \|$",
    (ROOT / "docs" / "chat-goals.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)
SENTENCES = 38
"""As many as the source has; its heading, its picture and its words for links are none."""


def _tests(*tops: str) -> set[str]:
    return {
        function.name
        for module in modules(*tops)
        for function in module.walk(ast.FunctionDef)
        if isinstance(function, ast.FunctionDef) and function.name.startswith("test_")
    }


def test_every_sentence_has_a_row() -> None:
    assert [int(number) for number, _, _ in ROWS] == list(range(1, SENTENCES + 1))


def test_every_row_names_tests_that_exist() -> None:
    known = _tests("tests")
    found = [
        f"{number}: {named or 'no test'}"
        for number, _, named in ROWS
        if not (tests := re.findall(r"`(\w+)`", named)) or set(tests) - known
    ]
    assert not found, "\n".join(found)


def test_every_test_of_the_source_has_its_row() -> None:
    named = {test for _, _, tests in ROWS for test in re.findall(r"`(\w+)`", tests)}
    module = next(module for module in modules("tests") if module.name == "tests/chats/test_source.py")
    own = {function.name for function in module.functions() if function.name.startswith("test_")}
    assert own - named == set()
