"""Activating, deactivating, duplicating and deleting: each a version of its own, under the goal lock."""

from dataclasses import replace

from django.utils.translation import gettext as _

from apps.accounts import selectors as accounts
from apps.accounts.services import audit
from apps.core import clock
from apps.core.locks import Lock, take
from apps.core.retry import transactional
from apps.goals import reaches, selectors
from apps.goals.models import MessagingGoal
from apps.goals.services.saving import write_version
from apps.people.models import Mark
from apps.people.services import leave_marks


@transactional
def activate(*, account_id: int, user_id: int | None, goal_id: int) -> MessagingGoal:
    """Start tracking: today where no start date is set; a start already passed is kept."""
    take(Lock.GOALS, account_id)
    goal = selectors.goal(account_id=account_id, goal_id=goal_id)
    draft = selectors.draft_of(selectors.current(goal))
    if draft.active:
        return goal
    today = accounts.today(account_id=account_id)
    draft = replace(draft, active=True, start_date=draft.start_date or today)
    return write_version(account_id=account_id, user_id=user_id, goal=goal, draft=draft, action="activated")


@transactional
def deactivate(*, account_id: int, user_id: int | None, goal_id: int) -> MessagingGoal:
    """Stop tracking from now on and free the slot."""
    take(Lock.GOALS, account_id)
    goal = selectors.goal(account_id=account_id, goal_id=goal_id)
    draft = selectors.draft_of(selectors.current(goal))
    if not draft.active:
        return goal
    draft = replace(draft, active=False)
    return write_version(account_id=account_id, user_id=user_id, goal=goal, draft=draft, action="deactivated")


@transactional
def duplicate(*, account_id: int, user_id: int | None, goal_id: int) -> MessagingGoal:
    """A copy that is inactive and has no dates."""
    take(Lock.GOALS, account_id)
    goal = selectors.goal(account_id=account_id, goal_id=goal_id)
    draft = selectors.draft_of(selectors.current(goal))
    name = (_("Copy of %s") % draft.name)[:255]
    draft = replace(draft, name=name, active=False, start_date=None, end_date=None)
    return write_version(account_id=account_id, user_id=user_id, goal=None, draft=draft, action="duplicated")


@transactional
def delete(*, account_id: int, user_id: int | None, goal_id: int) -> None:
    """Take a goal and its conversions out of every report at once; cannot be undone."""
    take(Lock.GOALS, account_id)
    goal = selectors.goal(account_id=account_id, goal_id=goal_id)
    goal.deleted_at = clock.now()
    goal.slot = None
    goal.save(update_fields=["deleted_at", "slot"])
    marks = reaches.in_long_visits(account_id=account_id, goal=goal_id)
    leave_marks(account_id=account_id, marks=marks, reason=Mark.Reason.GOAL)  # others may count now
    audit(account_id=account_id, user=user_id, action="messaging_goal.deleted", target=f"{goal} ({goal.pk})")
