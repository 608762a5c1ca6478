# ruff: noqa: E402 (Django must be set up before its models are imported)
"""Runs in the stand's own environment: makes the shop, and at the end says what is recorded."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import django

django.setup()

from django.db import connection

from apps.accounts.models import Account
from apps.accounts.services import make_member, make_token
from apps.collect.models import DeadLetter
from apps.counters.models import Counter
from apps.goals.models import MessagingGoal
from apps.hourly.services import run_now
from tests.conversions.db_worlds import DbWorld
from tests.oracle.world import World, from_json


def make(world: World) -> dict[str, Any]:
    """The shop's account with a token; numbers of its counters and goals."""
    shop = DbWorld(world)
    shop.settings()
    for fact in shop._registry():
        fact()
    for key, versions in world.goals.items():
        for version in versions:
            shop.save_version(key, version)
    member = make_member(account_id=shop.account.pk, email="owner@shop.example", role="owner")
    _, token = make_token(account_id=shop.account.pk, user_id=member.user_id, name="faults", scope="write")
    return {
        "account": shop.account.pk,
        "token": token,
        "counters": {number: counter.pk for number, counter in shop.counters.items()},
        "goals": {key: goal.pk for key, goal in shop.goals.items()},
    }


def verdict(world: World, made: dict[str, Any]) -> dict[str, Any]:
    """Run the hourly job once more and read everything back."""
    run = run_now(account_id=made["account"])
    shop = DbWorld.__new__(DbWorld)
    shop.world, shop.account = world, Account.objects.get(pk=made["account"])
    shop.counters = {int(number): Counter.objects.get(pk=pk) for number, pk in made["counters"].items()}
    shop.goals = {key: MessagingGoal.objects.get(pk=pk) for key, pk in made["goals"].items()}
    return {
        "run": run.state,
        "rows": [asdict(row) for row in shop.rows()],
        "hits": _all("SELECT id, (extract(epoch FROM time) * 1000000)::bigint FROM visits_hit"),
        "events": _all("SELECT id, (extract(epoch FROM time) * 1000000)::bigint FROM conversations_event"),
        "letters": DeadLetter.objects.count(),
    }


def _all(query: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return [list(row) for row in cursor.fetchall()]


if __name__ == "__main__":
    said = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    world = from_json(said["world"])
    print(json.dumps(verdict(world, said["made"]) if "made" in said else make(world), default=str))
