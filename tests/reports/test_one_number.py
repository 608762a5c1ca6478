"""A person's visits are the same number wherever it shows."""

from datetime import timedelta

import pytest
import time_machine

from apps.accounts.models import Account
from apps.counters.services import save_counter
from apps.visits.models import Visit
from apps.visits.services import drop_old_hits
from tests.reports.conftest import NOON
from tests.reports.screens import of_lists, of_screens

ROBOT = "Mozilla/5.0 (compatible; Googlebot/2.1)"


def one_answer(said):
    first = next(iter(said.values()))
    assert all(one == first for one in said.values()), said
    return first


def test_hits_45_minutes_apart_are_one_visit_where_an_hour_may_pass(cast, look, mia):
    look(135, 90, 45)
    expected = {"visits": 1, "pages": 3, "first": "2026-05-04 09:45", "seen": "2026-05-04 11:15"}
    assert one_answer(of_screens(cast, mia) | of_lists(cast, mia)) == expected
    assert one_answer(of_screens(cast, mia)) == expected


def test_each_counter_has_its_own_timeout_and_robots_are_no_visitors(cast, look, mia):
    look(135, 90)
    look(136, 91, counter=cast.counter)  # half an hour there
    look(300, 5, id="robot", user_agent=ROBOT)
    expected = {"visits": 3, "pages": 4, "first": "2026-05-04 09:44", "seen": "2026-05-04 10:30"}
    assert one_answer(of_screens(cast, mia)) == expected
    assert one_answer(of_lists(cast, mia)) == expected


def test_a_changed_timeout_changes_no_visit_that_was_made(cast, look, mia, hourly):
    look(135, 90)
    with time_machine.travel(NOON + timedelta(minutes=1), tick=False):
        save_counter(account_id=cast.account.pk, user_id=None, number=hourly.pk, visit_timeout_s=1800)
    look(80)
    expected = {"visits": 1, "pages": 3, "first": "2026-05-04 09:45", "seen": "2026-05-04 10:40"}
    assert one_answer(of_screens(cast, mia)) == one_answer(of_lists(cast, mia)) == expected


def test_what_no_visit_has_yet_is_seen_and_not_counted(cast, look, mia):
    look(45)
    look(1, 0, kept=False)
    expected = {"visits": 1, "pages": 1, "first": "2026-05-04 11:15", "seen": "2026-05-04 12:00"}
    assert one_answer(of_screens(cast, mia)) == expected
    listed = one_answer(of_lists(cast, mia))
    assert listed == {**expected, "seen": listed["seen"]}


@pytest.mark.parametrize("kept", [True, False])
def test_of_hits_that_are_kept_no_longer_the_visits_are_gone_everywhere(cast, look, mia, kept):
    look(60 * 24 * 10, 60 * 24 * 2, 60 * 24 * 2 - 45)
    Account.objects.filter(pk=cast.account.pk).update(hits_days=45)
    with time_machine.travel(NOON + timedelta(days=40), tick=False):
        drop_old_hits()
        if kept:
            look(-60 * 24 * 40 + 10)
        visits = 2 if kept else 1
        expected = {
            "visits": visits,
            "pages": visits + 1,
            "first": "2026-05-02 12:00",
            "seen": "2026-06-13 11:50" if kept else "2026-05-02 12:45",
        }
        assert one_answer(of_screens(cast, mia)) == expected
        assert one_answer(of_lists(cast, mia)) == expected
    assert Visit.objects.count() == visits
