"""The checkout itself: what every app brings, and what no file may tell."""

import ast
import re
import subprocess

import pytest

from tests.guards.source import ROOT, apps, modules, tracked

# Put together here, so that this file does not hold what it forbids.
FORBIDDEN = [
    "/wo" + "rk/(main|shared)",
    "/ro" + r"ot/\.",
    "/opt/" + "pypi",
    "/tmp/" + "probe",
    "py" + r"pi\.org",
    "python" + r"hosted\.org",
    "registry" + r"\.npmjs",
    "index" + "-url",
    r"\b(str_replace_based" + "_edit|find_" + "string|bash_" + "jobs)",
]
BINARY = {".png", ".jpg", ".webp", ".ico", ".woff2", ".zip", ".gz", ".mmdb"}


def test_no_file_tells_of_the_machine_it_was_written_on() -> None:
    pattern = re.compile("|".join(f"(?:{each})" for each in FORBIDDEN))
    found = []
    try:
        files = tracked()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout: the tracked files are unknown")
    for path in files:
        if path.suffix in BINARY:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if hit := pattern.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number} {hit[0]}")
    assert not found, "\n".join(found)


def test_what_running_makes_is_not_tracked() -> None:
    try:
        names = [path.relative_to(ROOT).parts for path in tracked()]
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout: the tracked files are unknown")
    assert [name for name in names if name[0] in {"var", ".venv"} or name[-1] in {"uv.lock", ".env"}] == []


def test_every_app_says_in_a_page_what_it_is_for() -> None:
    found = []
    for app in apps():
        readme = ROOT / "apps" / app / "README.md"
        lines = readme.read_text(encoding="utf-8").splitlines() if readme.exists() else []
        if not 5 <= len(lines) <= 40:
            found.append(f"apps/{app}/README.md ({len(lines)} lines; about ten are owed)")
    assert not found, "\n".join(found)


def test_nothing_is_skipped_without_a_reason() -> None:
    found = []
    for module in modules("tests"):
        for node in module.walk(ast.Call, ast.Attribute):
            if isinstance(node, ast.Attribute):
                if (
                    node.attr == "skip"
                    and ast.unparse(node) == "pytest.mark.skip"
                    and not _called(module.tree, node)
                ):
                    found.append(module.at(node, "bare mark"))
                continue
            assert isinstance(node, ast.Call)
            name = ast.unparse(node.func)
            named = {keyword.arg for keyword in node.keywords}
            if name == "pytest.skip" and not node.args and "reason" not in named:
                found.append(module.at(node, name))
            if name.endswith(("mark.skip", "mark.skipif", "mark.xfail")) and "reason" not in named:
                found.append(module.at(node, name))
            if name == "pytest.importorskip" and "reason" not in named:
                found.append(module.at(node, name))
    assert not found, "\n".join(found)


def _called(tree: ast.AST, attribute: ast.Attribute) -> bool:
    return any(isinstance(node, ast.Call) and node.func is attribute for node in ast.walk(tree))
