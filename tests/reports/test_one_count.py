"""Conversions are the same number wherever they show, and each number leads to its rows."""

from datetime import timedelta
from html import unescape

import pytest

from apps.conversations.models import Conversation
from apps.conversions.models import Conversion
from apps.conversions.selectors import outcomes
from apps.exports import services as exports
from apps.hourly.services import look_at_chats
from apps.people.models import Identity
from apps.reports.selectors import goal_counts
from apps.workspace import selectors as workspace
from apps.workspace.sight import Sight
from tests.api.calls import Api
from tests.backoffice.conftest import a_goal
from tests.chats.telling import Telling, frozen_at_noon
from tests.exports.rows import a_conversion, an_uncredited, read_csv
from tests.portal import PortalClient
from tests.reports.conftest import NOON
from tests.workspace.stories import a_chat, a_hit, judge

DAY = timedelta(days=1)
AGO = {
    "1 hour": DAY / 24,
    "20 hours": DAY * 20 / 24,
    "7 days": 7 * DAY,
    "8 days": 8 * DAY,
    "31 days": 31 * DAY,
}
LATE = NOON + timedelta(minutes=30)  # by a sender whose clock is ahead


@pytest.fixture
def owner(cast):
    browser = PortalClient(cast.account)
    browser.force_login(cast.owner.user)
    return browser


@pytest.fixture
def goal(cast):
    made = a_goal(cast, days_ago=40)
    for name, ago in AGO.items():
        a_conversion(cast, made, NOON - ago, hit=name)
    a_conversion(cast, made, LATE, hit="ahead")
    a_conversion(cast, made, NOON - DAY, hit="Ben's", agent_id=cast.ben.pk)
    an_uncredited(cast, made, NOON - DAY, hit="nobody's")
    an_uncredited(cast, made, NOON - DAY, hit="dropped", outcome=Conversion.Outcome.SAME_SECOND)
    return made


def linked(browser, path, figure):
    """How many rows the link with this number leads to."""
    page = browser.get(path).content.decode()
    address = page.partition(f'">{figure}</a>')[0].rpartition('href="')[2]
    return len(browser.get(unescape(address)).context["rows"])


def credited(cast, since, until=NOON, **query):
    asked = {"from": since.isoformat(), "to": until.isoformat(), "credited": "true", **query}
    text = "&".join(f"{name}={value}" for name, value in asked.items()).replace("+", "%2B")
    return len(Api(cast, "read").get(f"conversions/?{text}").json()["results"])


def test_a_goals_seven_days_are_those_of_the_overview_the_api_and_the_list(cast, owner, goal):
    (row,) = owner.get("/admin/goals/").context["rows"]
    week = goal_counts(account_id=cast.account.pk, since=NOON - 7 * DAY, until=NOON)[goal.pk]
    shown = {words: count for words, count, _ in owner.get("/admin/").context["counts"]}
    assert row["conversions"] == week.credited == shown["7 days"] == credited(cast, NOON - 7 * DAY) == 4
    assert linked(owner, "/admin/goals/", 4) == linked(owner, "/admin/", 4) == 4
    assert (week.uncredited, week.dropped, week.reaches) == (1, 1, 6)


def test_conversions_are_credited_and_uncredited_and_the_dropped_are_asked_for_by_name(cast, owner, goal):
    def listed(outcome=""):
        page = owner.get(f"/admin/conversions/?outcome={outcome}").context
        return {row["conversion"].hit_id for row in page["rows"]}

    of_api = {row["hit"]["id"] for row in Api(cast, "read").get("conversions/").json()["results"]}
    assert listed() == of_api == listed(1) | listed(2)
    assert (listed(2), listed(3), listed(4)) == ({"nobody's"}, {"dropped"}, set())
    assert "dropped" not in of_api
    assert sum(outcomes(account_id=cast.account.pk, goal_id=goal.pk).values()) == len(of_api) + 1


def test_the_number_of_active_goals_leads_to_them(cast, owner):
    today = NOON.date()
    a_goal(cast, "runs")
    a_goal(cast, "ends", end_date=today)
    a_goal(cast, "over", days_ago=3, start_date=today - 3 * DAY, end_date=today - DAY)
    a_goal(cast, "starts", start_date=today + DAY)
    a_goal(cast, "off", active=False)
    shown = owner.get("/admin/").context["active"]
    assert shown == linked(owner, "/admin/", shown) == 4
    codes = {row["version"].name: row["status"].code for row in owner.get("/admin/goals/").context["rows"]}
    for code in ("active", "remaining", "ended", "inactive"):
        rows = owner.get(f"/admin/goals/?status={code}").context["rows"]
        assert {row["version"].name for row in rows} == {name for name, one in codes.items() if one == code}
    of_api = Api(cast, "read").get("messaging-goals/").json()["results"]
    assert {one["name"]: one["status"]["code"] for one in of_api} == codes
    assert len(Api(cast, "read").get("messaging-goals/?active=true").json()["results"]) == shown


