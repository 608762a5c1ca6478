"""The visitor card: what is taken from which visit."""

from datetime import timedelta

import pytest
import time_machine

from apps.accounts.models import Account
from apps.intake.services import KnownLink, take_links
from apps.people.models import Identity
from apps.reports.visitors import VisitorCard, visitor_card
from apps.visits.services import drop_old_hits
from tests.reports.conftest import NOON, keep

PHONE = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36"
ROBOT = "Mozilla/5.0 (compatible; Googlebot/2.1)"
ADVERT = "https://shop.example/?utm_source=June&utm_medium=cpc&utm_campaign=C&yclid=7"


@pytest.fixture
def card(cast, mia):
    return lambda: visitor_card(cast.account.pk, mia)


def at(minutes):
    return NOON - timedelta(minutes=minutes)


def test_the_first_visit_says_how_they_came_and_the_latest_that_says_something_the_rest(card, look):
    look(500, url=ADVERT, referrer="https://ya.ru/", user_agent=PHONE)
    look(400, id="robot", url="https://shop.example/?utm_source=robots", user_agent=ROBOT)
    look(300, url="https://shop.example/?utm_source=news&utm_medium=email")
    look(290, url="https://shop.example/?utm_source=within")  # no visit begins on it
    look(100, type="event", name="open", url=None)
    assert card() == VisitorCard(
        first_visit_at=at(500),
        last_visit_at=at(100),
        last_seen_at=at(100),
        visits=3,
        pages=3,
        events=1,
        landing_page=ADVERT,
        referrer="https://ya.ru/",
        source={"kind": "ad", "name": "june", "campaign": "C"},
        utm={"source": "news", "medium": "email"},
        click_ids={"yclid": "7"},
        device="phone",
        browser="Chrome",
        os="Android",
        last_message="Is it true to size?",
        last_message_at=at(10),
    )
    assert card().came_by == "advertising june · C"


def test_who_has_only_just_come_is_shown_and_not_counted(card, look):
    look(1, url=ADVERT, referrer="https://ya.ru/", user_agent=PHONE, kept=False)
    look(0.5, url="https://shop.example/?utm_source=within", kept=False)
    before = card()
    assert (before.visits, before.pages, before.first_visit_at, before.last_seen_at) == (0, 0, None, at(0.5))
    assert (before.landing_page, before.came_by) == (ADVERT, "advertising june · C")
    assert (before.utm["source"], before.click_ids, before.device) == ("June", {"yclid": "7"}, "phone")


def test_what_a_visit_will_say_it_says(cast, card, look):
    look(1, url=ADVERT, referrer="https://shop.example/", user_agent=PHONE, kept=False)
    before = card()
    keep(cast.account.pk)
    counted = {"visits", "pages", "first_visit_at", "last_visit_at"}
    assert {name for name, value in vars(card()).items() if value != vars(before)[name]} == counted


def test_the_source_of_a_first_visit_that_is_kept_no_longer_stays(cast, card, look):
    look(60 * 24 * 10, url=ADVERT)
    look(60 * 24 * 2)
    Account.objects.filter(pk=cast.account.pk).update(hits_days=45)
    with time_machine.travel(NOON + timedelta(days=40), tick=False):
        drop_old_hits()
        left = card()
    assert (left.visits, left.first_visit_at) == (1, at(60 * 24 * 2))
    assert (left.came_by, left.utm) == ("advertising june · C", {})


def test_of_a_browser_that_two_share_each_has_their_own_visits(cast, look):
    look(300, 200, 100)
    links = [KnownLink("1700", user, at(minute)) for user, minute in (("anna", 300), ("bob", 150))]
    take_links(account_id=cast.account.pk, links=links)
    keep(cast.account.pk)
    cards = [
        visitor_card(cast.account.pk, Identity.objects.get(value=one).person_id) for one in ("anna", "bob")
    ]
    assert [(one.visits, one.first_visit_at, one.last_seen_at) for one in cards] == [
        (2, at(300), at(200)),
        (1, at(100), at(100)),
    ]


def test_the_card_costs_the_same_however_much_there_is(card, look, django_assert_max_num_queries):
    look(0, kept=False)
    with django_assert_max_num_queries(15):
        card()
    look(*range(61, 61 * 30, 61))
    look(1, id="new", kept=False)
    with django_assert_max_num_queries(13):
        card()


def test_somebody_who_is_not_there_has_an_empty_card(cast, look):
    look(1)
    assert visitor_card(cast.account.pk, 10**9) == VisitorCard()
    assert visitor_card(cast.other.pk, Identity.objects.get(value="1700").person_id) == VisitorCard()
