"""Asking for an export, and no longer wanting it."""

from datetime import date

from django.utils.translation import gettext as _

from apps.accounts import selectors as accounts
from apps.accounts.models import User
from apps.accounts.roles import May, allowed
from apps.accounts.services import audit
from apps.core import clock, queues
from apps.core.errors import NotThere, Problem, Refused
from apps.core.hints import send_hint
from apps.core.retry import transactional
from apps.exports import selectors
from apps.exports.models import Export
from apps.goals import selectors as goals

OPEN = (Export.State.QUEUED, Export.State.RUNNING)
LONGEST = 5 * 366  # days


@transactional
def request_export(*, account_id: int, user_id: int, goal_id: int, first_day: date, last_day: date) -> Export:
    """Have the goal's credited conversions of these days mailed to this member as a zipped CSV.

    Asked again while it is being made, the same export is returned.
    """
    may_export(account_id=account_id, user_id=user_id)
    goal = goals.goal(account_id=account_id, goal_id=goal_id)
    _check_days(first_day, last_day)
    wanted = {
        "account_id": account_id,
        "user_id": user_id,
        "goal_id": goal_id,
        "first_day": first_day,
        "last_day": last_day,
    }
    if same := Export.objects.filter(**wanted, state__in=OPEN).first():
        return same
    export = Export.objects.create(**wanted, created_at=clock.now())
    audit(
        account_id=account_id,
        user=user_id,
        action="export.requested",
        target=str(goal),
        after={"export": export.pk, "from": str(first_day), "to": str(last_day)},
    )
    send_hint("apps.exports.tasks.make", queues.EXPORT, [export.pk])
    return export


@transactional
def cancel_export(*, account_id: int, user_id: int, export_id: int) -> Export:
    """Stop an export that is not ready yet; its file is never made and no mail is sent."""
    mine = selectors.exports(account_id=account_id, user_id=user_id).filter(pk=export_id)
    stopped = mine.filter(state__in=OPEN).update(state=Export.State.CANCELLED, finished_at=clock.now())
    export = selectors.export(account_id=account_id, user_id=user_id, export_id=export_id)
    if not stopped and export.state != Export.State.CANCELLED:
        raise Refused.one("", "too_late", _("This export has ended already; there is nothing to cancel."))
    return export


def may_export(*, account_id: int, user_id: int) -> None:
    """NotThere for strangers, Refused for members whose role does not see results."""
    user = User.objects.filter(pk=user_id).first()
    role = accounts.role_in(user=user, account_id=account_id) if user else None
    if role is None:
        raise NotThere
    if not allowed(role, May.SEE_RESULTS):
        raise Refused.one("", "forbidden", _("Your role does not see results, so it cannot export them."))


def _check_days(first_day: date, last_day: date) -> None:
    if last_day < first_day:
        raise Refused(Problem("last_day", "before_first", _("The last day lies before the first.")))
    if (last_day - first_day).days >= LONGEST:
        raise Refused(Problem("last_day", "too_long", _("One export covers five years at most.")))
