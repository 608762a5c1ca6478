"""Texts of messages go when their account keeps them no longer; that they were written stays."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from apps.accounts.models import Account
from apps.conversations import retention
from apps.conversations.models import Event
from apps.conversations.services import forget_texts
from apps.intake.services import take_events

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def an_event(days, **said):
    return {
        "id": f"e{days}", "conversation": "T", "channel": "web", "time": (NOON - timedelta(days=days)).isoformat(),
        "type": "message", "author": {"kind": "person"}, **said,
    }  # fmt: skip


@pytest.fixture(autouse=True)
def frozen():
    with time_machine.travel(NOON, tick=False):
        yield


def test_texts_are_forgotten_by_age_and_account(cast, monkeypatch):
    monkeypatch.setattr(retention, "AT_ONCE", 1)
    events = [an_event(days, text=f"said {days}") for days in (1, 29, 31, 40)]
    rating = an_event(50, type="rating", rating={"score": 4, "comment": "hm"}, author=None)
    for account in (cast.account, cast.other):
        take_events(account_id=account.pk, raw=[*events, rating])
    Account.objects.filter(pk=cast.account.pk).update(texts_days=30)
    assert forget_texts() == 3
    assert forget_texts() == 0
    mine = Event.objects.filter(account_id=cast.account.pk).order_by("-time")
    assert [one.detail for one in mine] == [{"text": "said 1"}, {"text": "said 29"}, None, None, {"score": 4}]
    others = Event.objects.filter(account_id=cast.other.pk, detail__has_any_keys=["text", "comment"])
    assert others.count() == 5
