"""Forty at once at every door that writes: no row twice, no deadlock, no broken rule, nothing that failed."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.concurrency import doors_of_jobs, doors_of_people, doors_of_settings  # noqa: F401 (they enter cases)
from tests.concurrency.crowd import Crowd
from tests.concurrency.doors import DOORS, Case, Door
from tests.concurrency.shop import Answer, a_shop
from tests.tables import empty_tables


@pytest.fixture(scope="module")
def crowd(django_db_setup: None, django_db_blocker: Any) -> Iterator[Crowd]:
    """Its cases commit, each into an account of its own; afterwards the tables are emptied once."""
    with django_db_blocker.unblock():
        with Crowd() as crowd:
            yield crowd
        empty_tables()


@pytest.mark.django_db
@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)
def test_forty_at_once(crowd: Crowd, door: Door) -> None:
    case = door.case(crowd.alone(a_shop))
    answers = crowd.run(crowd.alone(lambda: next(case)))
    assert [answer for answer in answers if answer.status >= 500] == []
    crowd.alone(lambda: finish(case, answers))


def finish(case: Case, answers: list[Answer]) -> None:
    with pytest.raises(StopIteration):
        case.send(answers)
