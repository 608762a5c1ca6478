"""The pages of chat goals and of how often they are achieved."""

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from apps.core import clock
from apps.goals.models import ChatGoal, ChatGoalVersion
from apps.hourly.services import look_at_chats
from tests.backoffice.reading import html
from tests.cast import Cast
from tests.chats.telling import Telling, frozen_at_noon
from tests.goals.chats import a_channel
from tests.portal import PortalClient

HOSTILE = '<b x-data="1">{{ 1 }}</b>'


@pytest.fixture
def told(cast: Cast) -> Iterator[Telling]:
    with frozen_at_noon() as hand:
        yield Telling(cast, hand)


@pytest.fixture
def owner(told: Telling, sign_in: Any) -> PortalClient:
    client: PortalClient = sign_in("owner")
    return client


def typed(told: Telling, **changes: Any) -> dict[str, Any]:
    return {
        "channel": str(told.channel.pk), "category": "event", "operator": "is", "value": "purchase",
        "frame_days": "7", **changes,
    }  # fmt: skip


def test_go_to_chat_goals_and_click_add_goal(told: Telling, owner: PortalClient) -> None:
    page = html(owner, "/admin/chat-goals/")
    assert "Add goal" in page
    assert owner.at("/admin/chat-goals/add/") in page
    answer = owner.post("/admin/chat-goals/add/", typed(told))
    assert answer["Location"] == owner.at("/admin/chat-goals/")
    page = html(owner, "/admin/chat-goals/")
    assert "purchase" in page
    assert "7 days" in page
    assert "0 of 0" in page


def test_a_channel_that_has_a_goal_is_not_offered_again(told: Telling, owner: PortalClient) -> None:
    a_channel(told.account, "telegram")
    told.set_goal()
    page = html(owner, "/admin/chat-goals/add/")
    assert "Telegram" in page
    assert "Widget" not in page


def test_what_is_wrong_is_said_at_its_field(told: Telling, owner: PortalClient) -> None:
    answer = owner.post("/admin/chat-goals/add/", typed(told, value=" "))
    assert answer.status_code == 422
    assert "A condition needs a value." in answer.content.decode()
    assert not ChatGoal.objects.exists()
    answer = owner.post("/admin/chat-goals/add/", typed(told, channel="999"))
    assert answer.status_code == 404


def test_a_goal_is_changed_and_its_history_shows_it(told: Telling, owner: PortalClient) -> None:
    goal = told.set_goal()
    told.wait(hours=1)
    owner.post(f"/admin/chat-goals/{goal.pk}/", typed(told))
    assert list(ChatGoalVersion.objects.order_by("number").values_list("value", "frame_days")) == [
        ("/thanks", 3),
        ("purchase", 7),
    ]
    page = html(owner, f"/admin/chat-goals/{goal.pk}/history/")
    assert page.index("Version 2") < page.index("Version 1")
    assert "from 2026-05-04 12:00:00 until 2026-05-04 13:00:00" in page
    owner.post(f"/admin/chat-goals/{goal.pk}/", typed(told))  # the same again
    assert ChatGoalVersion.objects.count() == 2


def test_deleting_asks_first_and_says_what_goes(told: Telling, owner: PortalClient) -> None:
    goal = told.set_goal()
    told.person().agent()
    look_at_chats(account_id=told.account.pk)
    page = html(owner, f"/admin/chat-goals/{goal.pk}/delete/")
    assert "The state of 1 conversation goes with it." in page
    assert ChatGoal.objects.filter(deleted_at=None).exists()
    owner.post(f"/admin/chat-goals/{goal.pk}/delete/")
    assert not ChatGoal.objects.filter(deleted_at=None).exists()


def test_the_page_says_when_chat_goals_are_not_tracked(told: Telling, owner: PortalClient) -> None:
    told.set_goal()
    assert "does not track chat goals" not in html(owner, "/admin/chat-goals/")
    told.wait(seconds=1).switch(on=False)
    assert "does not track chat goals" in html(owner, "/admin/chat-goals/")


