# ruff: noqa: E402 (Django must be set up before its models are imported)
"""Runs in the stand's own environment: makes a counter, and later says which hits are stored."""

import json
import sys
from pathlib import Path
from typing import Any

import django

django.setup()

from django.db import connection

from apps.accounts.services import make_account
from apps.collect.models import DeadLetter
from apps.counters.services import make_counter
from tests.bench.hits import SITE


def make() -> dict[str, Any]:
    """A counter of an account without goals."""
    account = make_account(name="Losses")
    return {"counter": make_counter(account_id=account.pk, user_id=None, name="Shop", site=SITE).pk}


def stored(counter: int) -> dict[str, Any]:
    """How many hits the counter has, how many different ones, and how many were given up."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT id), coalesce(md5(string_agg(id, ' ' ORDER BY id)), '')"
                       " FROM visits_hit WHERE counter_id = %s", [counter])  # fmt: skip
        rows, different, digest = cursor.fetchone()
    return {"rows": rows, "different": different, "digest": digest, "letters": DeadLetter.objects.count()}


if __name__ == "__main__":
    said = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    print(json.dumps(make() if said["want"] == "counter" else stored(said["counter"])))
