"""Conversation events: stored once, in any order, with whom and what they name."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apps.accounts.models import Account, Agent, Group
from apps.conversations.models import Channel, Conversation, Event
from apps.core import clock
from apps.intake.services import take_events
from apps.people.models import Identity, Link, Mark
from tests.cast import Cast

T0 = datetime(2026, 5, 4, 12, tzinfo=UTC)


def an_event(number: int, **values: Any) -> dict[str, Any]:
    return {
        "id": f"e{number}",
        "conversation": "T-1",
        "channel": "web",
        "time": (T0 + timedelta(minutes=number)).isoformat(),
        "type": "message",
        "author": {"kind": "person"},
        **values,
    }


def take(cast: Cast, *events: Any) -> Any:
    return take_events(account_id=cast.account.pk, raw=list(events))


def test_a_bad_event_is_told_and_its_neighbours_are_taken(cast: Cast) -> None:
    future = (clock.now() + timedelta(minutes=6)).isoformat()
    outcome = take(
        cast,
        an_event(1),
        an_event(2, time="yesterday"),
        "no object",
        an_event(3, time=future),
        an_event(4, type="status", status="done"),
        an_event(5, person={"client_id": "NaN"}),
        an_event(6, author={"kind": "manager"}),
        an_event(7, text="a\x00b"),
        an_event(8),
    )
    assert (outcome.accepted, outcome.duplicates) == (2, 0)
    assert [(one.index, one.id, one.code) for one in outcome.rejected] == [
        (1, "e2", "invalid"),
        (2, None, "invalid"),
        (3, "e3", "time_in_future"),
        (4, "e4", "invalid_choice"),
        (5, "e5", "invalid_identity"),
        (6, "e6", "invalid_choice"),
        (7, "e7", "not_storable"),
    ]
    assert all(one.detail for one in outcome.rejected)


def test_the_first_of_each_id_counts_within_a_batch_and_later(cast: Cast) -> None:
    assert take(cast, an_event(1), an_event(1, conversation="T-2")).duplicates == 1
    outcome = take(cast, an_event(1, conversation="T-3"), an_event(2))
    assert (outcome.accepted, outcome.duplicates) == (1, 1)
    assert [one.ticket for one in Conversation.objects.all()] == ["T-1"]
    assert Event.objects.count() == 2


def test_the_same_id_on_another_channel_is_another_event(cast: Cast) -> None:
    assert take(cast, an_event(1), an_event(1, channel="telegram")).accepted == 2


def test_unknown_names_become_placeholders(cast: Cast) -> None:
    take(
        cast,
        an_event(1, type="assignment", agent="zoe", group="vip"),
        an_event(2, author={"kind": "agent", "agent": "yan"}),
    )
    assert set(Agent.objects.filter(placeholder=True).values_list("external_id", flat=True)) == {"zoe", "yan"}
    assert Group.objects.get(external_id="vip").placeholder
    assert Channel.objects.get().placeholder


def test_what_an_assignment_leaves_out_is_not_none(cast: Cast) -> None:
    take(
        cast,
        an_event(1, type="assignment", agent="ana", group="sales"),
        an_event(2, type="assignment", agent=None),
        an_event(3, type="assignment", group=None),
        an_event(4, type="assignment"),
    )
    kinds = [Event.Kind(one.kind).name for one in Event.objects.order_by("time")]
    assert kinds == ["ASSIGN", "ASSIGN_AGENT", "ASSIGN_GROUP", "ASSIGN_NOTHING"]


def test_a_conversation_is_whose_the_earliest_event_names_whatever_comes_first(cast: Cast) -> None:
    take(cast, an_event(5, person={"client_id": "15"}), an_event(6, person={"client_id": "16"}))
    first = Conversation.objects.get().person_id
    take(cast, an_event(3, person={"client_id": "13"}), an_event(2), an_event(9, person={"client_id": "19"}))
    conversation = Conversation.objects.get()
    assert conversation.begun_at == T0 + timedelta(minutes=2)
    assert conversation.person_id == Identity.objects.get(value="13").person_id
    marked = set(Mark.objects.filter(since=clock.BEGINNING).values_list("person_id", flat=True))
    assert {first, conversation.person_id} <= marked


def test_a_sign_in_later_gives_earlier_conversations_to_the_user(cast: Cast) -> None:
    take(cast, an_event(1, person={"client_id": "11"}))
    take(cast, an_event(2, conversation="T-2", person={"client_id": "11", "user_id": "anna@x"}))
    user = Identity.objects.get(kind=Identity.Kind.USER_ID)
    assert {one.person_id for one in Conversation.objects.all()} == {user.person_id}
    assert Link.objects.count() == 1


def test_a_browser_that_two_share_is_split_in_time(cast: Cast) -> None:
    take(
        cast,
        an_event(10, conversation="A", person={"client_id": "11", "user_id": "anna"}),
        an_event(20, conversation="B", person={"client_id": "11", "user_id": "bert"}),
        an_event(15, conversation="mine", person={"client_id": "11"}),
        an_event(25, conversation="yours", person={"client_id": "11"}),
    )
    people = dict(Conversation.objects.values_list("ticket", "person_id"))
    assert people["mine"] == people["A"] != people["B"] == people["yours"]


@pytest.mark.parametrize(
    ("policy", "kept"),
    [("keep", "call 555 or a@b.example"), ("mask", "call *** or *"), ("drop", None)],
)
def test_message_text_is_kept_masked_or_dropped(cast: Cast, policy: str, kept: str | None) -> None:
    Account.objects.filter(pk=cast.account.pk).update(message_text=policy)
    take(cast, an_event(1, text="call 555 or a@b.example"))
    assert (Event.objects.get().detail or {}).get("text") == kept


def test_a_batch_has_at_most_a_thousand_items(cast: Cast) -> None:
    outcome = take(cast, *(an_event(number, time=T0.isoformat()) for number in range(1001)))
    assert (outcome.accepted, [one.code for one in outcome.rejected]) == (1000, ["too_many"])


def test_accounts_do_not_meet(cast: Cast) -> None:
    take(cast, an_event(1, person={"client_id": "11"}))
    take_events(account_id=cast.other.pk, raw=[an_event(1, person={"client_id": "11"})])
    people = Conversation.objects.values_list("account_id", "person_id")
    assert len(set(people)) == len({person for _, person in people}) == 2
