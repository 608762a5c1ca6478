"""Runs: whatever happens to their tasks, each account is judged, and a run's row tells the truth about it."""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import ProgrammingError, connection
from django.test.utils import CaptureQueriesContext

from apps.conversions.models import Conversion
from apps.conversions.services import judge
from apps.core import clock
from apps.hourly import selectors, services
from apps.hourly.models import Run, RunShare
from apps.hourly.services import ledger, shares
from apps.intake.models import Tally
from apps.people.models import Mark
from tests.hourly.shop import a_goal, sold

NOON = datetime(2026, 3, 2, 12, 0, 5, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def at_noon():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def outcomes() -> list[tuple[str, int]]:
    return list(Conversion.objects.order_by("hit_id").values_list("hit_id", "outcome"))


def test_a_run_judges_what_waits_and_counts_it(cast):
    a_goal(cast)
    sold(cast, 3)
    run = services.run_now(account_id=cast.account.pk)
    assert (run.state, run.people, run.total, run.reaches, run.credited) == ("done", 3, 3, 3, 3)
    assert (run.uncredited, run.dropped, run.corrected, run.error) == (0, 0, 0, "")
    assert outcomes() == [("h0", 1), ("h1", 1), ("h2", 1)]
    assert run.complete_until == run.started_at
    assert selectors.complete_until(account_id=cast.account.pk) == run.started_at
    assert not Mark.objects.exists()
    assert not RunShare.objects.exists()


def test_another_account_is_left_alone(cast):
    a_goal(cast)
    sold(cast, 1)
    services.run_now(account_id=cast.other.pk)
    assert outcomes() == []


def test_two_beats_open_one_run_an_hour(cast, at_noon):
    assert services.open_hour() == 2  # two accounts
    assert services.open_hour() == 2  # the same two, still to begin
    assert Run.objects.count() == 2
    [run] = Run.objects.filter(account=cast.account)
    assert run.hour == datetime(2026, 3, 2, 11, tzinfo=UTC)
    at_noon.shift(timedelta(hours=1))
    services.open_hour()
    assert Run.objects.filter(account=cast.account).count() == 2


def test_one_asked_for_run_is_open_at_a_time(cast):
    first = services.request_run(account_id=cast.account.pk, user_id=cast.owner.user_id)
    second = services.request_run(account_id=cast.account.pk, user_id=None)
    assert first.pk == second.pk
    services.run_now(account_id=cast.account.pk)
    third = services.request_run(account_id=cast.account.pk, user_id=None)
    assert third.pk != first.pk


def test_tasks_may_look_at_a_run_any_number_of_times(cast):
    a_goal(cast)
    sold(cast, 4)
    run = services.request_run(account_id=cast.account.pk, user_id=None)
    for share in [0, 0, 1, 0, 1, 1, 0]:
        services.work(run_id=run.pk, share=share)
    run.refresh_from_db()
    assert (run.state, run.people, run.credited) == ("done", 4, 4)
    ended = run.finished_at
    services.work(run_id=run.pk, share=0)
    run.refresh_from_db()
    assert run.finished_at == ended


def test_the_run_ends_with_its_last_share(cast, monkeypatch):
    monkeypatch.setattr(shares, "BATCH", 1)
    a_goal(cast)
    sold(cast, 6)
    run = services.request_run(account_id=cast.account.pk, user_id=None)
    services.work(run_id=run.pk, share=1)
    run.refresh_from_db()
    assert run.state == "running"
    services.work(run_id=run.pk, share=0)
    run.refresh_from_db()
    assert run.state == "done"
    assert outcomes() == [(f"h{n}", 1) for n in range(6)]


def test_a_share_whose_worker_was_killed_is_taken_up_after_a_minute(cast, at_noon):
    a_goal(cast)
    sold(cast, 4)
    run = services.request_run(account_id=cast.account.pk, user_id=None)
    ledger.begin(run_id=run.pk)
    for share in (0, 1):
        assert shares._claim(run.pk, share)  # and both workers are killed here
    at_noon.shift(timedelta(seconds=59))
    services.work(run_id=run.pk, share=0)
    assert services.sweep_runs() == 0
    assert outcomes() == []
    at_noon.shift(timedelta(seconds=2))
    assert services.sweep_runs() == 2
    for share in (0, 1):
        services.work(run_id=run.pk, share=share)
    run.refresh_from_db()
    assert (run.state, run.people, run.attempts) == ("done", 4, 2)
    assert run.started_at == NOON  # kept: the run judges by its first start


def test_a_worker_that_was_overtaken_writes_nothing(cast, at_noon):
    a_goal(cast)
    sold(cast, 2)
    run = services.request_run(account_id=cast.account.pk, user_id=None)
    ledger.begin(run_id=run.pk)
    slow = shares._claim(run.pk, 0)
    assert slow
    at_noon.shift(timedelta(seconds=61))
    services.work(run_id=run.pk, share=0)
    run.refresh_from_db()
    people = run.people
    with pytest.raises(shares.OvertakenError):
        shares._batch(run, 0, 2, slow, late=False)
    run.refresh_from_db()
    assert run.people == people


def test_a_run_whose_last_worker_died_before_ending_it_is_ended_by_the_sweeper(cast):
    a_goal(cast)
    sold(cast, 1)
    run = services.request_run(account_id=cast.account.pk, user_id=None)
    ledger.begin(run_id=run.pk)
    RunShare.objects.update(done=True)
    services.sweep_runs()
    run.refresh_from_db()
    assert run.state == "done"


def test_an_error_is_kept_and_after_five_the_run_has_failed_and_the_next_one_heals_it(cast, at_noon):
    a_goal(cast)
    sold(cast, 2)
    run = services.request_run(account_id=cast.account.pk, user_id=None)
    for _ in range(5):
        with table_away("conversions_conversion"), pytest.raises(ProgrammingError, match="does not exist"):
            services.work(run_id=run.pk, share=0)
        services.work(run_id=run.pk, share=0)  # too early: the share rests for a minute
        at_noon.shift(timedelta(seconds=61))
    run.refresh_from_db()
    assert (run.state, run.attempts) == ("failed", 5)
    assert "does not exist" in run.error
    assert run.complete_until is None
    healed = services.run_now(account_id=cast.account.pk)
    assert (healed.state, healed.credited) == ("done", 2)


@contextmanager
def table_away(table):
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO elsewhere")
        yield
        cursor.execute(f"ALTER TABLE elsewhere RENAME TO {table}")


def test_an_account_s_runs_follow_each_other(cast, at_noon):
    a_goal(cast)
    sold(cast, 1)
    services.open_hour()
    hourly = Run.objects.get(account=cast.account)
    assert ledger.begin(run_id=hourly.pk)
    asked = services.request_run(account_id=cast.account.pk, user_id=None)
    services.work(run_id=asked.pk, share=0)
    asked.refresh_from_db()
    assert asked.state == "queued"
    done = services.run_now(account_id=cast.account.pk)
    hourly.refresh_from_db()
    assert (done.pk, done.state, hourly.state) == (asked.pk, "done", "done")


def test_running_again_without_new_facts_changes_no_row(cast):
    a_goal(cast)
    sold(cast, 3)
    services.run_now(account_id=cast.account.pk)
    before = list(Conversion.objects.order_by("hit_id").values())
    again = services.run_now(account_id=cast.account.pk)
    assert (again.people, again.reaches, again.corrected) == (0, 0, 0)
    assert list(Conversion.objects.order_by("hit_id").values()) == before


def test_a_run_ends_while_marks_keep_arriving(cast, monkeypatch):
    monkeypatch.setattr(shares, "PATIENCE", 0.0)
    monkeypatch.setattr(shares, "BATCH", 1)
    monkeypatch.setattr(shares, "judge", judging_while_people_buy(cast))
    a_goal(cast)
    sold(cast, 4)
    run = services.request_run(account_id=cast.account.pk, user_id=None)
    for share in (0, 1):
        services.work(run_id=run.pk, share=share)
    run.refresh_from_db()
    assert run.state == "done"
    assert run.people >= 4
    assert run.total >= run.people
    assert Mark.objects.exists()  # for the next run
    old = {f"h{person}" for person in range(4)}
    assert old <= {hit for hit, _ in outcomes()}


def judging_while_people_buy(cast):
    """The real judge; before each of its batches two more people come."""
    numbers = iter(range(100, 10_000, 2))

    def judging(**how):
        sold(cast, 2, first=next(numbers))
        return judge(**how)

    return judging


def test_with_nothing_to_do_a_run_reads_no_facts(cast):
    """`make bench` times it; what must hold everywhere is that it looks at no hit, event or result."""
    a_goal(cast)
    services.run_now(account_id=cast.account.pk)
    with CaptureQueriesContext(connection) as queries:
        services.run_now(account_id=cast.account.pk)
    read = [query["sql"] for query in queries if "people_mark" not in query["sql"]]
    assert not [sql for sql in read if "goals_reach" in sql or "conversations_" in sql or "visits_hit" in sql]
    assert len(queries) < 60


def test_complete_until_waits_for_what_lies_in_the_spool(cast, monkeypatch):
    unstored = clock.now() - timedelta(minutes=2)
    monkeypatch.setattr("apps.collect.selectors.oldest_waiting", lambda: unstored)
    run = services.run_now(account_id=cast.account.pk)
    assert run.complete_until == unstored


def test_hits_that_came_too_late_for_a_result_are_counted_by_the_next_run(cast):
    a_goal(cast)
    services.run_now(account_id=cast.account.pk)
    Tally.objects.create(account_id=cast.account.pk, at=clock.now(), stored=5, closed=3)
    Tally.objects.create(account_id=cast.other.pk, at=clock.now(), stored=5, closed=7)
    assert services.run_now(account_id=cast.account.pk).closed_hits == 3
    assert services.run_now(account_id=cast.account.pk).closed_hits == 0
