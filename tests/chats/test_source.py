"""Each sentence of the source document about chat goals, as docs/chat-goals.md lists them, in their order.

What they say of screens is in tests/backoffice/test_chat_goals.py.
"""

from datetime import date, timedelta

import pytest

from apps.conversions.chat_selectors import ChatView
from apps.core import clock
from apps.core.errors import Refused
from apps.goals.services import save_chat_goal
from apps.hourly.services import look_at_chats
from apps.reports.chats import ChatRates, chat_rates
from tests.chats.telling import PURCHASE, THANKS, Telling
from tests.goals.chats import a_channel, a_chat_goal, a_draft

TODAY = date(2026, 5, 4)


def rates(told: Telling, by: str, first: date = TODAY, last: date = TODAY) -> ChatRates:
    look_at_chats(account_id=told.account.pk)
    return chat_rates(account_id=told.account.pk, first_day=first, last_day=last, by=by)


def test_by_setting_a_chat_goal_you_can_evaluate_whether_the_assignee_has_achieved_it(told: Telling) -> None:
    told.set_goal()
    assert told.person().agent("ana").state() == "in_process"
    view = told.hit().view()
    assert (view.state, view.agent) == ("achieved", "Ana")


def test_you_can_set_one_chat_goal_per_channel(told: Telling) -> None:
    told.set_goal()
    with pytest.raises(Refused):
        a_chat_goal(told.channel, condition=PURCHASE)
    a_chat_goal(a_channel(told.account, "telegram"), condition=PURCHASE)


def test_set_the_period_and_event_and_click_save(told: Telling) -> None:
    goal = told.set_goal(PURCHASE, days=15)
    assert goal.current
    assert (goal.current.category, goal.current.value, goal.current.frame_days) == ("event", "purchase", 15)


def test_events_count_within_the_timeframe_which_starts_from_the_managers_initial_reply(
    told: Telling,
) -> None:
    told.set_goal(days=1)
    told.person(ticket="before").hit().wait(microseconds=1).agent(ticket="before")
    assert told.state("before") == "in_process"
    told.hit()  # in the very instant of the reply
    assert told.state("before") == "achieved"
    told.wait(days=2).person(ticket="last").agent(ticket="last").wait(days=1).hit()  # in the last instant
    assert told.state("last") == "achieved"


@pytest.mark.parametrize("days", [1, 3, 7, 15, 30])
def test_you_can_select_a_time_frame_of_1_3_7_15_or_30_days(told: Telling, days: int) -> None:
    told.set_goal(days=days)
    told.person().agent().wait(days=days)
    assert told.state() == "in_process"
    assert told.wait(microseconds=1).state() == "missed"
    with pytest.raises(Refused):
        told.set_goal(days=days + 1)


def test_events_outside_of_the_time_frame_are_regarded_as_unachieved(told: Telling) -> None:
    told.set_goal(days=1)
    told.person().hit().wait(microseconds=1).agent().wait(days=1, microseconds=1).hit()
    assert told.state() == "missed"


def test_select_the_event_you_want_to_achieve(told: Telling) -> None:
    told.set_goal(PURCHASE)
    told.person().agent().hit()
    assert told.state() == "in_process"  # another event
    told.hit(type="event", name="purchase", url=None)
    assert told.state() == "achieved"


def test_you_can_check_the_status_of_each_user_chat_on_the_panel(told: Telling) -> None:
    told.set_goal()
    told.person().agent().wait(minutes=1).person(ticket="T-2")
    view: ChatView = told.view()
    assert (view.label, view.tracked, view.goal_words) == (
        "In process",
        True,
        "a view of a page whose URL contains /thanks, within 3 days of the first reply",
    )
    assert view.frame_ends_at == clock.now() - timedelta(minutes=1) + timedelta(days=3)
    assert told.view("T-2").first_reply_at is None


def test_none_the_chat_goal_has_not_yet_been_set(told: Telling) -> None:
    assert told.person().state() == "none"
    told.agent().wait(minutes=1)
    told.set_goal()
    assert told.state() == "none"  # nor was it when the manager replied


def test_in_process_the_manager_has_not_sent_the_first_reply_yet(told: Telling) -> None:
    told.set_goal()
    assert told.person().state() == "in_process"
    told.event(type="message", author={"kind": "bot", "agent": "robo"})
    told.event(type="message", public=False, author={"kind": "agent", "agent": "ana"})
    assert told.view().first_reply_at is None  # a bot's message and a note are no reply
    assert told.agent().view().first_reply_at == clock.now()
    assert told.state() == "in_process"  # and on, until the event or the end of the time frame


def test_missed_goal_the_set_chat_goal_was_not_achieved(told: Telling) -> None:
    told.set_goal(days=1)
    view = told.person().agent().wait(days=1, microseconds=1).view()
    assert (view.state, view.label) == ("missed", "Missed goal")


