"""Making an export. Any number of workers may try at any moment: one file and one mail come of it."""

import hashlib
import logging
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from apps.core import clock
from apps.core.errors import without_addresses
from apps.exports import texts
from apps.exports.errors import AbandonedError, ExportError
from apps.exports.models import Export
from apps.exports.services.files import Made, discard, write_file
from apps.goals.models import MessagingGoal
from apps.mail.services import write_mail

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)  # without a beat for this long, an export's worker is taken for dead
MAX_ATTEMPTS = 5
LINK_LIFE = timedelta(days=14)


def make(*, export_id: int) -> None:
    """Make the file and write the mail, unless somebody is at it or it is over. Unforeseen errors are raised."""
    export = _claim(export_id)
    if export is None:
        return
    try:
        made = write_file(export, held=_held(export))
    except AbandonedError:
        return
    except ExportError as error:
        fail(export, str(error))
    except Exception as error:
        _stumble(export, without_addresses(error))
        raise
    else:
        _hand_over(export, made)


def unheld(now: datetime) -> Q:
    """Exports that nobody works on: never begun, stumbled a while ago, or left by a worker that died."""
    silent = Q(beat_at__lt=now - LEASE)
    return Q(state=Export.State.QUEUED) & (Q(beat_at=None) | silent) | Q(state=Export.State.RUNNING) & silent


def fail(export: Export, error: str) -> None:
    """Give the export up and mail that, once; nothing happens if somebody else ended it."""
    with transaction.atomic():
        if _held(export).update(state=Export.State.FAILED, error=error, finished_at=clock.now()):
            export.error = error
            _mail(export, "failed", texts.failed(export, _goal_name(export)))


def _claim(export_id: int) -> Export | None:
    """`attempts` is the fence: whatever a worker writes later is written only where it still is its own."""
    now = clock.now()
    mine = Export.objects.filter(unheld(now), pk=export_id, attempts__lt=MAX_ATTEMPTS)
    if not mine.update(state=Export.State.RUNNING, attempts=F("attempts") + 1, beat_at=now, done=0):
        return None
    return Export.objects.select_related("account", "user").get(pk=export_id)


def _held(export: Export) -> QuerySet[Export]:
    """The export as long as it is this worker's: empty once it was cancelled or taken over."""
    return Export.objects.filter(pk=export.pk, state=Export.State.RUNNING, attempts=export.attempts)


def _hand_over(export: Export, made: Made) -> None:
    """Make the file reachable and write its mail, both or neither."""
    token = secrets.token_urlsafe(32)
    now = clock.now()
    with transaction.atomic():
        goal = (
            MessagingGoal.objects.select_for_update(no_key=True)
            .filter(pk=export.goal_id, deleted_at=None)
            .first()
        )
        done = goal is not None and _held(export).update(
            state=Export.State.DONE,
            done=F("total"),
            beat_at=now,
            finished_at=now,
            file=made.name,
            size=made.size,
            sha256=made.sha256,
            token_digest=digest(token),
            expires_at=now + LINK_LIFE,
            error="",
        )
        if done:
            export.refresh_from_db()
            text = texts.ready(export, _goal_name(export), export.account.timezone)
            _mail(export, "done", text, secret=token)
    if not done:
        discard(made.name)
    if goal is None:
        fail(export, _("The goal was deleted while its CSV was being made."))


def _mail(export: Export, kind: str, text: texts.Text, *, secret: str = "") -> None:
    write_mail(
        key=f"export-{export.pk}-{kind}",
        to=export.user.email,
        subject=text.subject,
        body=text.body,
        account_id=export.account_id,
        secret=secret,
    )


def _stumble(export: Export, error: str) -> None:
    """Keep the error; another try follows after the lease, and after the fifth none."""
    log.warning("Export %s stumbled: %s", export.pk, error)
    if export.attempts >= MAX_ATTEMPTS:
        fail(export, error)
    else:
        _held(export).update(state=Export.State.QUEUED, beat_at=clock.now(), error=error)


def _goal_name(export: Export) -> str:
    """What the goal is called now; one that was deleted still has its last name."""
    return str(MessagingGoal.objects.select_related("current").get(pk=export.goal_id))


def digest(token: str) -> str:
    """What the database keeps of a link's token."""
    return hashlib.sha256(token.encode()).hexdigest()
