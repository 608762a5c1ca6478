"""Dates become instants in `apps/core/periods.py` and nowhere else: SQL is handed instants and knows no time zones."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.guards.source import ROOT, Module, modules

HOME = "apps/core/periods.py"
IN_STRINGS = re.compile(
    r"""\bat\s+time\s+zone\b | \btimezone\s*\( | \bset\s+(local\s+|session\s+)?time\s+zone\b
    | \bdate_trunc\s*\(\s*(?!'(second|milliseconds|microseconds)') | \bdate_bin\s*\( | \bto_char\s*\( | \bmake_timestamp
    | \b(extract|date_part)\s*\(\s*(?!'?epoch) | ::\s*(date|time|timestamp)\b(?!\s*tz) | \bas\s+(date|time|timestamp)\s*\)
    | \b(current_date|localtimestamp|localtime)\b | \binterval\s+'\d+\s+(day|week|month|year)s?'\s*\)
    | __(date|hour|minute|day|week|week_day|iso_week_day|month|quarter|year|iso_year)\b""",
    re.IGNORECASE | re.VERBOSE,
)
LOOKUP = re.compile(
    r"__(date|hour|minute|day|week|week_day|iso_week_day|month|quarter|year|iso_year)(__\w+)?$"
)
FUNCTIONS = re.compile(r"(Trunc|Extract)([A-Z]\w*)?")
CALLS = {
    "ZoneInfo", "available_timezones", "localdate", "make_aware", "make_naive", "combine", "today", "utcnow",
    "date_hierarchy", "dates", "datetimes", "reset_tzpath",
}  # fmt: skip
OURS = {"periods", "accounts", "selectors"}
"""Modules of ours that have functions of these names."""
SHOWN = {"now", "astimezone", "localtime", "fromtimestamp"}
"""`.date()` of what these return is a date by some zone."""


def docstrings(tree: ast.Module) -> set[int]:
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    found = set()
    for node in ast.walk(tree):
        body = node.body if isinstance(node, holders) else []
        found |= {id(one.value) for one in body if isinstance(one, ast.Expr)}
    return found


def findings(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """What makes or reads dates by a time zone beside `periods`."""
    skipped = docstrings(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            if found := IN_STRINGS.search(node.value):
                yield node, f"{found[0]!r} in a string"
        elif isinstance(node, ast.keyword) and node.arg and LOOKUP.search(node.arg):
            yield node.value, node.arg
        elif isinstance(node, ast.alias) and FUNCTIONS.fullmatch(node.name):
            yield node, f"imports {node.name}"
        elif isinstance(node, ast.Call):
            yield from ((node, why) for why in call(node))
        elif isinstance(node, ast.Name) and node.id == "date_hierarchy" and isinstance(node.ctx, ast.Store):
            yield node, "date_hierarchy filters by days in SQL"


def call(node: ast.Call) -> Iterator[str]:
    name = ast.unparse(node.func).rpartition(".")[2]
    of = node.func.value if isinstance(node.func, ast.Attribute) else None
    if FUNCTIONS.fullmatch(name) or (name in CALLS and ast.unparse(of or node).split(".")[0] not in OURS):
        yield f"calls {name}"
    if name == "replace" and {one.arg for one in node.keywords} & {"hour"}:
        yield "replaces the hour: midnight may come twice, or not at all"
    if name == "date" and isinstance(of, ast.Call) and ast.unparse(of.func).rpartition(".")[2] in SHOWN:
        yield "takes the date of a local time"


def test_days_are_made_in_one_place() -> None:
    found = [
        module.at(node, why)
        for module in modules("apps", "config")
        if module.name != HOME
        for node, why in findings(module.tree)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "line",
    [
        "from django.db.models.functions import TruncDate",
        "rows.annotate(day=functions.TruncMonth('at'))",
        "rows.annotate(day=Extract('at', 'hour'))",
        "rows.filter(at__date=day)",
        "rows.filter(at__year__gte=2026)",
        "rows.filter(**{'at__month': 3})",
        "rows.order_by('at__day')",
        "rows.dates('at', 'day')",
        "timezone.localdate(now)",
        "now.astimezone(zone).date()",
        "clock.now().date()",
        "datetime.combine(day, time(), zone)",
        "now.replace(hour=0, minute=0)",
        "ZoneInfo('Europe/Berlin')",
        "zoneinfo.available_timezones()",
        "date.today()",
        "run('SELECT (at AT TIME  ZONE %s)::date')",
        "run('SELECT timezone(%s, at)')",
        "run(\"SELECT date_trunc('day', at)\")",
        "run('SELECT extract(day FROM at)')",
        "run('SELECT CAST(at AS date)')",
        "run('SELECT current_date')",
        "run(f'SELECT {column}::date')",
        "date_hierarchy = 'at'",
    ],
)
def test_the_guard_sees(line: str) -> None:
    assert list(findings(ast.parse(line)))


@pytest.mark.parametrize(
    "line",
    [
        "periods.dates(first, last)",
        "run(\"SELECT date_trunc('second', at)\")",
        "run('SELECT extract(epoch FROM at)')",
        "rows.filter(at__gte=start, reach__time__lt=end)",
        "'''Dates AT TIME ZONE are docstrings' business.'''",
        "at.replace(microsecond=0)",
    ],
)
def test_the_guard_lets_pass(line: str) -> None:
    assert not list(findings(ast.parse(line)))


def test_migrations_make_no_column_or_index_by_time_zone() -> None:
    paths = sorted((ROOT / "apps").glob("*/migrations/*.py"))
    assert paths
    found = [
        module.at(node, why)
        for module in map(Module, paths)
        for node, why in findings(module.tree)
        if why.endswith("in a string")
    ]
    assert not found, "\n".join(found)
