"""A database of before the last change of the schema, filled by its own demo, migrates to the present one."""

import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from psycopg.conninfo import make_conninfo

from tests.guards.source import ROOT

MIGRATIONS = ":(glob)apps/*/migrations/*.py"
TABLES = ("visits_hit", "visits_visit", "conversations_event", "goals_reach", "conversions_conversion")


def git(*words: str) -> bytes:
    """What git says of this checkout. Without git, or its history, there is nothing to upgrade from."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("this is no checkout of git, or git is not installed")
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"the history is not here: git {words[0]}: {done.stderr.decode().strip()}")
    return done.stdout


def previous() -> str:
    """The newest commit whose schema is another one; changes here may not be committed yet."""
    if git("status", "--porcelain", "--", MIGRATIONS):
        return "HEAD"
    return git("log", "-1", "--format=%H^", "--", MIGRATIONS).decode().strip()


def manage(folder: Path, database: str, home: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=folder,
        env={
            **os.environ,
            "GOALLINE_VAR": str(home),
            "DATABASE_URL": database,
            "REDIS_URL": re.sub(r"db=\d+", "db=8", settings.REDIS_URL),
        },
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def rows(database: str) -> dict[str, int]:
    with psycopg.connect(database) as link:
        counts = {name: link.execute(f"SELECT count(*) FROM {name}").fetchone() for name in TABLES}
    return {name: row[0] for name, row in counts.items() if row}


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """The checkout of that commit."""
    archive = git("archive", "--format=tar", previous())
    with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        packed.extractall(tmp_path / "older", filter="data")
    return tmp_path / "older"


@pytest.fixture
def database() -> Iterator[str]:
    name = f"goalline_upgrade_{os.getpid()}"
    with psycopg.connect(make_conninfo(settings.DATABASE_URL, dbname="postgres"), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        yield make_conninfo(settings.DATABASE_URL, dbname=name)
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.long
def test_a_database_with_data_of_before_the_last_change_migrates(older: Path, database: str, tmp_path: Path):
    try:
        manage(older, database, tmp_path / "var", "demo")
    except AssertionError as failed:
        pytest.skip(f"that commit's own demo fails: {failed}")
    before = rows(database)
    assert all(before.values())
    manage(ROOT, database, tmp_path / "var", "migrate", "--no-input")
    assert rows(database) == before
    assert "[ ]" not in manage(ROOT, database, tmp_path / "var", "showmigrations")
