"""Pages of the pipeline: runs, health, and mail that is tried."""

from django.core import mail as django_mail

from apps.hourly.models import Run
from tests.backoffice.conftest import a_goal
from tests.backoffice.facts import a_story
from tests.backoffice.reading import html


def test_a_run_is_asked_for_and_watched(cast, owner):
    owner.post("/admin/runs/now/")
    run = Run.objects.get()
    assert run.requested_by == cast.owner.user
    assert owner.get(f"/admin/runs/{run.pk}/progress/").json() == {
        "done": 0,
        "total": 0,
        "state": "Queued",
        "over": False,
    }
    assert owner.at(f"/admin/runs/{run.pk}/progress/") in html(owner, "/admin/runs/")


def test_the_health_page_says_what_there_is_to_say(cast, owner):
    page = html(owner, "/admin/health/")
    for words in ("Last complete hour", "Next run", "Hits waiting", "Lag", "Chats with hits", "Processes"):
        assert words in page
    a_goal(cast, days_ago=1)
    a_story(cast)
    assert "100 %" in html(owner, "/admin/health/")


def test_a_test_mail_goes_to_oneself_and_shows_the_servers_answer(cast, sign_in, settings):
    settings.EMAIL_BACKEND = "apps.mail.outbox.OutboxBackend"
    answer = sign_in("analyst").post("/admin/health/test-mail/", follow=True)
    assert "The mail server&#x27;s answer:" in answer.content.decode()
    kept = list(settings.OUTBOX.glob("*.eml"))
    assert len(kept) == 1
    assert b"analyst@shop.example" in kept[0].read_bytes()
    page = html(sign_in("operator"), "/admin/outbox/")
    assert "A test mail from Goalline" in page
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    assert sign_in("operator").get("/admin/outbox/").status_code == 404
    assert not getattr(django_mail, "outbox", [])
