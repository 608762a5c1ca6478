"""One world, over a change of clocks: each day's conversions and what they are worth, by page, API, CSV and workspace."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import time_machine

from apps.accounts.models import Account
from apps.conversions.models import Conversion
from apps.exports import services as exports
from apps.reports.selectors import goal_counts
from tests.api.calls import Api
from tests.backoffice.conftest import a_goal
from tests.exports.rows import a_conversion, an_uncredited, read_csv
from tests.portal import PortalClient

WORLDS = [  # a zone, an instant on the day of a change (or of none), a currency, a value and how it is written
    ("Pacific/Auckland", "2026-09-26T18:00", "NZD", "12.5", "12.50"),
    ("Pacific/Auckland", "2026-04-05T02:00", "JPY", "1500", "1500"),
    ("America/St_Johns", "2026-11-01T15:00", "KWD", "1.5", "1.500"),
    ("America/St_Johns", "2026-03-08T15:00", "EUR", "0.005", "0.005"),
    ("Asia/Kathmandu", "2026-05-04T09:00", "EUR", "49.9", "49.90"),
]


def a_world(cast, zone, middle, currency, value):
    """Conversions each 53 minutes from thirty hours before `middle` to thirty after; by turns Ana's, Ben's and nobody's."""
    Account.objects.filter(pk=cast.account.pk).update(timezone=zone, currency=currency)
    with time_machine.travel(middle - timedelta(days=3), tick=False):
        goal = a_goal(cast, transaction_value=Decimal(value))
    days: dict[date, dict[str, int]] = {}
    for number in range(-34, 35):
        at = middle + timedelta(minutes=53 * number, microseconds=number)
        rows = days.setdefault(at.astimezone(ZoneInfo(zone)).date(), {"ana": 0, "ben": 0, "": 0})
        agent = ("ana", "ben", "")[number % 3]
        rows[agent] += 1
        if agent:
            a_conversion(cast, goal, at, hit=f"h{number}", ticket="T-1", agent_id=getattr(cast, agent).pk)
        else:
            an_uncredited(cast, goal, at, hit=f"h{number}")
            an_uncredited(cast, goal, at, hit=f"x{number}", outcome=Conversion.Outcome.SAME_SECOND)
    return goal, days


def of_export(cast, goal, day):
    export = exports.request_export(
        account_id=cast.account.pk, user_id=cast.owner.user_id, goal_id=goal.pk, first_day=day, last_day=day
    )
    exports.make(export_id=export.pk)
    export.refresh_from_db()
    return read_csv(export)


def of_api(cast, start, end):
    period = f"from={start.isoformat()}&to={end.isoformat()}".replace("+", "%2B")
    return Api(cast, "owner").get(f"conversions/?{period}&limit=200").json()["results"]


def bounds(day, zone):
    """The day's instants, the plain way: none of these zones changes its clocks about midnight."""
    midnights = (
        datetime(one.year, one.month, one.day, tzinfo=ZoneInfo(zone))
        for one in (day, day + timedelta(days=1))
    )
    return [midnight.astimezone(UTC) for midnight in midnights]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("zone", "at", "currency", "value", "written"), WORLDS)
def test_each_days_conversions_and_worth_are_one_number(cast, zone, at, currency, value, written):
    middle = datetime.fromisoformat(at).replace(tzinfo=UTC)
    goal, days = a_world(cast, zone, middle, currency, value)
    today = middle.astimezone(ZoneInfo(zone)).date()
    start, end = bounds(today, zone)
    with time_machine.travel(end - timedelta(microseconds=1), tick=False):
        owner, ana = PortalClient(cast.account), PortalClient(cast.account)
        owner.force_login(cast.owner.user)
        ana.force_login(cast.agent.user)
        for day, expected in days.items():
            listed = owner.get(f"/admin/conversions/?first_day={day}&last_day={day}").context["rows"]
            shown = of_api(cast, *bounds(day, zone))
            assert len(listed) == len(shown) == sum(expected.values())
            assert [row["id"] for row in listed] == [row["id"] for row in shown]
        credited = days[today]["ana"] + days[today]["ben"]
        rows, shown = of_export(cast, goal, today), of_api(cast, start, end)
        counts = goal_counts(account_id=cast.account.pk, since=start, until=end)[goal.pk]
        overview = {when: count for _words, count, when in owner.get("/admin/").context["counts"]}
        assert len(rows) == counts.credited == overview["today"] == credited
        assert counts.conversions == len(shown)
        assert [one["value"] for one in shown if one["credited"]] == [written] * credited
        assert {one["value"] for one in shown if not one["credited"]} == {None}
        assert [row["Total transaction value"] for row in rows] == [written] * credited
        score, page = ana.get("/workspace/").context["score"].today, ana.get("/workspace/").content.decode()
        assert score.conversions == days[today]["ana"]
        assert score.values == {currency: Decimal(value) * score.conversions}
        assert f"· {Decimal(written) * score.conversions} {currency}" in page
        table = owner.get(f"/admin/conversions/?first_day={today}&last_day={today}").content.decode()
        assert table.count(f">{written} {currency}<") == credited
        (row,) = owner.get("/workspace/").context["rows"]
        everything = of_api(cast, middle - timedelta(days=4), middle + timedelta(days=4))
        assert [one.times for one in row.goals] == [sum(one["credited"] for one in everything)]


def test_an_export_and_a_table_are_read_alike(cast):
    """Both CSVs begin with a byte order mark and have one heading line."""
    browser = PortalClient(cast.account)
    browser.force_login(cast.owner.user)
    text = browser.get("/admin/chat-analytics/csv/?by=date").content.decode("utf-8-sig")
    assert len(list(csv.DictReader(io.StringIO(text)))) == 30
