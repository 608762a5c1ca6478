"""What grows by itself has an end."""

from datetime import timedelta

import pytest

from apps.accounts.models import AttemptCount, Invitation, LoginLink, UserSession
from apps.collect.models import DeadLetter
from apps.core import clock
from apps.hourly.models import Run
from apps.hourly.services import housekeeping, keep
from apps.intake.models import Moved, Salt, Tally
from apps.mail.models import Mail

pytestmark = pytest.mark.django_db


def of_age(cast, days):
    """One row of everything, so many days old."""
    at = clock.now() - timedelta(days=days)
    account = cast.account.pk
    Tally.objects.create(account_id=account, at=at)
    Moved.objects.create(account_id=account, counter_id=cast.counter.pk, id="h", sent_at=at, time=at)
    Salt.objects.create(day=at.date(), salt=b"x")
    Run.objects.create(account_id=account, state=Run.State.DONE, created_at=at)
    DeadLetter.objects.create(at=at, reason="x", record=b"x")
    for state in ("sent", "queued"):
        Mail.objects.create(
            key=f"{state}{days}", to="a@b.example", state=state, next_try_at=at, created_at=at
        )
    LoginLink.objects.create(user=cast.owner.user, digest=str(days), expires_at=at)
    UserSession.objects.create(session_key=str(days), session_data="x", expire_date=at, seen_at=at)
    AttemptCount.objects.create(kind="name", digest=str(days), updated_at=at)
    values = {"created_at": at, "sent_at": at, "expires_at": at, "role": "analyst"}
    Invitation.objects.create(account=cast.account, email=f"{days}@b.example", digest=str(days), **values)


def counts():
    kept = (Tally, Moved, Salt, Run, DeadLetter, Mail, LoginLink, UserSession, AttemptCount, Invitation)
    return [model.objects.count() for model in kept]


def test_what_is_old_goes_and_what_is_not_stays(cast):
    of_age(cast, 401)
    of_age(cast, -1)
    keep()
    assert counts() == [1, 1, 1, 1, 1, 3, 1, 1, 1, 1]  # of the old ones only the mail that was never sent


def test_a_step_that_fails_stops_no_other(cast, monkeypatch, caplog):
    def broken():
        raise RuntimeError("no")

    of_age(cast, 401)
    monkeypatch.setattr(housekeeping, "_STEPS", (broken, *housekeeping._STEPS))
    keep()
    assert Tally.objects.count() == 0
    assert "broken failed" in caplog.text
