"""The goals page, its form, its menu and its history."""

from datetime import timedelta

import pytest
from django.test import Client

from apps.accounts.models import AuditEntry
from apps.core import clock
from apps.goals import selectors, services
from apps.goals.models import GoalVersion, MessagingGoal
from apps.goals.status import status
from tests.backoffice.conftest import a_goal, typed
from tests.backoffice.facts import a_story
from tests.cast import Cast


def page(client: Client, query: str = "") -> list[str]:
    """The names of the goals that the page lists, in its order."""
    answer = client.get(f"/admin/goals/{query}")
    assert answer.status_code == 200
    return [row["version"].name for row in answer.context["rows"]]


def test_a_goal_is_made_with_what_was_typed(cast, owner):
    answer = owner.post(
        "/admin/goals/add/",
        typed(
            cast,
            name=" Purchase ",
            bots_eligible="on",
            **{
                "groups": [str(cast.sales.pk), str(cast.support.pk)],
                "conditions-4-category": "url",
                "conditions-4-operator": "is",
                "conditions-4-value": "https://shop.example/done",
                "conditions-2-operator": "contains",
                "conditions-2-value": "  ",
            },
        ),
        follow=True,
    )
    assert "Purchase is saved." in answer.content.decode()
    version = GoalVersion.objects.get()
    assert (version.name, version.active, version.bots_eligible, str(version.transaction_value)) == (
        "Purchase",
        True,
        True,
        "49.9000",
    )
    assert version.saved_by == cast.owner.user
    assert sorted(version.groups.values_list("external_id", flat=True)) == ["sales", "support"]
    # the row left empty was never there
    assert list(version.conditions.values_list("operator", "value")) == [
        ("contains", "/thank-you"),
        ("is", "https://shop.example/done"),
    ]


def test_every_problem_shows_at_its_field(cast, owner):
    answer = owner.post(
        "/admin/goals/add/",
        typed(
            cast,
            name="",
            groups=[],
            window_days="91",
            start_date="2020-01-01",
            **{
                "conditions-0-value": "/a",
                "conditions-1-operator": "is",
                "conditions-1-value": "shop.example/done",
            },
        ),
    )
    assert answer.status_code == 422
    form = answer.context["form"]
    assert set(form.errors) >= {"name", "groups", "window_days", "start_date"}
    assert set(form.condition_errors) == {1}
    html = answer.content.decode()
    assert "did you mean" in html  # the corrected form is offered
    assert 'value="shop.example/done"' in html  # what was typed stays
    assert not MessagingGoal.objects.exists()


def test_a_form_without_a_condition_says_so(cast, owner):
    answer = owner.post("/admin/goals/add/", typed(cast, **{"conditions-0-value": ""}))
    assert answer.status_code == 422
    assert "A goal needs at least one condition." in answer.content.decode()


def test_the_sixteenth_active_goal_is_told_what_to_do(cast, owner):
    for number in range(15):
        a_goal(cast, f"Goal {number}")
    answer = owner.post("/admin/goals/add/", typed(cast, name="One too many"))
    assert answer.status_code == 422
    assert (
        "15 goals are active, which is the limit. Deactivate or delete one first" in answer.content.decode()
    )
    inactive = a_goal(cast, "Sleeping", active=False)
    answer = owner.post(f"/admin/goals/{inactive.pk}/activate/")
    assert answer.status_code == 422
    assert "which is the limit" in answer.content.decode()
    assert "15 of 15 active" in owner.get("/admin/goals/").content.decode()


def test_an_edit_makes_a_version_and_its_history_says_what_differs(cast, owner):
    goal = a_goal(cast)
    owner.post(f"/admin/goals/{goal.pk}/", typed(cast, name="Paid", window_days="30"))
    goal.refresh_from_db()
    assert selectors.current(goal).number == 2
    html = owner.get(f"/admin/goals/{goal.pk}/history/").content.decode()
    assert "Version 2" in html
    assert "Version 1" in html
    assert "owner@shop.example" in html
    assert '<del class="gl-soft">7</del>' in html
    answer = owner.post(f"/admin/goals/{goal.pk}/history/1/restore/", follow=True)
    assert "Version 1 is restored." in answer.content.decode()
    goal.refresh_from_db()
    assert (selectors.current(goal).number, selectors.current(goal).name) == (3, "Purchase")


