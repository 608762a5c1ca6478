"""Exports read on a connection of their own, so these tests commit."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from apps.accounts.models import Account
from apps.exports import services
from apps.exports.models import Export
from apps.goals.models import MessagingGoal
from tests.cast import Cast
from tests.hourly.shop import a_goal

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)


@pytest.fixture
def at_noon():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def goal(cast: Cast, at_noon) -> MessagingGoal:
    Account.objects.filter(pk=cast.account.pk).update(timezone="Europe/Berlin")
    return a_goal(cast)


@pytest.fixture
def ask(cast: Cast, goal: MessagingGoal):
    """Ask for the days from 1 to 4 March, as the owner unless said."""

    def asking(**changes) -> Export:
        wanted = {
            "account_id": cast.account.pk,
            "user_id": cast.owner.user_id,
            "goal_id": goal.pk,
            "first_day": date(2026, 3, 1),
            "last_day": date(2026, 3, 4),
        }
        return services.request_export(**{**wanted, **changes})

    return asking
