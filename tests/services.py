"""Pytest plugin: PostgreSQL and Valkey for the tests, started before Django's settings are read."""

import os
from pathlib import Path

from apps.core import embedded
from apps.core.startup import refusals

PROJECT = Path(__file__).resolve().parent.parent

if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
    home = Path(os.environ.setdefault("GOALLINE_VAR", str(PROJECT / "var" / "test")))
    with refusals():
        embedded.hold(home)
        embedded.start(home, fsync=False)
