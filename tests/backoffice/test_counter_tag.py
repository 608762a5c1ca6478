"""A counter's tag in the admin: the snippet, the mail with it, whether it is installed, live hits."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import AuditEntry
from apps.core import clock
from apps.counters.selectors import tag_settings
from apps.counters.services import MAILS_AN_HOUR
from apps.counters.tag import script
from apps.intake.records import Arrival, HitIn
from apps.intake.services import prepare, store_hits
from apps.mail.models import Mail

SCRIPT = '<script>alert("x")</script>'


def hit(cast, id_: str, ago_s: float = 10, **fields) -> None:
    """Store a hit of the shop's counter."""
    now = clock.now()
    time = clock.from_us(clock.to_us(now) - int(ago_s * 1e6))
    made = HitIn(**{"id": id_, "time": time, "type": "pageview", "url": "https://shop.example/x", **fields})
    arrivals = [Arrival(cast.account.pk, cast.counter.pk, True, now, made)]
    prepare(arrivals=arrivals)
    store_hits(arrivals=arrivals)


def page(client, cast, part: str = "") -> str:
    answer = client.get(f"/admin/counters/{cast.counter.pk}/tag/{part}")
    assert answer.status_code == 200
    return answer.content.decode()


def present(cast, settings) -> str:
    return script(tag_settings(number=cast.counter.pk), settings.BASE_URL).version


def test_the_snippet_is_shown_as_text(owner, cast, settings):
    shown = page(owner, cast)
    assert (
        f"&lt;script async src=&quot;{settings.BASE_URL}/tag/{cast.counter.pk}.js&quot;&gt;&lt;/script&gt;"
        in shown
    )
    assert "No hit has come" in shown


@pytest.mark.parametrize(
    ("id_", "ago_s", "words"),
    [
        ("{present}-abc", 10, "from the present version of the tag"),
        ("00000000-abc", 10, "still had an older version"),
        ("server-1", 10, "but not from the tag"),
        ("{present}-abc", 7200, "none within the last minutes"),
        ("server-1", 7200, "but the last of them not from the tag"),
    ],
)
def test_the_check_says_what_the_last_hit_shows(owner, cast, settings, id_, ago_s, words):
    hit(cast, id_.format(present=present(cast, settings)), ago_s)
    answer = owner.post(f"/admin/counters/{cast.counter.pk}/tag/")
    assert answer.status_code == 200
    assert words in answer.content.decode()


def test_live_hits_are_the_newest_of_this_counter_as_text_in_a_fixed_number_of_queries(owner, cast):
    page(owner, cast, "live/")
    with CaptureQueriesContext(connection) as few:
        assert "Nothing in the last 5 minutes." in page(owner, cast, "live/")
    hit(cast, "old", 400, url="https://shop.example/long-ago")
    for n in range(60):
        hit(cast, f"n{n}", 60 - n, url=f"https://shop.example/{n}?{SCRIPT}")
    hit(cast, "e", 1, type="event", name=SCRIPT)
    with CaptureQueriesContext(connection) as many:
        shown = page(owner, cast, "live/")
    assert len(many) == len(few)
    assert SCRIPT not in shown
    assert shown.count("<tr>") == 51
    assert "long-ago" not in shown
    assert shown.index("&lt;script&gt;") < shown.index("/59?") < shown.index("/58?")


def test_a_developer_gets_the_snippet_by_mail_and_no_word_of_the_senders(owner, cast, settings):
    cast.counter.name = f"Buy\r\nnow {SCRIPT}"
    cast.counter.save()
    address = f"/admin/counters/{cast.counter.pk}/tag/mail/"
    assert owner.post(address, {"email": "no address"}).status_code == 422
    assert owner.post(address, {"email": "dev@shop.example\nBcc: x@y.example"}).status_code == 422
    assert owner.post(address, {"email": "dev@shop.example", "body": "hello"}).status_code == 302
    mail = Mail.objects.get()
    assert (mail.to, mail.subject) == ("dev@shop.example", "The Goalline tag for https://shop.example")
    assert f'<script async src="{settings.BASE_URL}/tag/{cast.counter.pk}.js"></script>' in mail.body
    assert "now" not in mail.body
    assert AuditEntry.objects.filter(action="counter.snippet_mailed").count() == 1


def test_a_member_cannot_mail_strangers_without_end(owner, cast):
    address = f"/admin/counters/{cast.counter.pk}/tag/mail/"
    answers = [
        owner.post(address, {"email": f"d{n}@shop.example"}).status_code for n in range(MAILS_AN_HOUR + 1)
    ]
    assert answers == [302] * MAILS_AN_HOUR + [422]
    assert Mail.objects.count() == MAILS_AN_HOUR
