"""A few times a day: partitions ahead, and nothing left of what is old or was deleted. Each step may be done again."""

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta

from apps.accounts.services import forget_attempts, forget_email_changes, forget_invitations, forget_sign_ins
from apps.collect.services import forget_letters
from apps.conversations.services import forget_texts
from apps.conversions.services import purge_chats, purge_conversions
from apps.core import clock
from apps.goals.services import purge_chat_reaches, purge_reaches
from apps.hourly.models import Run
from apps.intake.models import Tally
from apps.intake.services import forget_moved, forget_salts
from apps.mail.services import forget_mails
from apps.visits.services import drop_old_hits, drop_old_visits, keep_partitions

log = logging.getLogger(__name__)
TALLIES_KEPT = timedelta(days=90)
RUNS_KEPT = timedelta(days=400)
PURGED_AT_ONCE = 100  # batches


def keep() -> None:
    """All steps; one that fails stops none of the others, and is tried again next time."""
    for step in _STEPS:
        try:
            step()
        except Exception:
            log.exception("Housekeeping: %s failed", step.__name__)


def _forget_counts() -> None:
    Tally.objects.filter(at__lt=clock.now() - TALLIES_KEPT).delete()


def _forget_runs() -> None:
    old = Run.objects.filter(created_at__lt=clock.now() - RUNS_KEPT)
    old.filter(state__in=[Run.State.DONE, Run.State.FAILED]).delete()


def _purge_deleted_goals() -> None:
    for purge in (purge_conversions, purge_reaches, purge_chats, purge_chat_reaches):
        for _ in range(PURGED_AT_ONCE):
            if not purge():
                break


_STEPS: Sequence[Callable[[], object]] = (
    keep_partitions,
    drop_old_hits,
    drop_old_visits,
    forget_texts,
    _purge_deleted_goals,
    _forget_counts,
    _forget_runs,
    forget_salts,
    forget_moved,
    forget_letters,
    forget_mails,
    forget_sign_ins,
    forget_invitations,
    forget_attempts,
    forget_email_changes,
)
