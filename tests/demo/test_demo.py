"""`manage.py demo` as a newcomer runs it, twice, in a database and a folder of its own."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from psycopg.conninfo import make_conninfo

from apps.core.errors import Refused
from apps.demo.services import make_demo
from tests.guards.source import ROOT

CASES = """
import json
from apps.conversions import selectors
from apps.conversions.models import Conversion
from apps.accounts.models import Account
account = Account.objects.get(name="Demo shop").pk
rules, outcomes, corrected, nobody = set(), set(), 0, 0
for one in selectors.conversions(account_id=account):
    why = selectors.explain(account_id=account, conversion_id=selectors.encode_id(
        goal_id=one.goal_id, counter_id=one.counter_id, time=one.time, hit_id=one.hit_id))
    rules |= {candidate.rule for candidate in why.candidates}
    outcomes.add(why.outcome)
    corrected += bool(why.corrections)
    nobody += not one.person_id
print(json.dumps([sorted(rules), sorted(outcomes), corrected, nobody]))
"""


@dataclass(frozen=True)
class Place:
    """A database and a folder that only these runs know."""

    folder: Path
    env: dict[str, str]

    def manage(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-W", "error", "manage.py", *words],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stderr == ""
        return done.stdout


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("demo")
    name = f"goalline_demo_{os.getpid()}"
    with psycopg.connect(make_conninfo(settings.DATABASE_URL, dbname="postgres"), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        yield Place(
            folder,
            {
                **os.environ,
                "GOALLINE_VAR": str(folder),
                "DATABASE_URL": make_conninfo(settings.DATABASE_URL, dbname=name),
                "REDIS_URL": re.sub(r"db=\d+", "db=9", settings.REDIS_URL),
                "PYTHONIOENCODING": "ascii",  # names in other scripts must not end the demo
            },
        )
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def first(place: Place) -> str:
    return place.manage("demo")


@pytest.fixture(scope="module")
def second(place: Place, first: str) -> str:
    return place.manage("demo")


def table(told: str) -> list[str]:
    """The lines of the table of goals."""
    lines = told.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("Messaging goal"))
    return lines[start : start + 5]


def test_it_tells_of_goals_a_reason_and_a_mailed_csv(place: Place, first: str) -> None:
    goals = table(first)
    assert [re.split(r"  +", line)[2] for line in goals[1:]] == ["Active", "Active", "Ended", "Inactive"]
    for line in goals[1:]:
        credited, uncredited, _ = (int(number) for number in line.split()[-3:])
        assert credited > 10, line
        assert uncredited > 10, line
    assert "earned the credit" in first
    start = first.splitlines().index(
        next(line for line in first.splitlines() if line.startswith("Chat goal"))
    )
    for line in first.splitlines()[start + 1 : start + 3]:
        ended, achieved = (int(number) for number in line.split()[-4:-2])
        assert 0 < achieved < ended, line
    (archive,) = re.findall(r"\S+\.zip", first)
    (mail,) = re.findall(r"\S+\.eml", first)
    assert Path(archive).is_relative_to(place.folder)
    assert Path(archive).exists()
    assert "/exports/" in Path(mail).read_text(encoding="utf-8")
    assert "Timestamp,Goal ID,Goal name," in first
    assert "make up" in first


def test_the_second_run_finds_the_same_and_adds_nothing(first: str, second: str) -> None:
    assert "0 hits and 0 events were new" in second
    assert table(second)[1:] == table(first)[1:]
    chat_goals = re.compile(r"^Chat goal .*\n.*\n.*", re.MULTILINE)
    assert chat_goals.findall(second) == chat_goals.findall(first)
    assert re.findall(r"\S+\.(?:zip|eml)", second) == re.findall(r"\S+\.(?:zip|eml)", first)


def test_every_case_of_the_rules_is_in_it(place: Place, second: str) -> None:
    rules, outcomes, corrected, nobody = json.loads(place.manage("shell", "-v0", "-c", CASES))
    assert rules == [
        "bot_holds",
        "channel_excluded",
        "credited",
        "later_message_elsewhere",
        "never_assigned",
        "no_message_in_window",
        "nobody_holds",
        "not_a_member",
        "other_group",
    ]
    assert outcomes == ["credited", "same_second", "uncredited"]
    assert corrected > 5
    assert nobody > 10


def test_it_does_not_run_in_production(settings) -> None:
    settings.PRODUCTION = True
    with pytest.raises(Refused, match="does not run in production"):
        make_demo(say=print)
