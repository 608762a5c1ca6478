"""Chat goals are written here: saved, and deleted. A save that changes nothing writes nothing at all."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from apps.accounts.services import audit
from apps.conversations.models import Channel
from apps.core import clock
from apps.core.errors import Refused
from apps.core.locks import Lock, take
from apps.core.retry import transactional
from apps.goals import chat_marks, chat_reaches, chat_selectors
from apps.goals.chat_drafts import ChatGoalDraft, check, current, draft_of
from apps.goals.models import ChatGoal, ChatGoalVersion

_BATCH = 10_000


@transactional
def save_chat_goal(
    *,
    account_id: int,
    user_id: int | None,
    draft: ChatGoalDraft,
    goal_id: int | None = None,
    at: datetime | None = None,
) -> ChatGoal:
    """Make a channel's goal, or its next version, as of now (or `at`).

    `Refused` names each field that breaks a rule.
    """
    take(Lock.GOALS, account_id)
    check(draft)
    if goal_id is None:
        return _make(account_id, user_id, draft, at or clock.now())
    goal = chat_selectors.chat_goal(account_id=account_id, goal_id=goal_id)
    if draft.channel_id != goal.channel_id:
        raise Refused.one(
            "channel", "fixed", _("A chat goal stays with its channel; delete it and make another.")
        )
    if draft == draft_of(goal):
        return goal
    before = current(goal)
    since = max(at or clock.now(), before.valid_from + timedelta(microseconds=1))
    before.valid_until = since
    before.save(update_fields=["valid_until"])
    _append(goal, before.number + 1, draft, since, user_id)
    chat_marks.mark_channel(account_id=account_id, channel_id=goal.channel_id, since=since)
    _note(goal, user_id, "saved", before=_words(before), after=_words(current(goal)))
    return goal


def _make(account_id: int, user_id: int | None, draft: ChatGoalDraft, now: datetime) -> ChatGoal:
    channel = Channel.objects.filter(account_id=account_id, pk=draft.channel_id).first()
    if channel is None:
        raise Refused.one("channel", "unknown_channel", _("There is no such channel."))
    if channel.pk in chat_marks.tracked_channels(account_id=account_id):
        raise Refused.one("channel", "taken", _("The channel %s has a chat goal; change that one.") % channel)
    goal = ChatGoal.objects.create(account_id=account_id, channel=channel, created_at=now)
    _append(goal, 1, draft, now, user_id)
    chat_marks.sweep(account_id=account_id, channels=[channel.pk])
    _note(goal, user_id, "saved", after=_words(current(goal)))
    return goal


def _append(goal: ChatGoal, number: int, draft: ChatGoalDraft, since: datetime, user_id: int | None) -> None:
    goal.current = ChatGoalVersion.objects.create(
        account_id=goal.account_id,
        goal=goal,
        number=number,
        valid_from=since,
        saved_by_id=user_id,
        category=draft.condition.category,
        operator=draft.condition.operator,
        value=draft.condition.value,
        frame_days=draft.frame_days,
    )
    goal.save(update_fields=["current"])
    chat_reaches.match_stored(account_id=goal.account_id, version=goal.current.pk, since=since)


@transactional
def delete_chat_goal(
    *, account_id: int, user_id: int | None, goal_id: int, at: datetime | None = None
) -> None:
    """Take a chat goal and every state it gave out of every list and rate at once; cannot be undone."""
    take(Lock.GOALS, account_id)
    goal = chat_selectors.chat_goal(account_id=account_id, goal_id=goal_id)
    goal.deleted_at = max(at or clock.now(), current(goal).valid_from + timedelta(microseconds=1))
    goal.save(update_fields=["deleted_at"])
    _note(goal, user_id, "deleted", before=_words(current(goal)))


def _note(
    goal: ChatGoal,
    user_id: int | None,
    action: str,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    audit(
        account_id=goal.account_id,
        user=user_id,
        action=f"chat_goal.{action}",
        target=f"{goal.channel} ({goal.pk})",
        before=before,
        after=after,
    )


def _words(version: ChatGoalVersion) -> dict[str, Any]:
    """What the audit log keeps of a version."""
    return {"condition": str(version), "frame_days": str(version.frame_days)}


def purge_chat_reaches() -> int:
    """Delete some reaches of versions that judge nothing any more: those of deleted goals; how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM goals_chatreach WHERE ctid = ANY(ARRAY(SELECT r.ctid FROM goals_chatreach r"
            " JOIN goals_chatgoalversion v ON v.id = r.version_id JOIN goals_chatgoal g ON g.id = v.goal_id"
            " WHERE g.deleted_at IS NOT NULL LIMIT %s))",
            [_BATCH],
        )
        return int(cursor.rowcount)