def test_the_row_menu_does_what_it_says(cast, owner):
    goal = a_goal(cast)
    owner.post(f"/admin/goals/{goal.pk}/deactivate/")
    assert selectors.active_count(account_id=cast.account.pk) == 0
    owner.post(f"/admin/goals/{goal.pk}/activate/")
    assert selectors.active_count(account_id=cast.account.pk) == 1
    answer = owner.post(f"/admin/goals/{goal.pk}/duplicate/", follow=True)
    copy = MessagingGoal.objects.exclude(pk=goal.pk).get()
    assert answer.redirect_chain[-1][0] == owner.at(f"/admin/goals/{copy.pk}/")
    assert not selectors.current(copy).active
    owner.post(f"/admin/goals/{goal.pk}/delete/")
    assert list(selectors.goals(account_id=cast.account.pk)) == [copy]
    assert set(AuditEntry.objects.filter(user=cast.owner.user).values_list("action", flat=True)) >= {
        f"messaging_goal.{done}" for done in ("activated", "deactivated", "duplicated", "deleted")
    }


def test_deleting_says_that_it_cannot_be_undone_and_what_goes_with_it(cast, owner):
    goal = a_goal(cast, days_ago=1)
    a_story(cast, times=3)
    html = owner.get(f"/admin/goals/{goal.pk}/delete/", headers={"X-Dialog": "1"}).content.decode()
    assert "cannot be undone" in html
    assert "3 credited conversions go with it." in html
    assert "<html" not in html  # a dialog is the question alone
    assert "<html" in owner.get(f"/admin/goals/{goal.pk}/delete/").content.decode()


def test_activating_a_goal_whose_end_has_passed_warns(cast, owner):
    goal = a_goal(cast, days_ago=5, end_date=(clock.now() - timedelta(days=2)).date())
    services.deactivate(account_id=cast.account.pk, user_id=None, goal_id=goal.pk)
    answer = owner.post(f"/admin/goals/{goal.pk}/activate/", follow=True)
    assert "its end date has passed" in answer.content.decode()
    assert "Ended" in answer.content.decode()


@pytest.fixture
def five_goals(cast: Cast) -> None:
    """One of each status; the first has two conversions."""
    today = clock.now().date()
    a_goal(cast, "B with conversions", days_ago=3)
    a_goal(cast, "A later", start_date=today + timedelta(days=2))
    a_goal(cast, "C ending", end_date=today + timedelta(days=2), group_ids=(cast.support.pk,))
    a_goal(cast, "D over", days_ago=9, end_date=today - timedelta(days=3))
    a_goal(cast, "E off", active=False)
    a_story(cast, times=2)


def test_the_page_orders_by_every_column(cast, owner, five_goals):
    a, b, c, d, e = "A later", "B with conversions", "C ending", "D over", "E off"
    assert page(owner, "?o=name") == [a, b, c, d, e]
    assert page(owner, "?o=-name") == [e, d, c, b, a]
    assert page(owner, "?o=-conversions")[0] == b
    assert page(owner, "?o=conversions")[-1] == b
    assert page(owner, "?o=-groups")[0] == c
    assert page(owner, "?o=status")[-3:] == [c, d, e]
    assert page(owner, "?o=start")[:2] == [d, b]
    assert page(owner, "?o=start")[-1] == e  # no date comes last
    assert page(owner, "?o=-end")[:2] == [c, d]
    assert page(owner, "?o=nonsense") == [a, b, c, d, e]


