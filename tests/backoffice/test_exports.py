"""Exports: asked for, watched, cancelled, and given by the link of the mail."""

from datetime import timedelta

import pytest
from django.test import Client

from apps.core import clock
from apps.exports.models import Export
from tests.backoffice.conftest import a_goal
from tests.backoffice.facts import a_story
from tests.backoffice.reading import found, html


@pytest.fixture
def export(cast, owner) -> Export:
    goal = a_goal(cast, days_ago=1)
    a_story(cast, times=2)
    today = clock.now().date()
    said = {"first_day": today - timedelta(days=3), "last_day": today}
    answer = owner.post(f"/admin/goals/{goal.pk}/export/", said, follow=True)
    assert "The CSV is being made" in answer.content.decode()
    return Export.objects.get()


def test_an_export_asks_for_two_days_in_their_order(cast, owner):
    goal = a_goal(cast)
    answer = owner.post(
        f"/admin/goals/{goal.pk}/export/", {"first_day": "2026-02-02", "last_day": "2026-02-01"}
    )
    assert set(answer.context["form"].errors) == {"last_day"}
    answer = owner.post(f"/admin/goals/{goal.pk}/export/", {"first_day": "x", "last_day": ""})
    assert set(answer.context["form"].errors) == {"first_day", "last_day"}


def test_an_export_is_watched_and_cancelled(owner, export):
    assert owner.get(f"/admin/exports/{export.pk}/progress/").json()["over"] is False
    owner.post(f"/admin/exports/{export.pk}/cancel/")
    export.refresh_from_db()
    assert export.state == Export.State.CANCELLED
    assert "Cancelled" in html(owner, "/admin/exports/")
    answer = owner.post(f"/admin/exports/{export.pk}/cancel/")
    assert answer.status_code in {302, 422}


def test_the_link_of_the_mail_gives_the_file_to_its_member_alone(cast, owner, sign_in, export, settings):
    from apps.exports import services
    from apps.mail.models import Mail
    from apps.mail.services import deliver

    settings.EMAIL_BACKEND = "apps.mail.outbox.OutboxBackend"
    services.make(export_id=export.pk)
    for mail in Mail.objects.all():
        deliver(mail_id=mail.pk)
    sent = next(settings.OUTBOX.glob("*.eml")).read_text()
    path = found(r"(/exports/[\w-]+/)", sent.replace("=\n", ""))

    asked = Client().get(path)
    assert (asked.status_code, asked["Location"]) == (302, f"/admin/login/?next={path}")
    for who in ("admin", "analyst", "agent", "stranger"):
        client = sign_in(who)
        assert (client.get(path).status_code, client.post(path).status_code) == (404, 404), who
    page = owner.get(path)
    assert "Download the zip" in page.content.decode()
    assert "script" not in page["Content-Security-Policy"]  # nothing runs on it
    file = owner.post(path)
    assert file["Content-Type"] == "application/zip"
    assert b"".join(file.streaming_content).startswith(b"PK")
    again = owner.post(f"/admin/exports/{export.pk}/download/")
    assert b"".join(again.streaming_content).startswith(b"PK")
    Export.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    ended = owner.get(path)
    assert ended.status_code == 410
    assert "This link has ended" in ended.content.decode()
    assert owner.post(path).status_code == 410
