"""The health page's facts, the watchdogs' addresses, the sweep's signs of life, the command."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from celery import Celery, current_app
from django.core.management import CommandError, call_command

from apps.core import clock
from apps.hourly import selectors, services
from apps.hourly.models import Heartbeat
from apps.hourly.tasks import sent_at
from apps.mail.services import write_mail
from tests.hourly.shop import a_chat, a_goal, a_purchase, sold

NOON = datetime(2026, 3, 2, 12, 0, 5, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def test_an_account_without_anything_has_a_health(cast):
    with time_machine.travel(NOON, tick=False):
        health = selectors.health(account_id=cast.account.pk)
    assert health.last_complete_hour is None
    assert health.last_run is None
    assert health.next_run == datetime(2026, 3, 2, 13, tzinfo=UTC)
    assert (health.people_waiting, health.hits_waiting, health.lag_s, health.failing_mails) == (0, 0, 0.0, 0)
    assert health.share_with_hits is None
    assert [(part.name, part.alive, part.age_s) for part in health.parts] == [
        ("beat", False, None),
        ("worker", False, None),
        ("drain", False, None),
    ]


def test_health_tells_what_waits_and_which_hour_is_complete(cast):
    with time_machine.travel(NOON, tick=False):
        a_goal(cast)
        sold(cast, 2)
        assert selectors.health(account_id=cast.account.pk).people_waiting == 2
        services.open_hour()
        services.run_now(account_id=cast.account.pk)
        health = selectors.health(account_id=cast.account.pk)
    assert health.people_waiting == 0
    assert health.last_complete_hour == datetime(2026, 3, 2, 11, tzinfo=UTC)
    assert health.complete_until == NOON
    assert health.last_run
    assert health.last_run.credited in {0, 2}  # the hour's run, or the one asked for after it


def test_the_share_of_conversations_whose_person_has_hits(cast):
    now = clock.now()
    for person in range(4):
        a_chat(cast, person, now)
    a_purchase(cast, 0, now)
    a_chat(cast, 50, now - timedelta(days=8))
    health = selectors.health(account_id=cast.account.pk)
    assert (health.conversations, health.conversations_with_hits) == (4, 1)
    assert health.share_with_hits == 0.25


def test_failing_mails_are_the_account_s_own(cast):
    for account, state in [(cast.account, "failed"), (cast.other, "failed"), (cast.account, "sent")]:
        mail = write_mail(
            key=f"{account.pk}{state}", to="a@b.example", subject="", body="", account_id=account.pk
        )
        type(mail).objects.filter(pk=mail.pk).update(state=state)
    assert selectors.health(account_id=cast.account.pk).failing_mails == 1


def test_a_sweep_shows_that_worker_and_beat_live(db):
    with time_machine.travel(NOON, tick=False) as traveller:
        services.sweep(sent_at=NOON - timedelta(seconds=3))
        services.sweep(sent_at=NOON - timedelta(seconds=60))  # one that came late takes nothing back
        services.sweep()
        beats = dict(Heartbeat.objects.values_list("part", "at"))
        assert beats == {"worker": NOON, "beat": NOON - timedelta(seconds=3)}
        assert [part.alive for part in selectors.health(account_id=0).parts] == [True, True, False]
        traveller.shift(timedelta(minutes=3))
        assert [part.alive for part in selectors.health(account_id=0).parts] == [False, False, False]


def test_a_sweep_knows_when_it_was_sent_from_when_it_expires():
    assert sent_at("2026-03-02T12:00:25+00:00") == datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert sent_at(None) is None


def test_live_asks_nobody(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = client.get("/healthz/live")
    assert (answer.status_code, answer.json()) == (200, {"live": True})


@pytest.mark.parametrize("host", ["10.0.0.7", "10.0.0.7:8000", "nobody.example", "bad host", "[::1", ""])
@pytest.mark.parametrize("path", ["/healthz/live", "/healthz/ready"])
def test_health_checks_come_by_whatever_host_and_without_tls(client, settings, caplog, host, path):
    settings.ALLOWED_HOSTS = ["portal.example"]
    settings.SECURE_SSL_REDIRECT = True
    answer = client.get(path, headers={"host": host})
    assert answer.json().keys() & {"live", "ready"}
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert [record for record in caplog.records if record.exc_info] == []


@pytest.mark.parametrize(
    "path", ["/healthz/", "/admin/", "/api/v1/agents/", "/tag/1.js", "/static/x.css", "/"]
)
def test_other_addresses_refuse_an_unknown_host_in_words_and_in_one_line_of_the_log(
    client, settings, caplog, path
):
    settings.ALLOWED_HOSTS = ["portal.example"]
    answer = client.get(path, headers={"host": "nobody.example"})
    assert answer.status_code == 400
    assert "does not answer to this host name" in answer.content.decode()
    (line,) = caplog.records
    assert "nobody.example" in line.getMessage()
    assert line.exc_info is None


def test_ready_says_what_is_wrong(client):
    answer = client.get("/healthz/ready")
    assert answer.status_code == 503
    assert answer.json() == {
        "ready": False,
        "checks": {
            "database": "ok",
            "broker": "ok",
            "storage": "ok",
            "beat": "never seen",
            "queue": "ok",
        },
    }


def test_ready_is_200_once_the_clock_ticks(client):
    services.sweep(sent_at=clock.now())
    answer = client.get("/healthz/ready")
    assert (answer.status_code, answer.json()["ready"]) == (200, True)
    assert client.post("/healthz/ready").status_code == 405


def test_a_job_that_waits_for_long_is_not_ready(client, cast):
    with time_machine.travel(NOON, tick=False) as traveller:
        services.request_run(account_id=cast.account.pk, user_id=None)
        traveller.shift(timedelta(minutes=11))
        services.sweep(sent_at=clock.now())
        answer = client.get("/healthz/ready")
    assert answer.json()["checks"]["queue"] == "a job has waited for 660 s"


def test_a_broker_that_is_away_is_not_ready(client, tmp_path):
    before = current_app._get_current_object()
    Celery("dead", broker=f"redis+socket://{tmp_path}/nobody.sock", set_as_current=True)
    try:
        answer = client.get("/healthz/ready")
    finally:
        before.set_current()
    assert answer.status_code == 503
    assert answer.json()["checks"]["broker"] == "failed: OperationalError"


def test_the_command_runs_one_account_or_all(cast):
    a_goal(cast)
    sold(cast, 2)
    out = StringIO()
    call_command("run_hourly", account=cast.account.pk, stdout=out)
    assert out.getvalue() == (
        f"Account {cast.account.pk}: 2 people, 2 reaches, 2 credited, 0 uncredited, 0 dropped, 0 corrected\n"
    )
    out = StringIO()
    call_command("run_hourly", all=True, stdout=out)
    assert out.getvalue().count("0 people") == 2
    with pytest.raises(CommandError):
        call_command("run_hourly", account=10**9)
