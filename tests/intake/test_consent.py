"""Whoever has not agreed to be known again is counted without a name, or not at all."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import serializers
from django.db import connection

from apps.counters import services as counters
from apps.intake.consent import Keep, Rules, anonymous, without_click_ids
from apps.intake.models import Salt, Tally
from apps.intake.records import HitIn
from apps.intake.selectors import without_consent
from apps.intake.services import Arrivals, forget_salts, take_hits, visitors
from apps.people.models import Identity
from apps.visits.models import Hit
from tests.api.calls import Api
from tests.portal import PortalClient

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
PAGE = "https://shop.example/shoes"


@pytest.fixture(autouse=True)
def frozen():
    visitors.forget()
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller
    visitors.forget()


def a_hit(id_="h", **values):
    return {"id": id_, "time": NOON.isoformat(), "type": "pageview", "url": PAGE, "client_id": "c1", **values}


def save(cast, **values):
    counters.save_counter(account_id=cast.account.pk, user_id=None, number=cast.counter.pk, **values)


def take(cast, *hits):
    cast.counter.refresh_from_db()
    return take_hits(counter=cast.counter, raw=list(hits))


def hit_in(**values):
    return HitIn(id="h", time=NOON, type=values.pop("type", "pageview"), url=PAGE, **values)


RULES = {  # asks, counts, respects DNT, respects GPC
    "free": Rules(False, True, False, False),
    "asks": Rules(True, True, False, False),
    "strict": Rules(True, False, False, False),
    "polite": Rules(False, True, True, True),
    "dnt": Rules(False, False, True, False),
}


@pytest.mark.parametrize(
    ("rules", "consent", "signals", "type_", "keep"),
    [
        ("free", None, "", "pageview", Keep.ALL),
        ("free", None, "dg", "event", Keep.ALL),
        ("free", "none", "", "pageview", Keep.COUNT),
        ("free", "none", "", "event", Keep.NOTHING),
        ("free", "granted", "", "event", Keep.ALL),
        ("asks", None, "", "pageview", Keep.COUNT),
        ("asks", None, "", "event", Keep.NOTHING),
        ("asks", "none", "", "pageview", Keep.COUNT),
        ("asks", "granted", "", "event", Keep.ALL),
        ("strict", None, "", "pageview", Keep.NOTHING),
        ("strict", "granted", "dg", "pageview", Keep.ALL),
        ("polite", None, "d", "pageview", Keep.COUNT),
        ("polite", "granted", "g", "pageview", Keep.COUNT),
        ("polite", "granted", "g", "event", Keep.NOTHING),
        ("polite", None, "", "event", Keep.ALL),
        ("dnt", None, "g", "event", Keep.ALL),
        ("dnt", "granted", "d", "pageview", Keep.NOTHING),
    ],
)
def test_what_may_be_kept(rules, consent, signals, type_, keep):
    hit = hit_in(consent=consent, type=type_)
    assert RULES[rules].keep(hit, dnt="d" in signals, gpc="g" in signals) is keep


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        (PAGE, PAGE),
        (PAGE + "?yclid=1", PAGE),
        (PAGE + "?a=1&gclid=2&b=3", PAGE + "?a=1&b=3"),
        (PAGE + "?GCLID=2&b=3#top", PAGE + "?b=3#top"),
        (PAGE + "?b=3&fbclid=2#top", PAGE + "?b=3#top"),
        (PAGE + "?notgclid=2&x=gclid=3", PAGE + "?notgclid=2&x=gclid=3"),
        (PAGE + "?yclid=1&yclid=2&ttclid=", PAGE),
    ],
)
def test_click_ids_are_taken_out_of_the_address(url, kept):
    assert without_click_ids(url) == kept


def test_nothing_is_left_that_names_anybody():
    said = {
        "client_id": "c", "user_id": "u", "click_ids": {"yclid": "y"}, "purchase_id": "p", "name": "n", "value": "1",
        "currency": "EUR", "params": {"email": "e"}, "referrer": "https://ads.example/path?who=me", "title": "Shoes",
    }  # fmt: skip
    bare = anonymous(hit_in(**said))
    assert bare == hit_in(title="Shoes", referrer="https://ads.example/", consent="none")
    assert anonymous(hit_in(referrer="https://u:p@ads.example/x")).referrer is None


def test_consent_says_one_of_two_words(cast):
    outcome = take(cast, a_hit("1", consent="yes"), a_hit("2", consent=""), a_hit("3", consent=True))
    assert [one.code for one in outcome.rejected] == ["invalid_choice", "invalid_choice", "invalid"]


def test_a_page_view_without_consent_is_counted_and_nobody_is_known(cast):
    seen = {"ip": "192.0.2.7", "user_agent": "Mozilla/5.0", "consent": "none"}
    outcome = take(cast, a_hit("1", user_id="u1", **seen), a_hit("2", url=PAGE + "?page=2", **seen))
    assert (outcome.accepted, outcome.rejected) == (2, ())
    assert set(Hit.objects.values_list("identity_id", flat=True)) == {None}
    (visitor,) = set(Hit.objects.values_list("detail__visitor", flat=True))
    assert len(visitor) == 24
    assert not Identity.objects.exists()
    assert Tally.objects.get().cookieless == 2


def test_an_event_without_consent_is_counted_as_refused_and_not_stored(cast):
    outcome = take(cast, a_hit("1"), a_hit("2", type="event", name="order", consent="none"))
    assert outcome.accepted == 1
    assert [(one.index, one.id, one.code) for one in outcome.rejected] == [(1, "2", "no_consent")]
    assert Hit.objects.get().id == "1"
    tally = Tally.objects.get()
    assert (tally.stored, tally.duplicates, tally.refused, tally.cookieless) == (1, 0, 1, 0)


def test_a_counter_may_count_nobody_without_consent(cast):
    save(cast, without_consent="nothing", consent="required")
    outcome = take(cast, a_hit("1"), a_hit("2", consent="none"), a_hit("3", consent="granted"))
    assert [one.code for one in outcome.rejected] == ["no_consent", "no_consent"]
    assert Hit.objects.get().id == "3"
    assert Tally.objects.get().refused == 2
    told = without_consent(account_id=cast.account.pk, since=NOON - timedelta(days=7))
    assert (told.counted, told.left_out) == (0, 2)
    page = PortalClient(cast.account)
    page.force_login(cast.owner.user)
    assert "2 hits left out" in page.get("/admin/health/").content.decode()
    shown = Api(cast, "read").get("health/").json()["without_consent"]
    assert shown == {"counted": 0, "left_out": 2}


def test_what_held_when_a_hit_arrived_decides(cast, frozen):
    for change in (
        {"consent": "required", "without_consent": "nothing"},
        {"consent": "not_required"},
        {"respect_dnt": True, "without_consent": "cookieless"},
    ):
        frozen.shift(timedelta(hours=1))
        save(cast, **change)
    arriving, hit = Arrivals([cast.counter]), hit_in(client_id="c1")

    def kept(minutes, **signals):
        found = arriving.of(cast.counter, hit, NOON + timedelta(minutes=minutes), **signals)
        return "refused" if found.refused else "counted" if found.visitor else "kept"

    expected = {-1: "kept", 59: "kept", 60: "refused", 119: "refused", 120: "kept", 179: "kept", 181: "kept"}
    assert {minutes: kept(minutes) for minutes in expected} == expected
    assert kept(179, dnt=True) == "kept"
    assert kept(180, dnt=True) == "counted"


def test_the_name_changes_with_the_day_the_counter_the_address_and_the_browser(cast, frozen):
    told = (cast.counter.pk, "192.0.2.7", "Mozilla")
    name = visitors.visitor(*told)
    assert visitors.visitor(*told) == name
    others = {
        visitors.visitor(cast.other_counter.pk, "192.0.2.7", "Mozilla"),
        visitors.visitor(cast.counter.pk, "192.0.2.8", "Mozilla"),
        visitors.visitor(cast.counter.pk, "192.0.2.7", "Opera"),
    }
    frozen.shift(timedelta(hours=12))
    others.add(visitors.visitor(*told))
    assert len(others | {name}) == 5


def test_the_salt_of_yesterday_is_gone(cast, frozen):
    visitors.visitor(cast.counter.pk, "192.0.2.7", "Mozilla")
    (old,) = Salt.objects.all()
    frozen.shift(timedelta(days=1))
    visitors.visitor(cast.counter.pk, "192.0.2.7", "Mozilla")
    (new,) = Salt.objects.all()
    assert (new.day, bytes(new.salt) == bytes(old.salt)) == (NOON.date() + timedelta(days=1), False)
    frozen.shift(timedelta(days=1))
    forget_salts()
    assert not Salt.objects.exists()


def test_all_processes_have_the_same_salt(cast):
    name = visitors.visitor(1, "192.0.2.7", "Mozilla")
    visitors.forget()
    assert visitors.visitor(1, "192.0.2.7", "Mozilla") == name


def test_no_trace_of_those_without_consent_in_any_table(cast):
    marks = {"client_id": "trace-c", "user_id": "trace-u", "purchase_id": "trace-p", "ip": "198.51.100.77"}
    click = {
        "click_ids": {"gclid": "trace-g"},
        "params": {"who": "trace-w"},
        "referrer": "https://x.example/trace-r",
    }
    for consent, type_ in (("none", "pageview"), ("none", "event")):
        take(cast, a_hit(f"{type_}", type=type_, name="trace-n", consent=consent, **marks, **click,
                         url=PAGE + "?yclid=trace-y"))  # fmt: skip
    assert Hit.objects.count() == 1
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" AS t')
            text = json.dumps(cursor.fetchall())
            assert "trace-" not in text, table
            assert "198.51.100.77" not in text, table
    assert serializers.serialize("json", Tally.objects.all())