def test_achieved_the_chat_goal_was_achieved_within_the_set_time_period(told: Telling) -> None:
    told.set_goal(days=1)
    view = told.person().agent().wait(hours=5).hit().view()
    assert (view.label, [one.at for one in view.achieved]) == ("Achieved", [clock.now()])


def test_once_achieved_the_status_stays_achieved(told: Telling) -> None:
    told.set_goal(days=1)
    told.person().agent().wait(hours=1).hit().wait(days=40)
    told.close().wait(days=1).person().agent().wait(days=2)
    assert told.state() == "achieved"


def test_reopened_and_answered_a_new_goal_is_established_if_the_original_goal_has_changed(
    told: Telling,
) -> None:
    told.set_goal()
    told.person().agent().hit().wait(hours=1).close()
    told.wait(hours=1).set_goal(PURCHASE, days=7)
    assert told.wait(hours=1).person().state() == "achieved"  # until the manager responds
    view = told.agent().view()
    assert (view.state, view.goal_words) == (
        "in_process",
        "the event purchase, within 7 days of the first reply",
    )


def test_upon_achieving_the_new_goal_both_times_and_the_updated_goal_show(told: Telling) -> None:
    told.set_goal()
    told.person().agent().wait(minutes=1).hit().close().wait(hours=1)
    first = clock.now() - timedelta(hours=1)
    told.set_goal(PURCHASE, days=7)
    view = told.wait(hours=1).person().agent().view()
    assert [one.at for one in view.achieved] == [first]  # while the new one is judged, the old time shows
    told.wait(hours=1).hit(type="event", name="purchase", url=None)
    view = told.view()
    assert [(one.at, one.goal) for one in view.achieved] == [
        (first, "a view of a page whose URL contains /thanks, within 3 days of the first reply"),
        (clock.now(), "the event purchase, within 7 days of the first reply"),
    ]


def test_review_achievement_within_a_period_by_date_or_manager(told: Telling) -> None:
    told.set_goal()
    told.person(ticket="a").agent("ana", ticket="a").hit().close(ticket="a")
    told.wait(days=1).person(ticket="b").agent("ben", ticket="b").close(ticket="b")
    by_date = rates(told, "date", TODAY, TODAY + timedelta(days=2))
    assert [(row.name, row.counts.achieved, row.counts.ended) for row in by_date.rows] == [
        ("2026-05-04", 1, 1),
        ("2026-05-05", 0, 1),
        ("2026-05-06", 0, 0),
    ]
    by_member = rates(told, "member", TODAY, TODAY)
    assert [(row.name, row.counts.ended) for row in by_member.rows] == [("Ana", 1)]


def test_you_can_check_the_achievement_rate_for_each_member(told: Telling) -> None:
    told.set_goal(days=1)
    for ticket, name in (("a", "ana"), ("b", "ana"), ("c", "ben")):
        told.person(ticket=ticket).agent(name, ticket=ticket).close(ticket=ticket).wait(minutes=1)
        if ticket == "a":
            told.hit()
            told.wait(days=1, minutes=1)
    told.wait(days=2)
    told.person(ticket="d").close(ticket="d")  # nobody replied
    found = rates(told, "member", TODAY, TODAY + timedelta(days=9)).rows
    assert [(row.name, row.counts.rate) for row in found] == [("Ana", 0.5), ("Ben", 0.0), ("nobody", 0.0)]


def test_the_rate_is_chats_that_achieved_goals_by_chats_that_ended(told: Telling) -> None:
    told.set_goal(days=1)
    told.person(ticket="won").agent(ticket="won").hit().close(ticket="won").wait(days=1, minutes=1)
    told.person(ticket="lost").agent(ticket="lost").close(ticket="lost").wait(days=1, minutes=1)
    told.person(ticket="pending").agent(ticket="pending").close(ticket="pending")
    told.person(ticket="goes on").agent(ticket="goes on")
    total = rates(told, "date", TODAY, TODAY + timedelta(days=9)).total
    assert (total.ended, total.achieved, total.missed, total.pending, total.unanswered) == (3, 1, 1, 1, 0)
    assert total.rate == pytest.approx(1 / 3)


def test_you_can_check_achievement_by_date_in_real_time(told: Telling) -> None:
    told.set_goal()
    told.person().agent().close()
    assert rates(told, "date").total.achieved == 0
    told.hit()
    assert rates(told, "date").total.achieved == 1


def test_members_are_listed_by_how_they_are_doing(told: Telling) -> None:
    told.set_goal(days=1)
    told.person(ticket="a").agent("ana", ticket="a").close(ticket="a").wait(days=1, minutes=1)
    told.person(ticket="b").agent("ben", ticket="b").hit().close(ticket="b")
    assert [row.name for row in rates(told, "member", TODAY, TODAY + timedelta(days=2)).rows] == [
        "Ben",
        "Ana",
    ]


