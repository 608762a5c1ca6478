"""From facts to a zip in a mailbox, through real workers, a real broker and a real mail server."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.db import connection, transaction

from apps.conversions.services import BUCKETS
from apps.core import clock, locks, queues
from apps.exports import services as exports
from apps.exports.models import Export
from apps.hourly import services as hourly
from apps.hourly.models import Heartbeat, Run, RunShare
from apps.mail import services as mail
from apps.mail.models import Mail
from tests.exports.rows import parse
from tests.exports.test_making import elsewhere
from tests.flow.workers import Worker, own_broker, until
from tests.hourly.shop import a_goal, sold
from tests.mail.servers import Mailbox, serving

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def start(tmp_path, settings) -> Iterator[Any]:
    """Start workers whose mails go to `start.box`; all are gone in the end."""
    workers: list[Worker] = []
    log = tmp_path / "worker.log"

    def starting() -> Worker:
        workers.append(Worker(env, log))
        return workers[-1]

    with own_broker() as env, serving(Mailbox(), settings) as box:
        env |= {
            "GOALLINE_VAR": str(tmp_path),
            "EMAIL_HOST": settings.EMAIL_HOST,
            "EMAIL_PORT": str(settings.EMAIL_PORT),
            "BASE_URL": "http://testserver",
        }
        starting.box, starting.log = box, log  # type: ignore[attr-defined]
        yield starting
        for worker in workers:
            worker.kill()


def asked(cast, goal) -> Export:
    today = clock.now().date()
    return exports.request_export(
        account_id=cast.account.pk,
        user_id=cast.owner.user_id,
        goal_id=goal.pk,
        first_day=today - timedelta(days=1),
        last_day=today,
    )


def test_from_facts_to_a_zip_behind_a_mailed_link(cast, start, client):
    worker = start()
    goal = a_goal(cast, name="Bought =1+1")
    sold(cast, 5)
    run = hourly.request_run(account_id=cast.account.pk, user_id=cast.owner.user_id)
    until(lambda: Run.objects.filter(pk=run.pk, state="done").exists(), "the run is done", start.log)
    run.refresh_from_db()
    assert (run.people, run.credited, run.attempts) == (5, 5, 1)
    export = asked(cast, goal)
    until(lambda: start.box.messages, "the mail has come", start.log)
    until(lambda: Mail.objects.get().state == "sent", "the mail is marked as sent", start.log)
    export.refresh_from_db()
    assert (export.state, export.total, export.attempts) == ("done", 5, 1)
    [message] = start.box.messages
    assert message["To"] == cast.owner.user.email
    [path] = re.findall(r"http://testserver(/exports/\S+)", message.get_content())
    client.force_login(cast.admin.user)
    assert client.get(path).status_code == 404
    client.force_login(cast.owner.user)
    assert client.get(path).status_code == 200
    answer = client.post(path)
    rows = parse(b"".join(answer.streaming_content))
    assert [row["Ticket ID"] for row in rows] == [f"T{n}" for n in range(5)]
    assert rows[0]["Goal name"] == "Bought =1+1"
    current_app.send_task("apps.hourly.tasks.sweep", queue=queues.DEFAULT, expires=25)
    until(lambda: Heartbeat.objects.filter(part="beat").exists(), "the sweep was done", start.log)
    age = clock.now() - Heartbeat.objects.get(part="beat").at
    assert timedelta() <= age < timedelta(seconds=20)
    worker.stop()


def test_a_run_whose_worker_is_killed_is_finished_by_another(cast, start):
    a_goal(cast)
    sold(cast, 4)
    worker = start()
    with transaction.atomic():
        hold_judges(cast.account.pk)  # the worker gets as far as here
        run = elsewhere_requested(cast.account.pk)
        until(lambda: claimed(run), "a share is claimed", start.log)
        worker.kill()
    aged = clock.now() - timedelta(seconds=61)
    RunShare.objects.exclude(beat_at=None).update(beat_at=aged)
    start()
    hourly.sweep_runs()
    until(lambda: Run.objects.filter(pk=run, state="done").exists(), "the run is done", start.log)
    found = Run.objects.get(pk=run)
    assert (found.people, found.credited, found.attempts) == (4, 4, 2)


def hold_judges(account_id: int) -> None:
    with connection.cursor() as cursor:
        for bucket in range(BUCKETS):
            cursor.execute(
                "SELECT pg_advisory_xact_lock(%s, %s)", [int(locks.Lock.JUDGE), account_id * BUCKETS + bucket]
            )


def elsewhere_requested(account_id: int) -> int:
    """Ask on another connection: this one is inside a transaction."""
    return int(elsewhere(lambda: hourly.request_run(account_id=account_id, user_id=None).pk))


def claimed(run_id: int) -> bool:
    return RunShare.objects.filter(run_id=run_id).exclude(holder=None).exists()


def test_an_export_whose_worker_is_killed_comes_once(cast, start):
    goal = a_goal(cast)
    sold(cast, 3)
    hourly.run_now(account_id=cast.account.pk)
    worker = start()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE conversions_conversion")
        export = elsewhere(lambda: asked(cast, goal))
        until(lambda: Export.objects.get(pk=export.pk).attempts == 1, "the export is begun", start.log)
        worker.kill()
    Export.objects.update(
        beat_at=clock.now() - timedelta(seconds=61), created_at=clock.now() - timedelta(minutes=2)
    )
    start()
    assert exports.sweep_exports() == 1
    until(lambda: Export.objects.get(pk=export.pk).state == "done", "the export is done", start.log)
    until(lambda: start.box.messages, "the mail has come", start.log)
    until(lambda: Mail.objects.get().state == "sent", "the mail is marked as sent", start.log)
    export.refresh_from_db()
    assert (export.attempts, export.total) == (2, 3)
    exports.make(export_id=export.pk)
    assert mail.sweep_mails() == 0
    assert len(start.box.messages) == 1
