"""The migrated database that each worker's test database is a copy of: migrated once for all workers and later runs."""

import hashlib
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection

PROJECT = Path(__file__).resolve().parent.parent
PREFIX = "goalline_template_"


def template() -> str:
    """Returns the name of a database with the present migrations, made if there is none yet."""
    name = PREFIX + _fingerprint()
    with (
        connection._nodb_cursor() as cursor
    ):  # a connection to `postgres`, as Django's own test runner takes it
        cursor.execute(
            "SELECT pg_advisory_lock(hashtext(%s))", [PREFIX]
        )  # workers wait for the first of them
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX])
        existing = {row[0] for row in cursor.fetchall()}
        if name not in existing:
            for other in existing:
                cursor.execute(f'DROP DATABASE IF EXISTS "{other}"')
            _make(cursor, name)
    return name


def _make(cursor: Any, name: str) -> None:
    unfinished = "unfinished_" + name  # a run that was killed leaves no half template
    cursor.execute(f'DROP DATABASE IF EXISTS "{unfinished}"')
    cursor.execute(f'CREATE DATABASE "{unfinished}"')
    usual = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = unfinished
    try:
        call_command("migrate", verbosity=0, interactive=False)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = usual
    cursor.execute(f'ALTER DATABASE "{unfinished}" RENAME TO "{name}"')


def _fingerprint() -> str:
    """Changes with every migration file, and with the settings that say which apps there are."""
    files = sorted(
        [
            *PROJECT.glob("apps/*/migrations/*.py"),
            PROJECT / "config/settings.py",
            PROJECT / "requirements/test.txt",
        ]
    )
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.relative_to(PROJECT).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]
