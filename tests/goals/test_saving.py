"""Saving goals: versions, dates, limits, and the hits that a save must not miss."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine

from apps.accounts.models import Account, AuditEntry
from apps.core import clock
from apps.core.errors import NotThere, Refused
from apps.goals import services
from apps.goals.drafts import ConditionDraft, current
from apps.goals.models import GoalVersion, MessagingGoal, Reach
from apps.goals.selectors import test_url as try_url
from apps.intake.services import take_hits
from apps.people.models import Mark
from tests.cast import Cast
from tests.goals.drafting import a_draft

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
TODAY = NOON.date()


@pytest.fixture(autouse=True)
def frozen() -> object:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def save(cast: Cast, goal_id: int | None = None, **values: object) -> MessagingGoal:
    draft = a_draft(cast.account, **values)
    return services.save_goal(
        account_id=cast.account.pk, user_id=cast.owner.user_id, draft=draft, goal_id=goal_id
    )


def refused(cast: Cast, goal_id: int | None = None, **values: object) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as caught:
        save(cast, goal_id, **values)
    return [(problem.field, problem.code) for problem in caught.value.problems]


def hit(cast: Cast, at: datetime, url: str = "https://shop.example/thanks", **values: object) -> None:
    raw = {"id": f"h{at.isoformat()}", "time": at.isoformat(), "type": "pageview", "url": url, **values}
    assert not take_hits(counter=cast.counter, raw=[raw]).rejected


def test_each_save_is_a_version_that_begins_where_the_one_before_ends(cast: Cast) -> None:
    goal = save(cast, transaction_value=Decimal("12.50"))
    save(cast, goal.pk, name="Order", window_days=30)
    first, second = GoalVersion.objects.order_by("number")
    assert (first.number, first.name, first.window_days) == (1, "Purchase", 7)
    assert (second.number, second.name, second.window_days) == (2, "Order", 30)
    assert first.valid_until == second.valid_from == NOON + timedelta(microseconds=1)
    assert second.valid_until is None
    assert MessagingGoal.objects.get().current == second


def test_every_rule_that_is_broken_is_named_at_its_field(cast: Cast) -> None:
    assert refused(
        cast,
        name=" ",
        group_ids=(),
        attribution="middle",
        window_days=91,
        active=True,
        end_date=TODAY,
        transaction_value=Decimal("NaN"),
        conditions=(
            ConditionDraft("contains", " "),
            ConditionDraft("is", "shop.example/x"),
            ConditionDraft("like", "x" * 2049),
        ),
    ) == [
        ("name", "required"),
        ("groups", "required"),
        ("attribution", "invalid_choice"),
        ("window_days", "out_of_range"),
        ("transaction_value", "invalid"),
        ("start_date", "required"),
        ("end_date", "without_start"),
        ("conditions.0.value", "required"),
        ("conditions.1.value", "not_absolute"),
        ("conditions.2.operator", "invalid_choice"),
        ("conditions.2.value", "too_long"),
    ]


def test_a_value_that_is_no_absolute_url_gets_the_corrected_form(cast: Cast) -> None:
    with pytest.raises(Refused, match=r"did you mean https://shop\.example/Done\?"):
        save(cast, conditions=(ConditionDraft("is", "shop.example/Done"),))


def test_a_goal_has_one_to_a_hundred_conditions(cast: Cast) -> None:
    hundred = tuple(ConditionDraft("contains", f"/{n}") for n in range(100))
    assert current(save(cast, conditions=hundred)).conditions.count() == 100
    assert refused(cast, conditions=()) == [("conditions", "required")]
    assert refused(cast, conditions=(*hundred, ConditionDraft("is", "https://a.example/"))) == [
        ("conditions", "too_many")
    ]


def test_groups_of_another_account_do_not_exist(cast: Cast) -> None:
    assert refused(cast, group_ids=(cast.other_group.pk,)) == [("groups", "unknown_group")]


def test_goals_of_another_account_do_not_exist(cast: Cast) -> None:
    goal = save(cast)
    account, user = cast.other.pk, cast.stranger.user_id
    for service in (services.activate, services.deactivate, services.duplicate, services.delete):
        with pytest.raises(NotThere):
            service(account_id=account, user_id=user, goal_id=goal.pk)


def test_a_start_in_the_past_cannot_be_set_and_one_that_began_cannot_be_changed(
    cast: Cast, frozen: time_machine.Traveller
) -> None:
    assert refused(cast, active=True, start_date=TODAY - timedelta(days=1)) == [("start_date", "in_the_past")]
    goal = save(cast, active=True, start_date=TODAY + timedelta(days=2))
    save(cast, goal.pk, active=True, start_date=TODAY + timedelta(days=1))
    frozen.move_to(NOON + timedelta(days=3))
    assert refused(cast, goal.pk, active=True, start_date=TODAY + timedelta(days=9)) == [
        ("start_date", "tracking_began")
    ]
    save(cast, goal.pk, active=True, start_date=TODAY + timedelta(days=1), end_date=TODAY + timedelta(days=2))


def test_dates_are_those_of_the_accounts_time_zone(cast: Cast) -> None:
    cast.account.settings_history.update(timezone="Pacific/Kiritimati")  # 14 hours ahead
    Account.objects.filter(pk=cast.account.pk).update(timezone="Pacific/Kiritimati")
    assert refused(cast, active=True, start_date=TODAY) == [("start_date", "in_the_past")]
    goal = services.activate(account_id=cast.account.pk, user_id=None, goal_id=save(cast).pk)
    assert current(goal).start_date == TODAY + timedelta(days=1)


def test_activating_keeps_a_start_that_passed_and_a_form_without_dates_loses_none(
    cast: Cast, frozen: time_machine.Traveller
) -> None:
    goal = save(cast, active=True, start_date=TODAY, end_date=TODAY + timedelta(days=1))
    frozen.move_to(NOON + timedelta(days=5))
    services.deactivate(account_id=cast.account.pk, user_id=None, goal_id=goal.pk)
    save(cast, goal.pk, name="Renamed")
    goal = services.activate(account_id=cast.account.pk, user_id=None, goal_id=goal.pk)
    version = current(goal)
    assert (version.name, version.active, goal.slot) == ("Renamed", True, 1)
    assert (version.start_date, version.end_date) == (TODAY, TODAY + timedelta(days=1))


def test_a_duplicate_is_inactive_and_has_no_dates(cast: Cast) -> None:
    goal = save(cast, active=True, start_date=TODAY, name="x" * 255)
    copy = services.duplicate(account_id=cast.account.pk, user_id=None, goal_id=goal.pk)
    version = current(copy)
    assert (version.active, version.start_date, copy.slot, len(version.name)) == (False, None, None, 255)
    assert [condition.value for condition in version.conditions.all()] == ["/thanks"]


def test_the_sixteenth_active_goal_is_refused_until_a_slot_is_free(cast: Cast) -> None:
    goals = [save(cast, active=True, start_date=TODAY) for _ in range(15)]
    assert refused(cast, active=True, start_date=TODAY) == [("active", "active_limit")]
    sixteenth = save(cast)
    services.delete(account_id=cast.account.pk, user_id=None, goal_id=goals[4].pk)
    assert services.activate(account_id=cast.account.pk, user_id=None, goal_id=sixteenth.pk).slot == 5


def test_a_group_that_a_goal_names_cannot_be_deleted(cast: Cast) -> None:
    from django.db.models import ProtectedError

    save(cast)
    with pytest.raises(ProtectedError):
        cast.sales.delete()


def test_an_archived_group_may_stay_but_not_come_in(cast: Cast) -> None:
    goal = save(cast, group_ids=(cast.sales.pk,))
    for group in (cast.sales, cast.support):
        group.archived_at = clock.now()
        group.save()
    save(cast, goal.pk, group_ids=(cast.sales.pk,))
    assert refused(cast, goal.pk, group_ids=(cast.sales.pk, cast.support.pk)) == [
        ("groups", "archived_group")
    ]


def test_restoring_makes_the_old_words_the_newest_version(cast: Cast) -> None:
    goal = save(cast, name="Old", active=True, start_date=TODAY)
    save(cast, goal.pk, name="New", start_date=TODAY)
    goal = services.restore(account_id=cast.account.pk, user_id=None, goal_id=goal.pk, number=1)
    version = current(goal)
    assert (version.number, version.name, version.active) == (3, "Old", False)


def test_every_change_stands_in_the_audit_log(cast: Cast) -> None:
    goal = save(cast)
    services.activate(account_id=cast.account.pk, user_id=cast.admin.user_id, goal_id=goal.pk)
    services.delete(account_id=cast.account.pk, user_id=cast.admin.user_id, goal_id=goal.pk)
    assert list(
        AuditEntry.objects.filter(action__startswith="messaging_goal")
        .order_by("id")
        .values_list("action", "actor")
    ) == [
        ("messaging_goal.saved", "owner@shop.example"),
        ("messaging_goal.activated", "admin@shop.example"),
        ("messaging_goal.deleted", "admin@shop.example"),
    ]


def test_hits_are_judged_by_the_version_in_force_at_their_own_time(
    cast: Cast, frozen: time_machine.Traveller
) -> None:
    goal = save(cast, active=True, start_date=TODAY)
    hit(cast, NOON + timedelta(minutes=4), client_id="11")  # ahead of its arrival, within the five minutes
    frozen.shift(timedelta(minutes=2))
    save(cast, goal.pk, active=True, start_date=TODAY, conditions=(ConditionDraft("contains", "/done"),))
    assert not Reach.objects.exists()  # the new version judges it, and it does not match
    assert set(Mark.objects.values_list("reason", flat=True)) == {Mark.Reason.HIT, Mark.Reason.GOAL}
    hit(cast, NOON + timedelta(minutes=1), client_id="11")  # late: the old version judges it
    hit(cast, NOON + timedelta(minutes=2, seconds=1), "https://shop.example/done", client_id="11")
    numbers = dict(GoalVersion.objects.values_list("pk", "number"))
    assert [numbers[reach.version_id] for reach in Reach.objects.order_by("time")] == [1, 2]


def test_a_goal_never_counts_what_came_before_it(cast: Cast) -> None:
    hit(cast, NOON - timedelta(seconds=1), client_id="11")
    save(cast, active=True, start_date=TODAY)
    assert not Reach.objects.exists()


def test_hits_that_arrive_closed_make_no_reach(cast: Cast, frozen: time_machine.Traveller) -> None:
    save(cast, active=True, start_date=TODAY)
    frozen.move_to(NOON + timedelta(days=36))
    hit(cast, NOON + timedelta(days=1) - timedelta(microseconds=1), client_id="11")
    hit(cast, NOON + timedelta(days=1), client_id="11")
    assert [reach.time for reach in Reach.objects.all()] == [NOON + timedelta(days=1)]


@pytest.mark.parametrize(
    ("url", "matched"),
    [
        ("https://Shop.example/thanks", (0,)),
        ("https://shop.example/THANKS", ()),
        ("https://shop.example/a%2fb", (1,)),
        ("https://shop.example/größe", (2,)),
        ("https://shop.example/gr%c3%b6%c3%9fe", (2,)),
        ("https://shop.example", (3,)),
        ("no url /thanks", (0,)),
        ("https://shop.example/#/thanks", (0,)),
    ],
)
def test_a_url_can_be_tried_against_conditions(url: str, matched: tuple[int, ...]) -> None:
    conditions = [
        ConditionDraft("contains", "/thanks"),
        ConditionDraft("contains", "a%2fb"),
        ConditionDraft("contains", "größe"),
        ConditionDraft("is", "HTTPS://SHOP.example:443/"),
    ]
    assert try_url(conditions=conditions, url=url).matched == matched


def test_status_words() -> None:
    from apps.goals.status import status

    words = {
        offset: str(
            status(
                active=True, start_date=date(2026, 5, 1), end_date=TODAY + timedelta(days=offset), today=TODAY
            )
        )
        for offset in (-1, 0, 4, 5)
    }
    assert words == {-1: "Ended", 0: "1 day remaining", 4: "5 days remaining", 5: "Active"}
    assert str(status(active=False, start_date=None, end_date=None, today=TODAY)) == "Inactive"
    later = status(active=True, start_date=TODAY + timedelta(days=1), end_date=None, today=TODAY)
    assert (str(later), later.starts) == ("Active", TODAY + timedelta(days=1))
