"""What the documents name exists: apps, paths, commands, variables, decisions, addresses."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.urls import get_resolver

from tests.guards.source import ROOT, apps, layers, modules

DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
TOPS = ("apps", "config", "docs", "requirements", "static", "templates", "tests")
PICTURES = ROOT / "docs" / "img"
"""Made from the running portal by `make pictures`; until it has run once, links to it lead nowhere."""


def documents() -> Iterator[tuple[str, Path, str]]:
    """Name, path and text of each."""
    return ((path.relative_to(ROOT).as_posix(), path, path.read_text(encoding="utf-8")) for path in DOCS)


def first_cells(path: Path, heading: str) -> list[str]:
    """The code in the first column of the table below a heading."""
    part = path.read_text(encoding="utf-8").split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return [name for line in re.findall(r"^\| (`.*?) \|", part, re.MULTILINE) for name in _code(line)]


def _code(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def test_the_map_of_the_apps_has_a_row_for_each_from_top_to_bottom() -> None:
    listed = first_cells(ROOT / "docs" / "architecture.md", "Map of the apps")
    assert sorted(listed) == apps()
    heights = [layers()[app] for app in listed]
    assert heights == sorted(heights, reverse=True)


def test_links_lead_somewhere() -> None:
    found = [
        f"{name}: {target}"
        for name, path, text in documents()
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
        if not target.startswith(("http:", "https:", "mailto:"))
        and not (path.parent / target).exists()
        and (PICTURES.exists() or PICTURES not in (path.parent / target).resolve().parents)
    ]
    assert not found, "\n".join(found)


def test_paths_of_the_checkout_exist() -> None:
    found = [
        f"{name}: {word}"
        for name, _, text in documents()
        for word in re.findall(rf"(?<![\w/.])((?:{'|'.join(TOPS)})/[\w./-]*\w)", text)
        if not (ROOT / word).exists() and not (ROOT / "docs" / word).exists() and "/img/" not in word
    ]
    assert not found, "\n".join(found)


def test_make_and_manage_know_the_commands() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    found = []
    for name, _, text in documents():
        made = re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE)
        managed = re.findall(r"manage\.py ([a-z_]+)", text)
        found += [f"{name}: make {word}" for word in made if word not in targets]
        found += [f"{name}: manage.py {word}" for word in managed if word not in get_commands()]
    assert not found, "\n".join(found)


def test_every_variable_is_listed_and_every_listed_one_is_read() -> None:
    read = {
        variable
        for module in modules("apps", "config")
        for variable in re.findall(
            r'(?:\benv\.\w+|\bos\.environ\.(?:get|setdefault))\(\s*"([A-Z_]+)"',
            module.text,
        )
    }
    internal = {"DJANGO_SETTINGS_MODULE", "GOALLINE_SERVICES"}
    assert set(first_cells(ROOT / "docs" / "operations.md", "Settings")) == read - internal


def test_decisions_are_numbered_listed_and_whole() -> None:
    numbers = [path.name[:4] for path in DECISIONS]
    assert len(set(numbers)) == len(numbers)  # those of several people land in any order
    index = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")
    for path in DECISIONS:
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {path.name[:4]} "), path.name
        for part in ("**Context.**", "**Decision.** We will ", "**Consequences.**\n- ", "**Alternatives.**"):
            assert part in text, f"{path.name} lacks {part}"
        title = text.split("\n", 1)[0].removeprefix(f"# {path.name[:4]} ")
        assert f"| [{path.name[:4]}]({path.name}) | {title} |" in index


def test_decisions_that_the_source_cites_exist() -> None:
    numbers = {path.name[:4] for path in DECISIONS}
    found = [
        f"{module.name}: {number}"
        for module in modules()
        for number in re.findall(r"docs/decisions/(\d{4})", module.text)
        if number not in numbers
    ]
    assert not found, "\n".join(found)


@pytest.mark.urls("config.urls")
def test_addresses_of_the_api_exist() -> None:
    known = {str(getattr(pattern, "pattern", "")) for pattern in _patterns(get_resolver().url_patterns)}
    resources = {route.split("/")[1] for route in known if route.startswith("v1/")}
    found = [
        f"{name}: {resource}"
        for name, _, text in documents()
        for resource in re.findall(r"/api/v1/([a-z-]+)", text)
        if resource not in resources
    ]
    assert not found, "\n".join(found)


def _patterns(patterns: Sequence[object]) -> Iterator[object]:
    for pattern in patterns:
        nested = getattr(pattern, "url_patterns", None)
        if nested is None:
            yield pattern
        else:
            yield from _patterns(nested)
