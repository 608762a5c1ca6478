"""Saving a goal: a new version, alone with the account's goals, and the stored hits that it judges already."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from apps.accounts import selectors as accounts
from apps.accounts.models import Account, Group
from apps.accounts.services import audit
from apps.core import clock, money
from apps.core.errors import Problem, Refused
from apps.core.locks import Lock, take
from apps.core.retry import transactional
from apps.goals import reaches, selectors
from apps.goals.drafts import GoalDraft, check
from apps.goals.models import MAX_ACTIVE, Condition, GoalVersion, MessagingGoal, VersionGroup
from apps.goals.windows import Span
from apps.people.models import Mark
from apps.people.selectors import owners
from apps.people.services import hold, leave_marks
from apps.visits.selectors import matchable


@transactional
def save_goal(
    *, account_id: int, user_id: int | None, draft: GoalDraft, goal_id: int | None = None
) -> MessagingGoal:
    """Make a goal, or its next version as of now. `Refused` names each field that breaks a rule."""
    take(Lock.GOALS, account_id)
    goal = selectors.goal(account_id=account_id, goal_id=goal_id) if goal_id is not None else None
    return write_version(account_id=account_id, user_id=user_id, goal=goal, draft=draft, action="saved")


@transactional
def restore(*, account_id: int, user_id: int | None, goal_id: int, number: int) -> MessagingGoal:
    """Make an earlier version's words the newest version; activity and dates stay as they are."""
    take(Lock.GOALS, account_id)
    goal = selectors.goal(account_id=account_id, goal_id=goal_id)
    old = selectors.version(account_id=account_id, goal_id=goal_id, number=number)
    now = selectors.current(goal)
    draft = replace(
        selectors.draft_of(old), active=now.active, start_date=now.start_date, end_date=now.end_date
    )
    return write_version(account_id=account_id, user_id=user_id, goal=goal, draft=draft, action="restored")


def write_version(
    *, account_id: int, user_id: int | None, goal: MessagingGoal | None, draft: GoalDraft, action: str
) -> MessagingGoal:
    """The next version of `goal`, or the first of a new one. The caller holds the account's goal lock alone."""
    before = selectors.current(goal) if goal else None
    now = _instant(before)
    today = accounts.today(account_id=account_id)
    began = goal is not None and _tracking_began(goal, today)
    draft = check(
        _with_kept_dates(draft, before, began=began), before=before, tracking_began=began, today=today
    )
    groups = _groups(account_id, draft, before)
    if goal is None:
        goal = MessagingGoal.objects.create(account_id=account_id, created_at=now)
    _take_slot(goal, draft)
    version = append(goal, before, draft, groups, now, user_id)
    goal.current = version
    goal.save(update_fields=["current", "slot"])
    match_stored(goal, now)
    audit(
        account_id=account_id,
        user=user_id,
        action=f"messaging_goal.{action}",
        target=f"{version.name} ({goal.pk})",
        before=_words(before) if before else {},
        after=_words(version),
    )
    return goal


def _instant(before: GoalVersion | None) -> datetime:
    """Now, and after the version before."""
    now = clock.now()
    return now if before is None else max(now, before.valid_from + timedelta(microseconds=1))


def _tracking_began(goal: MessagingGoal, today: date) -> bool:
    return goal.versions.filter(active=True, start_date__lte=today).exists()


def _with_kept_dates(draft: GoalDraft, before: GoalVersion | None, *, began: bool) -> GoalDraft:
    """An inactive goal's form has no dates: those that it had stay."""
    if before is None or draft.active or draft.start_date is not None:
        return draft
    if not began and before.start_date is None:
        return draft
    return replace(draft, start_date=before.start_date, end_date=draft.end_date or before.end_date)


def _groups(account_id: int, draft: GoalDraft, before: GoalVersion | None) -> list[Group]:
    """The draft's groups; an archived one may stay, but not come in anew."""
    groups = list(Group.objects.filter(account_id=account_id, pk__in=draft.group_ids).order_by("pk"))
    if len(groups) != len(set(draft.group_ids)):
        raise Refused.one("groups", "unknown_group", _("One of these groups does not exist."))
    kept = set(before.groups.values_list("pk", flat=True)) if before else set()
    archived = [str(group) for group in groups if group.archived_at and group.pk not in kept]
    if archived:
        raise Refused.one("groups", "archived_group", _("Archived: %s.") % ", ".join(archived))
    return groups