def test_changed_in_the_middle_the_goal_of_the_first_reply_is_tracked(told: Telling) -> None:
    told.set_goal(THANKS, days=3)
    told.person().agent().wait(hours=1)
    told.set_goal(PURCHASE, days=1)
    view = told.wait(hours=1).view()
    assert view.goal_words.startswith("a view of a page whose URL contains /thanks, within 3 days")
    told.hit(type="event", name="purchase", url=None)
    assert told.state() == "in_process"
    assert told.wait(days=2).hit().state() == "achieved"


def test_a_closed_chat_is_measured_against_the_goal_of_its_first_reply(told: Telling) -> None:
    told.set_goal()
    told.person().agent().close().wait(hours=1)
    told.set_goal(PURCHASE)
    assert told.wait(hours=1).hit().state() == "achieved"


def test_the_goal_is_the_one_at_the_managers_first_response_to_the_customers_message(told: Telling) -> None:
    told.set_goal(THANKS)
    told.person().wait(hours=1)
    told.set_goal(PURCHASE)
    assert told.wait(hours=1).agent().view().goal_words.startswith("the event purchase")


def test_resumed_with_a_new_inquiry_it_is_reassessed_with_the_updated_goal(told: Telling) -> None:
    told.set_goal(THANKS, days=1)
    told.person().agent().close().wait(days=2)
    told.set_goal(PURCHASE)
    told.wait(hours=1).person().agent()
    assert told.hit().state() == "in_process"
    assert told.hit(type="event", name="purchase", url=None).state() == "achieved"


def test_achieved_and_reopened_with_the_goal_unchanged_it_is_displayed_as_achieved(told: Telling) -> None:
    told.set_goal(days=1)
    told.person().agent().hit().close().wait(hours=1)
    save_chat_goal(account_id=told.account.pk, user_id=None, draft=a_draft(told.channel, frame_days=1), goal_id=told.goal.pk)  # type: ignore[union-attr]  # fmt: skip
    told.person().agent().close().wait(days=3)
    assert told.state() == "achieved"
    assert rates(told, "date", TODAY, TODAY + timedelta(days=9)).total.ended == 1  # it is not judged again


def test_achieved_and_reopened_with_the_goal_changed_the_goal_at_the_response_assesses(told: Telling) -> None:
    told.set_goal(days=1)
    told.person().agent().hit().close().wait(hours=1)
    told.set_goal(days=3)
    told.wait(hours=1).person().wait(hours=1)
    told.set_goal(days=7)
    view = told.wait(hours=1).agent().view()
    assert (view.state, view.goal_words.endswith("within 7 days of the first reply")) == ("in_process", True)
    assert told.wait(days=7, microseconds=1).state() == "missed"


def test_not_achieved_and_reopened_it_is_assessed_again_from_the_managers_response(told: Telling) -> None:
    told.set_goal(days=1)
    told.person().agent().close().wait(days=2)
    assert told.state() == "missed"
    assert told.person().state() == "in_process"
    told.wait(hours=1).agent()
    assert told.view().first_reply_at == clock.now()
    assert told.wait(days=1).hit().state() == "achieved"


def test_without_the_add_on_the_chat_goal_field_does_not_show(told: Telling) -> None:
    """Here the add-on is the account's switch."""
    told.set_goal()
    told.person().agent()
    told.wait(seconds=1).switch(on=False)
    assert told.view().tracked is False
    told.wait(seconds=1).switch(on=True)
    assert told.view().tracked is True


def test_the_switch_must_be_on_for_the_chat_goal_to_be_applied(told: Telling) -> None:
    told.set_goal()
    told.wait(seconds=1).switch(on=False)
    assert told.wait(seconds=1).person().agent().state() == "none"
    told.wait(seconds=1).switch(on=True)
    assert told.wait(seconds=1).hit().state() == "none"  # as it stood at the first reply


def test_without_it_you_can_still_set_a_goal_but_it_is_not_tracked(told: Telling) -> None:
    told.switch(on=False)
    goal = told.wait(seconds=1).set_goal()
    assert goal.pk
    assert told.wait(seconds=1).person().state() == "none"
    assert told.agent().hit().state() == "none"


def test_when_a_manager_opens_a_chat_the_goal_starts_with_the_reply_after_the_customers_first_response(
    told: Telling,
) -> None:
    told.set_goal(days=1)
    told.agent().hit().wait(hours=1).agent()
    assert told.view().first_reply_at is None
    told.person().hit().wait(hours=1)
    assert told.view().first_reply_at is None
    told.agent()
    assert told.view().first_reply_at == clock.now()
    assert told.state() == "in_process"
    assert told.wait(days=1).hit().state() == "achieved"
