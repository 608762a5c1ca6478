"""A day of the account is the same everywhere: totals, rows, lists behind them, pages, API and CSV, over clock changes.

The database's zone files know nothing of what 2026 changed in some of these zones; Python's pinned ones do.
"""

import csv
import io
from collections import Counter
from datetime import UTC, datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
import time_machine

from apps.accounts.models import Account, AuditEntry
from apps.conversions.models import ChatStates, Inquiry
from apps.reports.chats import chat_rates
from apps.visits.models import Visit
from tests.api.calls import Api
from tests.backoffice.conftest import a_goal
from tests.exports.rows import a_conversation, a_conversion
from tests.goals.chats import a_channel, a_chat_goal
from tests.portal import PortalClient

CASES = [  # a zone, and a local midnight of UTC about which something happens
    ("America/Vancouver", "2026-12-01T07:00"),
    ("America/Edmonton", "2026-11-02T06:00"),
    ("Africa/Casablanca", "2026-10-04T00:00"),
    ("CET", "2026-10-25T00:00"),
    ("MET", "2026-03-29T00:00"),
    ("EET", "2026-10-25T00:00"),
    ("WET", "2026-10-25T00:00"),
    ("America/Havana", "2026-11-01T05:00"),
    ("Asia/Beirut", "2026-03-28T22:00"),
    ("America/Santiago", "2026-04-05T03:30"),
]


def a_world(cast, zone, middle):
    """Facts each 47 minutes for 17 hours to both sides, and a microsecond about each whole hour near by."""
    Account.objects.filter(pk=cast.account.pk).update(timezone=zone)
    steps = [timedelta(minutes=47 * n) for n in range(-22, 23)]
    edges = [timedelta(hours=n, microseconds=us) for n in range(-2, 3) for us in (-1, 0)]
    instants = sorted({middle + step for step in [*steps, *edges]})
    goal = a_goal(cast)
    chat_goal = a_chat_goal(a_channel(cast.account))
    chat = a_conversation(cast, "T-1", middle)
    rows = [_inquiry(cast, chat_goal, chat, number, at) for number, at in enumerate(instants, start=1)]
    Inquiry.objects.bulk_create(rows)
    for number, at in enumerate(instants):
        a_conversion(cast, goal, at, hit=f"h{number}", ticket="T-1")
    AuditEntry.objects.filter(account=cast.account).delete()
    AuditEntry.objects.bulk_create(
        [AuditEntry(account=cast.account, at=at, actor="a", action="b", target="c") for at in instants]
    )
    Visit.objects.bulk_create(
        [
            Visit(
                started_at=at,
                ended_at=at,
                **_plain(Visit, account_id=cast.account.pk, counter_id=cast.counter.pk),
            )
            for at in instants
        ]
    )
    return instants


def _plain(model, **values):
    """Values of a row that says nothing but these."""
    nothing = {"IntegerField": 1, "JSONField": {}, "BooleanField": False}
    kinds = {field.name: field.get_internal_type() for field in model._meta.fields}
    rest = {
        name: next((value for kind_, value in nothing.items() if kind.endswith(kind_)), "")
        for name, kind in kinds.items()
        if name not in values and not kind.endswith(("AutoField", "DateTimeField"))
    }
    return {**rest, **values}


def _inquiry(cast, goal, chat, number, at):
    return Inquiry(
        account_id=cast.account.pk,
        conversation_id=chat.pk,
        number=number,
        channel_id=goal.channel_id,
        goal_id=goal.pk,
        version_id=goal.current_id,
        state=[ChatStates.ACHIEVED, ChatStates.MISSED][number % 2],
        began_at=at,
        ended_at=at,
        replied_at=at,
        agent_id=cast.ana.pk,
    )


@pytest.mark.parametrize(("zone", "at"), CASES)
def test_each_day_has_the_same_facts_everywhere(cast, zone, at):
    middle = datetime.fromisoformat(at).replace(tzinfo=UTC)
    with time_machine.travel(middle + timedelta(days=3), tick=False):
        instants = a_world(cast, zone, middle)
        days = Counter(instant.astimezone(ZoneInfo(zone)).date() for instant in instants)
        browser = PortalClient(cast.account)
        browser.force_login(cast.owner.user)
        first, last = min(days), max(days)
        page = browser.get(f"/admin/chat-analytics/?by=date&first_day={first}&last_day={last}")
        shown = {row["name"]: row["counts"].ended for row in page.context["rows"]}
        assert shown == {str(day): count for day, count in days.items()}
        assert page.context["total"]["counts"].ended == len(instants)
        for row in page.context["rows"]:
            behind = browser.get(unescape(row["href"])).context["rows"]
            assert len(behind) == row["counts"].ended
        table = browser.get(page.context["csv"]).content.decode("utf-8-sig")
        assert {row["date"]: int(row["ended"]) for row in csv.DictReader(io.StringIO(table))} == shown
        report = Api(cast, "read").get(f"reports/chat-goals/?by=date&from={first}&to={last}").json()
        assert {row["name"]: row["counts"]["ended"] for row in report["rows"]} == shown
        for day, count in days.items():
            for path in ("conversions", "visits"):
                listed = browser.get(f"/admin/{path}/?first_day={day}&last_day={day}").context["rows"]
                assert len(listed) == count, (path, day)
            assert len(browser.get(f"/admin/audit/?on={day}").context["rows"]) == count
            rows = f"/api/v1/reports/chat-goals/inquiries/?from={day}&to={day}&limit=200"
            assert len(Api(cast, "read").get(rows).json()["results"]) == count


