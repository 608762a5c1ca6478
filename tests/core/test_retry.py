"""Transactions that are done again, and those that are not."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from apps.core.errors import Refused
from apps.core.retry import TIMES, Overtaken, transactional
from tests.cast import Cast


class Tried:
    """Fails so many times, then succeeds; how often it was called."""

    def __init__(self, fail: Callable[[], None], times: int) -> None:
        self.fail, self.times, self.calls = fail, times, 0

    def __call__(self) -> str:
        self.calls += 1
        if self.calls <= self.times:
            self.fail()
        return "done"


def overtaken() -> None:
    raise Overtaken


def alone(act: Callable[[], Any]) -> Any:
    """Outside of the test's own transaction."""

    def closing() -> Any:
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(closing).result()


@pytest.mark.django_db
def test_what_was_overtaken_is_done_again_until_it_holds() -> None:
    tried = Tried(overtaken, 3)
    assert alone(transactional(tried)) == "done"
    assert tried.calls == 4


@pytest.mark.django_db
def test_it_is_given_up_in_the_end() -> None:
    tried = Tried(overtaken, 100)
    with pytest.raises(Overtaken):
        alone(transactional(tried))
    assert tried.calls == TIMES


@pytest.mark.django_db
def test_a_row_that_somebody_else_made_first_is_seen_by_the_next_try() -> None:
    def collide() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE TEMPORARY TABLE once (n int UNIQUE) ON COMMIT DROP; INSERT INTO once VALUES (1), (1)"
            )

    tried = Tried(collide, 1)
    assert alone(transactional(tried)) == "done"
    assert tried.calls == 2


def test_inside_a_transaction_whoever_owns_it_does_it_again(cast: Cast) -> None:
    tried = Tried(overtaken, 1)
    with pytest.raises(Overtaken), transaction.atomic():
        transactional(tried)()
    assert tried.calls == 1


@pytest.mark.django_db
def test_a_refusal_and_a_rule_that_any_try_breaks_are_no_reason() -> None:
    def refuse() -> None:
        raise Refused.one("", "no", "No.")

    def break_a_rule() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE TEMPORARY TABLE filled (n int NOT NULL) ON COMMIT DROP; INSERT INTO filled VALUES (NULL)"
            )

    for fail, error in ((refuse, Refused), (break_a_rule, IntegrityError)):
        tried = Tried(fail, 1)
        with pytest.raises(error):
            alone(transactional(tried))
        assert tried.calls == 1
