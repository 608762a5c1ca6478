"""A shop whose visits may pause for an hour, and somebody who looks and asks there."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from apps.counters.models import Counter
from apps.people.models import Identity
from apps.visits.services import keep_visits
from tests import factories
from tests.cast import Cast
from tests.visits.made import page_views
from tests.workspace.stories import a_chat

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
Look = Callable[..., None]


@pytest.fixture(autouse=True)
def frozen() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def hourly(cast: Cast) -> Counter:
    """A counter with a visit timeout of an hour."""
    return factories.a_counter(cast.account, visit_timeout_s=3600)


@pytest.fixture
def look(hourly: Counter) -> Look:
    """`look(90, 45)`: page views so many minutes ago. What is to be in visits is `kept` of."""

    def at(*minutes: float, counter: Counter = hourly, kept: bool = True, **values: Any) -> None:
        page_views(counter, NOON, *minutes, **{"client_id": "1700", **values})
        if kept:
            keep(counter.account_id)

    return at


@pytest.fixture
def mia(cast: Cast) -> int:
    """Who chats from the browser 1700."""
    a_chat(cast.account, client="1700")
    return Identity.objects.get(account=cast.account, value="1700").person_id


def keep(account_id: int) -> None:
    while keep_visits(account_id=account_id):
        pass
