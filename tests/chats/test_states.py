"""Stored states and the panel: what changes them, when, and in which words."""

from datetime import timedelta

import pytest

from apps.conversations.models import Conversation
from apps.conversions.chat_selectors import chat_state, chat_states, inquiries, shows
from apps.conversions.models import ChatState, ChatStates, Inquiry
from apps.conversions.services import accounts_waiting, purge_chats
from apps.core import clock
from apps.core.errors import NotThere
from apps.hourly.services import hint_at_chats, look_at_chats
from apps.intake.registry import save_agent
from apps.intake.services import KnownLink, take_links
from tests.api.calls import Api, results
from tests.cast import Cast
from tests.chats.telling import PURCHASE, Telling
from tests.portal import PortalClient


def test_a_frame_that_ends_becomes_missed_by_time_alone(told: Telling) -> None:
    told.set_goal(days=1)
    told.person().wait(minutes=1).agent()
    assert told.state() == "in_process"
    told.wait(days=1)
    assert told.state() == "in_process"  # its last instant counts
    told.wait(microseconds=1)
    assert accounts_waiting() == [told.account.pk]
    assert hint_at_chats() == 1
    assert told.state() == "missed"
    assert accounts_waiting() == []


def test_running_again_writes_nothing(told: Telling) -> None:
    told.set_goal()
    told.person().agent().hit().close()
    assert told.state() == "achieved"
    before = list(ChatState.objects.values()), list(Inquiry.objects.values())
    assert look_at_chats(account_id=told.account.pk)
    assert (list(ChatState.objects.values()), list(Inquiry.objects.values())) == before


def test_a_new_goal_looks_at_every_chat_of_its_channel(told: Telling) -> None:
    for number in range(3):
        told.person(ticket=f"T-{number}")
    told.person(ticket="answered").agent(ticket="answered").wait(minutes=1)
    told.set_goal()
    assert [told.state(f"T-{number}") for number in range(3)] == ["in_process"] * 3
    assert told.state("answered") == "none"


def test_what_becomes_known_of_an_agent_decides_whether_it_replied(told: Telling) -> None:
    told.set_goal()
    told.person().agent("helper")
    assert told.view().first_reply_at is not None
    save_agent(account_id=told.account.pk, external_id="helper", kind="bot")
    assert told.view().first_reply_at is None
    assert told.state() == "in_process"


def test_a_link_brings_the_persons_hits(told: Telling) -> None:
    told.set_goal()
    told.person(person={"user_id": "anna"}).agent(person={"user_id": "anna"}).hit()
    assert told.state() == "in_process"
    take_links(account_id=told.account.pk, links=[KnownLink("7", "anna", clock.now())])
    assert told.state() == "achieved"


def test_a_late_reply_moves_the_frame(told: Telling) -> None:
    told.set_goal(days=1)
    told.person().wait(hours=1).agent().wait(hours=23, minutes=30).hit()
    assert told.state() == "achieved"
    told.agent("ben", at=clock.now() - timedelta(hours=24, minutes=20))
    view = told.view()
    assert (view.state, view.agent) == ("missed", "Ben")


def test_the_panel_says_why(told: Telling) -> None:
    told.set_goal(PURCHASE, days=7)
    assert told.person().view().words[0] == "In process: no agent has replied to the person yet."
    told.wait(minutes=5).agent().wait(hours=1)
    told.hit(type="event", name="purchase", url=None)
    view = told.view()
    assert view.goal_words == "the event purchase, within 7 days of the first reply"
    assert view.words[0] == "Achieved: the event happened within the time frame."
    assert "Ana gave the first reply 2026-05-04 12:05:00" in view.words[1]
    assert "was achieved 2026-05-04 13:05:00 by hit h" in view.words[1]


def test_lists_are_filtered_by_what_chats_show(told: Telling) -> None:
    told.person(ticket="old").agent(ticket="old").wait(minutes=1)
    told.set_goal()
    told.person(ticket="open").person(ticket="done").agent(ticket="done").hit()
    told.view("open")
    account = told.account.pk
    found = {
        state.name: sorted(
            Conversation.objects.filter(shows(account_id=account, state=state), account=account).values_list(
                "ticket", flat=True
            )
        )
        for state in ChatStates
    }
    assert found == {"NONE": ["old"], "IN_PROCESS": ["open"], "ACHIEVED": ["done"], "MISSED": []}


def test_switched_off_neither_panel_nor_badge_nor_filter_shows_and_the_api_says_none(
    cast: Cast, told: Telling
) -> None:
    cast.account.settings_history.update(at=clock.now())  # the cast was made before this clock was turned
    told.wait(minutes=1).set_goal()
    told.person().agent().hit()
    told.view()
    browser = PortalClient(cast.account)
    browser.force_login(cast.owner.user)
    api = Api(cast, "read")
    path = f"/workspace/conversations/{told.chat().pk}/"

    def seen() -> tuple[object, ...]:
        page, listed = browser.get(path), browser.get("/workspace/")
        assert ("Chat goal" in listed.content.decode()) is ("state" in listed.context["filters"].fields)
        return (
            "Chat goal" in page.content.decode(),
            [row.chat is not None for row in listed.context["rows"]],
            "state" in listed.context["filters"].fields,
            [row["chat_goal"] for row in results(api.get("conversations/"))],
            len(results(api.get("conversations/?chat_goal=achieved"))),
            len(results(api.get("conversations/?chat_goal=none"))),
            len(browser.get("/workspace/?state=2").context["rows"]),
        )

    assert seen() == (True, [True], True, ["achieved"], 1, 0, 1)
    told.wait(seconds=1).switch(on=False)
    assert seen() == (False, [False], False, ["none"], 0, 1, 1)
    told.wait(seconds=1).switch(on=True)
    told.view()
    assert seen() == (True, [True], True, ["achieved"], 1, 0, 1)


def test_a_deleted_goal_takes_its_states_with_it_at_once(told: Telling) -> None:
    told.set_goal()
    told.person().agent().hit().close()
    assert told.wait(seconds=1).state() == "achieved"
    told.delete_goal()
    account = told.account.pk
    assert not chat_states(account_id=account).exists()
    assert not inquiries(account_id=account, now=clock.now()).exists()
    assert chat_state(account_id=account, conversation_id=told.chat().pk).state == "none"
    assert purge_chats() == 2
    assert not ChatState.objects.exists()


def test_chats_of_another_account_are_not_there(told: Telling, cast: Cast) -> None:
    told.person()
    with pytest.raises(NotThere):
        chat_state(account_id=cast.other.pk, conversation_id=told.chat().pk)


def test_what_is_ahead_of_the_clock_counts_when_its_time_comes(told: Telling) -> None:
    told.set_goal()
    told.person().agent(at=clock.now() + timedelta(minutes=2))
    assert told.view().first_reply_at is None
    told.wait(minutes=2)
    assert told.view().first_reply_at == clock.now()
