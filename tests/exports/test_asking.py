"""Asking for exports: who may, which days, and what stops them."""

from datetime import date

import pytest

from apps.accounts.models import AuditEntry
from apps.core.errors import NotThere, Refused
from apps.exports import selectors, services
from apps.exports.models import Export

pytestmark = pytest.mark.django_db


def refusal(raised) -> tuple[str, str]:
    [problem] = raised.value.problems
    return problem.field, problem.code


@pytest.mark.parametrize("role", ["owner", "admin", "analyst"])
def test_members_who_see_results_may_export(cast, ask, role):
    export = ask(user_id=cast.member(role).user_id)
    assert (export.state, export.user_id) == ("queued", cast.member(role).user_id)
    entry = AuditEntry.objects.get(action="export.requested")
    assert entry.after == {"export": export.pk, "from": "2026-03-01", "to": "2026-03-04"}


def test_agents_may_not(cast, ask):
    with pytest.raises(Refused) as raised:
        ask(user_id=cast.agent.user_id)
    assert refusal(raised) == ("", "forbidden")


def test_strangers_and_other_accounts_goals_do_not_exist(cast, ask, goal):
    with pytest.raises(NotThere):
        ask(user_id=cast.stranger.user_id)
    with pytest.raises(NotThere):
        ask(account_id=cast.other.pk, user_id=cast.stranger.user_id)
    with pytest.raises(NotThere):
        ask(goal_id=goal.pk + 1)
    assert not Export.objects.exists()


def test_one_day_and_five_years_are_taken(ask):
    assert ask(first_day=date(2026, 3, 4)).pk
    assert ask(first_day=date(2021, 3, 5)).pk


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        (date(2026, 3, 5), date(2026, 3, 4), "before_first"),
        (date(2020, 3, 1), date(2026, 3, 4), "too_long"),
    ],
)
def test_days_that_make_no_sense_are_refused(ask, first, last, code):
    with pytest.raises(Refused) as raised:
        ask(first_day=first, last_day=last)
    assert refusal(raised) == ("last_day", code)


def test_asked_twice_while_it_is_made_it_is_one_export(cast, ask):
    first = ask()
    assert ask().pk == first.pk
    assert ask(user_id=cast.admin.user_id).pk != first.pk
    assert ask(first_day=date(2026, 3, 2)).pk != first.pk


def test_exports_are_their_member_s_own(cast, ask):
    export = ask()
    mine = {"account_id": cast.account.pk, "user_id": cast.owner.user_id}
    assert list(selectors.exports(**mine)) == [export]
    assert not selectors.exports(**{**mine, "user_id": cast.admin.user_id})
    assert not selectors.exports(**{**mine, "account_id": cast.other.pk})
    with pytest.raises(NotThere):
        selectors.export(**{**mine, "user_id": cast.admin.user_id}, export_id=export.pk)


def test_an_export_can_be_cancelled_by_its_member_until_it_is_over(cast, ask):
    export = ask()
    mine = {"account_id": cast.account.pk, "user_id": cast.owner.user_id, "export_id": export.pk}
    with pytest.raises(NotThere):
        services.cancel_export(**{**mine, "user_id": cast.admin.user_id})
    assert services.cancel_export(**mine).state == "cancelled"
    assert services.cancel_export(**mine).state == "cancelled"
    Export.objects.update(state="done")
    with pytest.raises(Refused):
        services.cancel_export(**mine)