def _take_slot(goal: MessagingGoal, draft: GoalDraft) -> None:
    if not draft.active:
        goal.slot = None
    elif goal.slot is None:
        taken = MessagingGoal.objects.filter(account_id=goal.account_id, slot__isnull=False)
        free = set(range(1, MAX_ACTIVE + 1)) - set(taken.values_list("slot", flat=True))
        if not free:
            raise Refused(Problem("active", "active_limit", _limit_words()))
        goal.slot = min(free)


def _limit_words() -> str:
    return _(
        "15 goals are active, which is the limit. Deactivate or delete one first;"
        " goals that have ended count until then."
    )


def append(
    goal: MessagingGoal,
    before: GoalVersion | None,
    draft: GoalDraft,
    groups: Sequence[Group],
    now: datetime,
    user_id: int | None,
) -> GoalVersion:
    if before is not None:
        before.valid_until = now
        before.save(update_fields=["valid_until"])
    said = {name: getattr(draft, name) for name in selectors.PLAIN_FIELDS}
    version = GoalVersion.objects.create(
        account_id=goal.account_id,
        goal=goal,
        number=before.number + 1 if before else 1,
        valid_from=now,
        saved_by_id=user_id,
        currency=Account.objects.values_list("currency", flat=True).get(pk=goal.account_id),
        **said,
    )
    VersionGroup.objects.bulk_create(VersionGroup(version=version, group=group) for group in groups)
    Condition.objects.bulk_create(
        Condition(
            version=version, position=position, category=one.category, operator=one.operator, value=one.value
        )
        for position, one in enumerate(draft.conditions, start=1)
    )
    return version


def match_stored(goal: MessagingGoal, since: datetime) -> None:
    """Judge anew, for this goal, the stored hits whose time is at or after the save."""
    account = goal.account_id
    concerned = reaches.drop(account_id=account, goal=goal.pk, since=since)
    for hits in matchable(account_id=account, since=since):
        judging = reaches.judging(
            account_id=account,
            first=min(hit.time for hit in hits),
            last=max(hit.time for hit in hits),
            only_goal=goal.pk,
        )
        matched = judging.find_hits([(hit.time, hit.url, hit.name) for hit in hits])
        found = [(hits[index], span) for index, span in matched if isinstance(span, Span)]
        identities = {hit.identity for hit, _ in found if hit.identity is not None}
        hold(account_id=account, linked=(), others=identities)
        who = owners(account_id=account, identities=identities)
        rows = [
            reaches.NewReach(
                span.goal,
                hit.time,
                hit.counter,
                hit.id,
                span.version,
                hit.identity,
                0 if hit.identity is None else who.person(hit.identity, hit.time),
            )
            for hit, span in found
        ]
        reaches.write(account_id=account, reaches=rows)
        concerned |= {row.person for row in rows}
    leave_marks(account_id=account, marks=[(person, since) for person in concerned], reason=Mark.Reason.GOAL)


def rematch(*, account_id: int, since: datetime) -> None:
    """Judge anew the stored hits from `since` on: the account's dates changed. The caller holds the goal lock."""
    for goal in selectors.active(account_id=account_id):
        match_stored(goal, since)


def _words(version: GoalVersion) -> dict[str, Any]:
    """What the audit log keeps of a version."""
    draft = selectors.draft_of(version)
    words = {name: str(getattr(draft, name)) for name in selectors.PLAIN_FIELDS}
    if draft.transaction_value is not None:
        words["transaction_value"] = money.plain(draft.transaction_value, version.currency)
    words["groups"] = ", ".join(str(group) for group in version.groups.order_by("pk"))
    words["conditions"] = "\n".join(f"{one.operator} {one.value}" for one in draft.conditions)
    return {name: value for name, value in words.items() if value not in ("", "None")}
