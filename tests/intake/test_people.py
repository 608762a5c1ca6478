"""Identities of people: linked by events and by hand, undone, merged; whose things are follows."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from apps.accounts.models import AuditEntry
from apps.conversations.models import Conversation
from apps.core import clock
from apps.core.errors import NotThere, Refused
from apps.intake import registry
from apps.intake.named import Kind, Pair
from apps.intake.services import (
    merge_people,
    redo_link,
    take_events,
    take_hits,
    take_pairs,
    undo_link,
    undo_merge,
)
from apps.people.models import Identity, Mark, Merge, Tie
from apps.people.selectors import identities_of
from tests.cast import Cast

T0 = datetime(2026, 5, 4, 12, tzinfo=UTC)


def say(cast: Cast, number: int, **person: str) -> Any:
    event = {
        "id": f"e{number}",
        "conversation": f"T-{number}",
        "channel": "chat",
        "time": (T0 + timedelta(minutes=number)).isoformat(),
        "type": "message",
        "author": {"kind": "person"},
        "person": person,
    }
    return take_events(account_id=cast.account.pk, raw=[event])


def whose(value: str) -> int:
    """The person that an identity belongs to, as its row says."""
    one = Identity.objects.get(value=value)
    return one.owner_id or one.person_id


def of_conversation(number: int) -> int | None:
    return Conversation.objects.get(ticket=f"T-{number}").person_id


def pk(value: str) -> int:
    return Identity.objects.get(value=value).pk


def test_a_chat_code_makes_visitor_and_messenger_account_one_person(cast: Cast) -> None:
    say(cast, 1, client_id="11")
    say(cast, 2, telegram="7001")
    assert of_conversation(1) != of_conversation(2)
    Mark.objects.all().delete()
    say(cast, 3, client_id="11", telegram="7001")
    assert of_conversation(1) == of_conversation(2) == of_conversation(3) == whose("7001") == whose("11")
    people = set(Mark.objects.filter(reason=Mark.Reason.LINK).values_list("person_id", flat=True))
    assert people == set(Identity.objects.values_list("person_id", flat=True)), "both are judged again"


def test_signing_in_later_takes_the_messenger_along(cast: Cast) -> None:
    say(cast, 1, client_id="11", telegram="7001")
    say(cast, 2, client_id="11", user_id="u1")
    assert of_conversation(1) == whose("7001") == whose("u1")


def test_emails_and_phones_link_only_where_and_while_the_account_allows_it(cast: Cast) -> None:
    say(cast, 1, client_id="11", email="Ana@Shop.example", phone="+49 30 1234567")
    assert len({whose("11"), whose("ana@shop.example"), whose("+49301234567")}) == 3
    registry.save_settings(account_id=cast.account.pk, at=T0, link_contacts=True)
    assert len({whose("11"), whose("ana@shop.example"), whose("+49301234567")}) == 1
    registry.save_settings(account_id=cast.account.pk, at=T0 + timedelta(minutes=2), link_contacts=False)
    assert len({whose("11"), whose("ana@shop.example")}) == 1, "what held at that instant holds"
    say(cast, 3, client_id="13", phone="+49 30 1234567")
    assert whose("13") != whose("+49301234567")
    assert Identity.objects.get(kind=Kind.PHONE).written == "+49 30 1234567"


def test_national_numbers_need_the_accounts_country(cast: Cast) -> None:
    (refused,) = say(cast, 1, phone="030 1234567").rejected
    assert refused.code == "invalid_identity"
    registry.save_settings(account_id=cast.account.pk, phone_country="DE")
    assert say(cast, 1, phone="030 1234567").accepted == 1
    with pytest.raises(Refused):
        registry.save_settings(account_id=cast.account.pk, phone_country="XX")


@pytest.mark.parametrize("field", ["telegram", "email", "phone", "messenger"])
def test_what_names_nobody_is_refused(cast: Cast, field: str) -> None:
    (refused,) = say(cast, 1, **{field: "undefined"}).rejected
    assert (refused.code, field in refused.detail) == ("invalid_identity", True)


def test_a_link_is_undone_and_done_again(cast: Cast) -> None:
    take_hits(counter=cast.counter, raw=[_hit(1)])
    say(cast, 1, client_id="11", telegram="7001")
    say(cast, 2, client_id="11", user_id="u1")
    pair: dict[str, Any] = {"account_id": cast.account.pk, "one": pk("11"), "other": pk("u1")}
    undo_link(**pair, user_id=cast.admin.user_id)
    assert of_conversation(1) == whose("11") == whose("7001") != whose("u1")
    assert of_conversation(2) == whose("u1"), "it named the user ID"
    redo_link(**pair, user_id=cast.admin.user_id)
    assert of_conversation(1) == whose("7001") == whose("u1")
    with pytest.raises(NotThere):
        redo_link(**pair)
    with pytest.raises(NotThere):
        undo_link(account_id=cast.other.pk, one=pk("11"), other=pk("u1"))
    entries = AuditEntry.objects.filter(action__startswith="link.").order_by("pk")
    assert [one.action for one in entries] == ["link.undone", "link.restored"]
    assert not any("u1" in one.target for one in entries), "the log does not name people"


def test_what_is_seen_after_an_undoing_links_again(cast: Cast) -> None:
    say(cast, 1, telegram="7001", user_id="u1")
    undo_link(account_id=cast.account.pk, one=pk("u1"), other=pk("7001"), until=T0 + timedelta(minutes=1))
    assert whose("7001") != whose("u1")
    say(cast, 2, telegram="7001", user_id="u1")
    assert whose("7001") == whose("u1")


def test_people_are_merged_and_taken_apart(cast: Cast) -> None:
    say(cast, 1, client_id="11", telegram="7001")
    say(cast, 2, user_id="u1")
    say(cast, 3, whatsapp="491701234567")
    ours = {"account_id": cast.account.pk, "user_id": cast.admin.user_id}
    merge = merge_people(kept=whose("7001"), gone=whose("u1"), **ours)
    assert merge.kept_id == whose("u1"), "who has the user ID is kept"
    assert of_conversation(1) == of_conversation(2) == whose("u1")
    second = merge_people(kept=whose("u1"), gone=whose("491701234567"), **ours)
    names = identities_of(account_id=cast.account.pk, person_id=whose("u1"))
    assert {one.value for one in names} == {"u1", "11", "7001", "491701234567"}
    undo_merge(merge_id=merge.pk, **ours)
    assert of_conversation(1) == whose("7001") == whose("11") != whose("u1")
    assert of_conversation(3) == whose("u1")
    undo_merge(merge_id=second.pk, **ours)
    assert of_conversation(3) != whose("u1")
    assert not Tie.objects.filter(source__startswith="merge").exists()
    with pytest.raises(Refused, match="already"):
        undo_merge(merge_id=second.pk, **ours)


@pytest.mark.parametrize("order", [*permutations(["11", "7001", "u1"])])
def test_a_merge_is_taken_back_and_a_later_one_stays(cast: Cast, order: tuple[str, ...]) -> None:
    """Whoever came first, whoever has a user ID: who was merged leaves alone, whoever was kept keeps the third."""
    kinds = {"11": "client_id", "7001": "telegram", "u1": "user_id"}
    ours = {"account_id": cast.account.pk, "user_id": cast.admin.user_id}
    for number, value in enumerate(order):
        say(cast, number, **{kinds[value]: value, **({"whatsapp": "491701234567"} if value == "11" else {})})
    apart = {value: whose(value) for value in order}
    one, other, third = order
    first = merge_people(kept=apart[one], gone=apart[other], **ours)
    second = merge_people(kept=apart[third], gone=apart[other], **ours)
    assert len({whose(value) for value in order}) == 1
    assert whose(one) == second.kept_id, "answers name the person that the identities are"
    Mark.objects.all().delete()
    undo_merge(merge_id=first.pk, **ours)
    assert {first.gone_id, second.kept_id} <= set(Mark.objects.values_list("person_id", flat=True))
    gone = next(value for value in order if apart[value] == first.gone_id)
    assert whose(gone) == first.gone_id
    assert whose("11") == whose("491701234567"), "what facts tie stays together"
    assert len({whose(value) for value in order if value != gone}) == 1
    assert whose(gone) not in {whose(value) for value in order if value != gone}
    undo_merge(merge_id=second.pk, **ours)
    assert {value: whose(value) for value in order} == apart
    assert not Tie.objects.filter(source__startswith="merge").exists()


def test_one_pair_has_one_open_merge_from_either_side(cast: Cast) -> None:
    say(cast, 1, client_id="11")
    say(cast, 2, client_id="12")
    one, other = whose("11"), whose("12")
    merge = merge_people(account_id=cast.account.pk, kept=one, gone=other, user_id=None)
    for kept, gone in ((one, other), (other, one)):
        with pytest.raises(IntegrityError), transaction.atomic():
            Merge.objects.create(account=cast.account, kept_id=kept, gone_id=gone, identities=[])
    say(cast, 3, client_id="11", user_id="u1")
    say(cast, 4, client_id="12", user_id="u2")
    with pytest.raises(Refused, match="at most one"):
        merge_people(account_id=cast.account.pk, kept=one, gone=other, user_id=None)
    undo_merge(account_id=cast.account.pk, merge_id=merge.pk, user_id=None)
    assert (whose("11"), whose("12")) == (whose("u1"), whose("u2"))


def test_two_people_with_user_ids_are_not_merged(cast: Cast) -> None:
    say(cast, 1, user_id="u1")
    say(cast, 2, user_id="u2")
    with pytest.raises(Refused, match="at most one"):
        merge_people(account_id=cast.account.pk, kept=whose("u1"), gone=whose("u2"), user_id=None)
    with pytest.raises(Refused, match="same"):
        merge_people(account_id=cast.account.pk, kept=whose("u1"), gone=whose("u1"), user_id=None)
    with pytest.raises(NotThere):
        merge_people(account_id=cast.other.pk, kept=whose("u1"), gone=whose("u2"), user_id=None)


def test_a_caller_links_any_two_identities(cast: Cast) -> None:
    pair = Pair((Kind.VIBER, "v=="), (Kind.USER_ID, "u1"), clock.now())
    take_pairs(account_id=cast.account.pk, pairs=[pair])
    assert whose("v==") == whose("u1")
    assert Tie.objects.get().source == "api"


def _hit(number: int) -> dict[str, Any]:
    return {
        "id": f"h{number}",
        "time": T0.isoformat(),
        "type": "pageview",
        "url": "https://shop.example/",
        "client_id": "11",
    }
