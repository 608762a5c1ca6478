"""Signing in as somebody of the cast."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from apps.accounts import selectors as accounts
from apps.core import clock
from apps.goals import services as goals
from apps.goals.drafts import ConditionDraft, GoalDraft
from apps.goals.models import MessagingGoal
from tests.cast import Cast
from tests.portal import PortalClient

SignIn = Callable[[str], PortalClient]


@pytest.fixture(scope="session", autouse=True)
def static_root() -> None:
    """Where `collectstatic` would put its files; whitenoise warns of a missing folder."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture
def sign_in(cast: Cast) -> SignIn:
    """`sign_in("analyst")`: a browser of that member, the stranger or the operator."""

    def as_(who: str) -> PortalClient:
        client = PortalClient(cast.other if who == "stranger" else cast.account)
        user = cast.operator if who == "operator" else cast.member(who).user
        client.force_login(user)
        if who == "operator":
            client.get("/admin/")  # enters the account, which is noted
        return client

    return as_


@pytest.fixture
def owner(sign_in: SignIn) -> PortalClient:
    return sign_in("owner")


def a_draft(cast: Cast, name: str = "Purchase", **values: object) -> GoalDraft:
    said = {
        "name": name,
        "group_ids": (cast.sales.pk,),
        "attribution": "last_touch",
        "window_days": 7,
        "conditions": (ConditionDraft("contains", "/thank-you"),),
        "active": True,
        "start_date": accounts.today(account_id=cast.account.pk),
        **values,
    }
    if not said["active"]:
        said["start_date"] = None
    return GoalDraft(**said)  # type: ignore[arg-type]


def a_goal(cast: Cast, name: str = "Purchase", *, days_ago: int = 0, **values: object) -> MessagingGoal:
    """A goal of the shop, made some days ago."""
    with clock.set_back(timedelta(days=days_ago)):
        return goals.save_goal(
            account_id=cast.account.pk, user_id=cast.owner.user_id, draft=a_draft(cast, name, **values)
        )


def typed(cast: Cast, **changes: object) -> dict[str, object]:
    """A goal's form as it is sent."""
    return {
        "name": "Purchase",
        "description": "",
        "active": "on",
        "start_date": clock.now().date().isoformat(),
        "end_date": "",
        "groups": [str(cast.sales.pk)],
        "attribution": "last_touch",
        "window_days": "7",
        "transaction_value": "49.90",
        "conditions-0-category": "url",
        "conditions-0-operator": "contains",
        "conditions-0-value": "/thank-you",
        **changes,
    }