def a_week(told: Telling) -> None:
    """Two won by Ana, one lost by Ben, one pending, one unanswered."""
    told.set_goal(days=1)
    for ticket, name in (("w1", "ana"), ("w2", "ana"), ("lost", "ben")):
        told.person(ticket=ticket).agent(name, ticket=ticket).close(ticket=ticket)
        if ticket != "lost":
            told.wait(minutes=1).hit()
        told.wait(days=1, minutes=2)
    told.person(ticket="open").agent("ben", ticket="open").close(ticket="open")
    told.person(ticket="alone").close(ticket="alone")
    look_at_chats(account_id=told.account.pk)


def test_rates_stand_in_a_chart_and_a_table_and_lead_to_the_rows(told: Telling, owner: PortalClient) -> None:
    a_week(told)
    page = html(owner, "/admin/chat-analytics/")
    assert page.count("<svg role") == 3  # Ana, Ben, nobody
    assert "2 of 2 achieved" in page
    assert "40 %" in page
    rows = html(
        owner, f"/admin/chat-analytics/inquiries/?member={told.account.agents.get(external_id='ben').pk}"
    )
    assert [ticket in rows for ticket in ("lost", "open", "w1", "alone")] == [True, True, False, False]
    assert "Missed goal" in rows
    nobody = html(owner, "/admin/chat-analytics/inquiries/?member=0&outcome=unanswered")
    assert [ticket in nobody for ticket in ("alone", ">open<")] == [True, False]


@pytest.mark.parametrize(("by", "rows"), [("member", 3), ("date", 30), ("channel", 1)])
def test_the_table_is_a_file_too(told: Telling, owner: PortalClient, by: str, rows: int) -> None:
    a_week(told)
    answer = owner.get(f"/admin/chat-analytics/csv/?by={by}")
    text = answer.content.decode("utf-8-sig")
    assert answer["Content-Disposition"].startswith(f'attachment; filename="chat-goals-{by}-')
    read = list(csv.DictReader(io.StringIO(text)))
    assert len(read) == rows
    assert sum(int(row["ended"]) for row in read) == 5
    assert sum(int(row["achieved"]) for row in read) == 2


def test_a_period_that_makes_no_sense_is_told(told: Telling, owner: PortalClient) -> None:
    query = "?first_day=2026-05-04&last_day=2026-05-01"
    for page in ("", "inquiries/"):
        assert "lies before the first" in html(owner, f"/admin/chat-analytics/{page}{query}")
    assert owner.get(f"/admin/chat-analytics/csv/{query}").status_code == 400


def test_texts_from_outside_show_as_text(told: Telling, owner: PortalClient) -> None:
    told.set_goal()
    channel = told.channel
    channel.name = HOSTILE
    channel.save(update_fields=["name"])
    told.person(ticket=HOSTILE).agent(HOSTILE, ticket=HOSTILE).close(ticket=HOSTILE)
    look_at_chats(account_id=told.account.pk)
    for path in ("/admin/chat-goals/", "/admin/chat-analytics/", "/admin/chat-analytics/inquiries/"):
        page = html(owner, path)
        assert "<b x-data" not in page
        assert "&lt;b x-data" in page
    file = owner.get("/admin/chat-analytics/csv/").content.decode()
    assert '"<b x-data=""1"">{{ 1 }}</b>"' in file


def test_pages_cost_a_fixed_number_of_queries(
    told: Telling, owner: PortalClient, django_assert_max_num_queries: Any
) -> None:
    a_week(told)
    for number in range(12):
        told.person(ticket=f"n{number}").agent(f"n{number}", ticket=f"n{number}").close(ticket=f"n{number}")
    look_at_chats(account_id=told.account.pk)
    for path in ("chat-goals/", "chat-analytics/", "chat-analytics/?by=date", "chat-analytics/inquiries/"):
        with django_assert_max_num_queries(22):
            html(owner, f"/admin/{path}")


def test_a_frame_that_has_just_ended_counts_as_missed_at_once(told: Telling, owner: PortalClient) -> None:
    a_week(told)
    told.clock.move_to(clock.now() + timedelta(days=1, seconds=1))
    page = html(owner, "/admin/chat-analytics/inquiries/?outcome=missed")
    assert [ticket in page for ticket in (">open<", ">lost<")] == [True, True]
