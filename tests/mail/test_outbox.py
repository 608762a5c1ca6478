"""Mails kept as files, and the list of them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from apps.mail import selectors, services

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def outbox(settings) -> None:
    settings.EMAIL_BACKEND = "apps.mail.outbox.OutboxBackend"


def send(number: int) -> None:
    mail = services.write_mail(
        key=f"m{number}",
        to="olga@example.org",
        subject=f"Nr {number}: שלום 🎉",
        body="Get it at http://localhost:8000/exports/{secret}/ or ask.\n",
        secret=f"abc{number}",
    )
    assert services.deliver(mail_id=mail.pk) == "sent"


def test_an_empty_outbox_is_an_empty_list():
    assert selectors.outbox() == []


def test_mails_come_back_newest_first_with_their_links():
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    with time_machine.travel(noon, tick=False) as clock:
        for number in range(102):
            send(number)
            clock.shift(timedelta(seconds=1))
    kept = selectors.outbox()
    assert len(kept) == 100
    assert kept[0].subject == "Nr 101: שלום 🎉"
    assert kept[0].to == "olga@example.org"
    assert kept[0].links == ("http://localhost:8000/exports/abc101/",)
    assert kept[0].date == noon + timedelta(seconds=101)
    assert kept[-1].subject.startswith("Nr 2:")


def test_files_are_for_their_owner_only_and_never_half(settings):
    send(1)
    folder = Path(settings.OUTBOX)
    assert folder.stat().st_mode & 0o777 == 0o700
    [file] = folder.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.suffix == ".eml"


def test_the_answer_names_the_file():
    assert ".eml" in services.send_test_mail(to="olga@example.org")
