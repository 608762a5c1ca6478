"""Fifteen active goals and never sixteen, whoever asks at once."""

import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from psycopg.conninfo import conninfo_to_dict

from apps.core import clock
from apps.core.errors import NotThere, Refused
from apps.goals import services
from apps.goals.models import MAX_ACTIVE, MessagingGoal
from tests.cast import Cast
from tests.flow.workers import database_url
from tests.goals.drafting import a_draft

THREADS = 20  # in each of two processes
ROUNDS = 6
PROJECT = Path(__file__).resolve().parents[2]
JOIN_IN = "import django; django.setup(); from tests.goals.test_slots import join_in; join_in()"


def make_goals(cast: Cast, count: int) -> list[int]:
    draft = a_draft(cast.account)
    return [
        services.save_goal(account_id=cast.account.pk, user_id=None, draft=draft).pk for _ in range(count)
    ]


def crowd(account: int, goals: list[int], seed: int) -> list[str]:
    """Threads that activate, deactivate and delete at random; what went wrong."""
    wrong: list[str] = []

    def visitor(number: int) -> None:
        rng = random.Random(seed * 1000 + number)
        try:
            for _ in range(ROUNDS):
                act(account, rng, rng.choice(goals))
                active = MessagingGoal.objects.filter(account_id=account, slot__isnull=False).count()
                if active > MAX_ACTIVE:
                    wrong.append(f"{active} active")
        except Exception as error:  # noqa: BLE001 - a thread's error must reach the test
            wrong.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=visitor, args=[number]) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


def act(account: int, rng: random.Random, goal: int) -> None:
    service = rng.choices([services.activate, services.deactivate, services.delete], [6, 4, 1])[0]
    try:
        service(account_id=account, user_id=None, goal_id=goal)
    except NotThere:
        pass  # somebody deleted it
    except Refused as refused:
        if refused.problems[0].code != "active_limit":
            raise


def in_another_process(account: int, goals: list[int]) -> subprocess.Popen[str]:
    environment = {
        "TEST_CROWD": f"{account}:{','.join(map(str, goals))}",
        "DATABASE_URL": database_url(),
        "REDIS_URL": settings.REDIS_URL,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PATH": "",
    }
    return subprocess.Popen(
        [sys.executable, "-c", JOIN_IN],
        env=environment,
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.django_db(transaction=True)
def test_forty_threads_in_two_processes_never_make_sixteen_active(cast: Cast) -> None:
    goals = make_goals(cast, 40)
    other = in_another_process(cast.account.pk, goals)
    assert crowd(cast.account.pk, goals, 1) == []
    output, _ = other.communicate(timeout=120)
    assert (other.returncode, output.strip()) == (0, "[]")
    fill_up(cast)


def test_the_other_process_goes_to_the_same_port(monkeypatch: pytest.MonkeyPatch) -> None:
    for port in ("", "6543"):
        monkeypatch.setitem(connection.settings_dict, "PORT", port)
        assert conninfo_to_dict(database_url()).get("port", "") == port


def fill_up(cast: Cast) -> None:
    """At rest every free slot can be filled, and the next goal is refused."""
    active = MessagingGoal.objects.filter(account=cast.account, slot__isnull=False).count()
    for goal in make_goals(cast, MAX_ACTIVE - active):
        services.activate(account_id=cast.account.pk, user_id=None, goal_id=goal)
    slots = MessagingGoal.objects.filter(account=cast.account, slot__isnull=False).values_list(
        "slot", flat=True
    )
    assert set(slots) == set(range(1, MAX_ACTIVE + 1))
    assert len(slots) == MAX_ACTIVE
    (more,) = make_goals(cast, 1)
    with pytest.raises(Refused):
        services.activate(account_id=cast.account.pk, user_id=None, goal_id=more)


@pytest.mark.django_db(transaction=True)
def test_while_no_more_than_fifteen_are_wanted_none_is_refused(cast: Cast) -> None:
    goals = make_goals(cast, MAX_ACTIVE)
    wrong: list[str] = []

    def visitor(goal: int) -> None:
        try:
            for _ in range(4):
                services.activate(account_id=cast.account.pk, user_id=None, goal_id=goal)
                services.deactivate(account_id=cast.account.pk, user_id=None, goal_id=goal)
        except Refused as refused:
            wrong.append(str(refused))
        finally:
            connection.close()

    threads = [threading.Thread(target=visitor, args=[goal]) for goal in goals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.django_db
def test_the_database_itself_refuses_a_sixteenth_slot_and_one_taken_twice(cast: Cast) -> None:
    from django.db import IntegrityError, transaction

    MessagingGoal.objects.create(account=cast.account, slot=15, created_at=clock.now())
    for slot in (15, 16, 0):
        with pytest.raises(IntegrityError), transaction.atomic():
            MessagingGoal.objects.create(account=cast.account, slot=slot, created_at=clock.now())


def join_in() -> None:
    """The second process."""
    account, goals = os.environ["TEST_CROWD"].split(":")
    print(crowd(int(account), [int(goal) for goal in goals.split(",")], 2))