def test_today_and_thirty_days_lead_to_their_rows(cast, owner, goal):
    midnight = NOON.replace(hour=0)
    shown = {words: (count, when) for words, count, when in owner.get("/admin/").context["counts"]}
    assert shown == {"Today": (1, "today"), "7 days": (4, "7"), "30 days": (5, "30")}
    assert linked(owner, "/admin/", 1) == credited(cast, midnight) == 1
    assert linked(owner, "/admin/", 5) == credited(cast, NOON - 30 * DAY) == 5


def test_an_agents_own_score_is_theirs_in_the_list_and_the_api(cast, owner, goal):
    ana = PortalClient(cast.account)
    ana.force_login(cast.agent.user)
    score = ana.get("/workspace/").context["score"]
    listed = owner.get(f"/admin/conversions/?agent={cast.ana.pk}&outcome=1&lately=7").context["rows"]
    assert score.week.conversions == len(listed) == credited(cast, NOON - 7 * DAY, agent="ana") == 3


@pytest.mark.django_db(transaction=True)
def test_the_csv_has_every_row_that_is_counted(cast, owner, goal):
    """Also of a conversation that was erased since, with somebody else whom the person is told apart from."""
    Conversation.objects.filter(account=cast.account).delete()
    export = exports.request_export(
        account_id=cast.account.pk,
        user_id=cast.owner.user_id,
        goal_id=goal.pk,
        first_day=(NOON - 40 * DAY).date(),
        last_day=NOON.date(),
    )
    exports.make(export_id=export.pk)
    export.refresh_from_db()
    rows = read_csv(export)
    of_api = credited(cast, NOON - 40 * DAY, NOON + DAY)
    of_goal = outcomes(account_id=cast.account.pk, goal_id=goal.pk)["credited"]
    assert len(rows) == export.total == export.done == of_api == of_goal == 7
    assert {row["Ticket ID"] for row in rows} == {""}


def test_what_a_counting_rule_dropped_is_no_conversion_of_a_person(cast, owner):
    a_goal(cast, days_ago=1)
    chat = a_chat(cast.account, client="1700")
    for number in range(3):
        a_hit(cast, f"h{number}", at=NOON - timedelta(minutes=1, milliseconds=number), client="1700")
    judge(cast)
    person = Identity.objects.get(account=cast.account, value="1700").person_id
    of_api = Api(cast, "read").get(f"conversions/?person={person}").json()["results"]
    of_page = owner.get(f"/admin/people/{person}/").context["results"]
    history = workspace.read(conversation=chat, span=workspace.Span(50))
    told = workspace.tell(sight=Sight(cast.account.pk, everything=True), conversation=chat, history=history)
    goals = [item.reached.conversion for item in told if item.reached]
    assert Conversion.objects.filter(outcome=Conversion.Outcome.SAME_SECOND).count() == 1
    assert [one["id"] for one in of_page] == [one["id"] for one in of_api] == goals[::-1]


def test_thirty_days_of_a_chat_goal_are_those_of_the_analytics_and_the_api(cast, owner):
    with frozen_at_noon() as hand:
        told = Telling(cast, hand)
        told.set_goal(days=1)
        for ticket in ("before", "within", "today"):
            told.person(ticket=ticket).agent(ticket=ticket).close(ticket=ticket)
            told.wait(**{"before": {"hours": 20}, "within": {"days": 29}, "today": {}}[ticket])
        look_at_chats(account_id=cast.account.pk)
        owner.force_login(cast.owner.user)  # a month has passed
        (row,) = owner.get("/admin/chat-goals/").context["rows"]
        page = owner.get("/admin/chat-goals/").content.decode()
        behind = unescape(page.partition('">0 of 2</a>')[0].rpartition('href="')[2])
        of_api = Api(cast, "owner").get("reports/chat-goals/?by=channel").json()
        assert owner.get("/admin/chat-analytics/").context["rates"].total == row["counts"]
        assert of_api["total"]["ended"] == row["counts"].ended == len(owner.get(behind).context["rows"]) == 2