def test_the_page_filters_by_name_status_group_and_date(cast, owner, five_goals):
    today = clock.now().date()
    assert page(owner, "?q=WITH") == ["B with conversions"]
    assert page(owner, "?status=active") == ["A later", "B with conversions"]
    assert page(owner, "?status=remaining") == ["C ending"]
    assert page(owner, "?status=ended") == ["D over"]
    assert page(owner, "?status=inactive") == ["E off"]
    assert page(owner, f"?group={cast.support.pk}") == ["C ending"]
    assert page(owner, f"?on={today}") == ["B with conversions", "C ending"]
    assert page(owner, f"?on={today - timedelta(days=5)}") == ["D over"]
    assert owner.get(f"/admin/goals/?group={cast.other_group.pk}").status_code == 404


def test_the_status_that_orders_and_filters_is_the_one_that_is_shown(cast, owner, five_goals):
    rows = owner.get("/admin/goals/").context["rows"]
    today = clock.now().date()
    for row in rows:
        version = row["version"]
        shown = status(
            active=version.active, start_date=version.start_date, end_date=version.end_date, today=today
        )
        assert row["goal"].status_code == shown.code


def test_a_goal_at_zero_says_which_step_stopped_it(cast, owner, five_goals):
    html = owner.get("/admin/goals/").content.decode()
    assert "None of the hits matched the conditions while the goal was tracked." in html
    assert "The goal is not active." in html


def test_the_page_asks_the_same_number_of_questions_for_any_number_of_goals(
    cast, owner, five_goals, django_assert_num_queries
):
    owner.get("/admin/goals/")
    with django_assert_num_queries(12):
        owner.get("/admin/goals/")
    for number in range(30):
        a_goal(cast, f"More {number}", active=False, group_ids=(cast.sales.pk, cast.support.pk))
    with django_assert_num_queries(12):
        assert len(page(owner)) == 35


def test_a_url_can_be_tried_against_the_conditions_as_typed(cast, owner):
    said = {
        "conditions-0-operator": "contains",
        "conditions-0-value": "/basket",
        "conditions-1-operator": "is",
        "conditions-1-value": "https://shop.example/done",
        "try_url": "https://SHOP.example:443/done",
    }
    answer = owner.post("/admin/goals/try-url/", said).json()
    assert answer["matched"] == [1]
    assert answer["words"] == "Condition 2 is met. Compared as: https://shop.example/done"
    assert (
        "No condition is met"
        in owner.post("/admin/goals/try-url/", {**said, "try_url": "/x"}).json()["words"]
    )


def test_analysts_read_goals_and_change_nothing(cast, sign_in):
    goal = a_goal(cast)
    analyst = sign_in("analyst")
    html = analyst.get("/admin/goals/").content.decode()
    assert "New goal" not in html
    assert "/delete/" not in html
    assert "Email CSV" in html
    read = analyst.get(f"/admin/goals/{goal.pk}/").content.decode()
    assert "/thank-you" in read
    assert '<form method="post" class="gl-form' not in read
    for path in ("", "activate/", "deactivate/", "duplicate/", "delete/", "history/1/restore/"):
        answer = analyst.post(f"/admin/goals/{goal.pk}/{path}", typed(cast))
        assert answer.status_code == 403, path
        assert "Your role in this account" in answer.content.decode()
    assert GoalVersion.objects.count() == 1


def test_a_goal_of_another_account_is_not_there(cast, sign_in):
    goal = a_goal(cast)
    stranger = sign_in("stranger")
    for path in ("", "history/", "activate/", "delete/", "duplicate/", "deactivate/", "export/"):
        assert stranger.get(f"/admin/goals/{goal.pk}/{path}").status_code == 404, path
        assert stranger.post(f"/admin/goals/{goal.pk}/{path}", typed(cast)).status_code in {404, 405}, path
    # another account's group in the form
    assert stranger.post("/admin/goals/add/", typed(cast)).status_code == 404


def test_an_empty_account_is_told_what_a_goal_is(cast, owner):
    html = owner.get("/admin/goals/").content.decode()
    assert "Make the first goal" in html
    assert "0 of 15 active" in html


def test_an_id_that_no_number_holds_is_not_there(cast, owner):
    assert owner.get("/admin/goals/99999999999999999999999/").status_code == 404
    assert owner.get("/admin/goals/0/").status_code == 404