@pytest.mark.parametrize(
    ("zone", "now", "hours"),
    [
        ("America/Havana", "2026-11-01T04:30", 0.5),  # the first midnight
        ("America/Havana", "2026-11-01T05:30", 1.5),  # after the second
        ("America/Vancouver", "2026-12-02T06:30", 23.5),
        ("Asia/Beirut", "2026-03-28T22:30", 0.5),
        ("Asia/Kathmandu", "2026-05-04T18:14", 23 + 59 / 60),
    ],
)
def test_today_begins_at_the_first_midnight(cast, zone, now, hours):
    now = datetime.fromisoformat(now).replace(tzinfo=UTC)
    with time_machine.travel(now, tick=False):
        Account.objects.filter(pk=cast.account.pk).update(timezone=zone)
        goal, second = a_goal(cast), timedelta(seconds=1)
        midnight = now - timedelta(hours=hours)
        for number, at in enumerate([midnight - second, midnight, now - second]):
            a_conversion(cast, goal, at, hit=f"h{number}")
        browser = PortalClient(cast.account)
        browser.force_login(cast.owner.user)
        counts = {when: count for _words, count, when in browser.get("/admin/").context["counts"]}
        assert counts["today"] == len(browser.get("/admin/conversions/?lately=today").context["rows"]) == 2


def test_a_report_costs_the_same_for_a_day_and_for_a_year(cast, django_assert_num_queries):
    days = {"first_day": datetime(2026, 5, 4, tzinfo=UTC).date()}
    for first in (days["first_day"], days["first_day"] - timedelta(days=365)):
        with django_assert_num_queries(4):
            rates = chat_rates(
                account_id=cast.account.pk, first_day=first, last_day=days["first_day"], by="date"
            )
        assert len(rates.rows) == (days["first_day"] - first).days + 1


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_ends_of_the_calendar_are_no_error(cast, day):
    Account.objects.filter(pk=cast.account.pk).update(timezone="Pacific/Kiritimati")
    browser = PortalClient(cast.account)
    browser.force_login(cast.owner.user)
    for path in ("conversions", "visits", "chat-analytics", "chat-analytics/inquiries"):
        assert browser.get(f"/admin/{path}/?first_day={day}&last_day={day}").status_code == 200, path
    assert browser.get(f"/admin/audit/?on={day}").status_code == 200
    for path in ("reports/chat-goals/", "reports/chat-goals/inquiries/"):
        assert Api(cast, "read").get(f"{path}?from={day}&to={day}").status_code == 200, path


def test_a_zone_that_the_data_has_no_longer_is_utc_and_said_so(cast):
    Account.objects.filter(pk=cast.account.pk).update(timezone="US/Pacific-New")
    browser = PortalClient(cast.account)
    browser.force_login(cast.owner.user)
    page = browser.get("/admin/").content.decode()
    assert "The time zone US/Pacific-New of this account is not in the portal's zone data" in page
    for path in ("goals", "conversions", "chat-analytics", "visits", "audit", "settings"):
        assert browser.get(f"/admin/{path}/").status_code == 200, path
    assert browser.get("/workspace/").status_code == 200
    said = browser.get("/admin/settings/").context["form"]
    assert said["timezone"].value() == "US/Pacific-New"
    assert ("US/Pacific-New", "US/Pacific-New (not known; counted as UTC)") in said.fields["timezone"].choices
    api = Api(cast, "owner")
    assert api.patch(f"accounts/{cast.account.pk}/", {"name": "Still the shop"}).status_code == 200
    assert (
        api.patch(f"accounts/{cast.account.pk}/", {"timezone": "US/Pacific-New", "name": "x"}).status_code
        == 200
    )
    assert api.patch(f"accounts/{cast.account.pk}/", {"timezone": "Mars/Base"}).status_code == 400
