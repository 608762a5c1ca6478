"""Mails against real SMTP servers: accepted, put off, refused, hung up on."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from apps.mail import services
from apps.mail.models import Mail
from tests.mail.servers import Cutting, Hanging, Mailbox, Refusing, RefusingContent, RudeAtTheEnd, serving

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def a_mail(**changes) -> Mail:
    values = {
        "key": "export-1-done",
        "to": "olga@example.org",
        "subject": "Ready: Käufe\r\nBcc: eve@example.org",
        "body": "Fetch it: https://goalline.example/exports/{secret}/\n",
        "secret": "t0ken",
        "account_id": 7,
    }
    return services.write_mail(**{**values, **changes})


def test_an_accepted_mail_is_sent_once_and_its_secret_forgotten(settings):
    with serving(Mailbox(), settings) as box:
        mail = a_mail()
        assert services.deliver(mail_id=mail.pk) == "sent"
        assert services.deliver(mail_id=mail.pk) == "sent"
    [message] = box.messages
    assert message["To"] == "olga@example.org"
    assert message["Subject"] == "Ready: Käufe Bcc: eve@example.org"
    assert message["Bcc"] is None
    assert message.get_content().strip() == "Fetch it: https://goalline.example/exports/t0ken/"
    mail.refresh_from_db()
    assert (mail.state, mail.attempts, mail.answer) == ("sent", 1, "250 Taken as 4711")
    assert "t0ken" not in mail.body + mail.secret


def test_the_same_mail_is_never_written_twice():
    first, second = a_mail(), a_mail(subject="Other words", secret="other")
    assert first.pk == second.pk
    assert second.secret == "t0ken"
    assert Mail.objects.count() == 1


def test_a_mail_that_is_put_off_is_tried_five_times_and_then_failed(settings):
    with serving(Refusing("451 Try later"), settings), time_machine.travel(NOON, tick=False) as clock:
        mail = a_mail()
        tried_after = []
        for _ in range(5):
            clock.move_to(Mail.objects.get().next_try_at)
            tried_after.append(datetime.now(UTC) - NOON)
            services.deliver(mail_id=mail.pk)
            assert services.deliver(mail_id=mail.pk) in {"queued", "failed"}  # too early: not tried
        mail.refresh_from_db()
    minutes = [step / timedelta(minutes=1) for step in tried_after]
    assert minutes == [0, 1, 11, 71, 311]
    assert (mail.state, mail.attempts, mail.answer, mail.secret) == ("failed", 5, "451 Try later", "")


@pytest.mark.parametrize("server", [Refusing("550 No such user"), RefusingContent("554 Not wanted")])
def test_a_refusal_for_good_fails_at_once(settings, server):
    with serving(server, settings):
        mail = a_mail()
        assert services.deliver(mail_id=mail.pk) == "failed"
    mail.refresh_from_db()
    assert mail.answer == server.reply
    assert mail.attempts == 1


def test_a_server_that_hangs_is_left_after_the_time_out(settings):
    with serving(Hanging(), settings) as box:
        mail = a_mail()
        assert services.deliver(mail_id=mail.pk) == "queued"
    mail.refresh_from_db()
    assert "did not answer within" in mail.answer
    assert "may arrive twice" not in mail.answer
    assert box.messages == []


def test_a_lost_250_is_said_and_the_copy_carries_the_same_message_id(settings):
    with serving(Cutting(), settings) as box, time_machine.travel(NOON, tick=False) as clock:
        mail = a_mail()
        assert services.deliver(mail_id=mail.pk) == "queued"
        mail.refresh_from_db()
        assert mail.answer.endswith(
            "closed the connection. The message had been handed over, so it may arrive twice."
        )
        clock.shift(timedelta(minutes=1))
        assert services.deliver(mail_id=mail.pk) == "sent"
    first, second = box.messages
    assert first["Message-ID"] == second["Message-ID"]


def test_a_quit_that_fails_sends_nothing_again(settings):
    with serving(RudeAtTheEnd(), settings) as box:
        mail = a_mail()
        assert services.deliver(mail_id=mail.pk) == "sent"
    assert len(box.messages) == 1


def test_a_mail_whose_worker_died_is_taken_up_and_given_up_after_the_fifth_time():
    with time_machine.travel(NOON, tick=False) as clock:
        mail = a_mail()
        for attempt in range(1, 6):
            held = services._claim(mail.pk)
            assert held
            assert held.attempts == attempt  # and now the worker is killed
            assert services.sweep_mails() == 0  # somebody may still hold it
            clock.shift(services.LEASE)
            assert services.sweep_mails() == (1 if attempt < 5 else 0)
    mail.refresh_from_db()
    assert (mail.state, mail.secret) == ("failed", "")


def test_a_test_mail_answers_in_words(settings):
    with serving(Mailbox(), settings) as box:
        assert services.send_test_mail(to="olga@example.org") == "250 Taken as 4711"
    assert box.messages[0]["Subject"] == "A test mail from Goalline"
    # the server is gone now
    assert "cannot be reached" in services.send_test_mail(to="olga@example.org")


def test_a_mail_that_does_not_exist_is_no_error():
    assert services.deliver(mail_id=1) == ""
