"""Working on a run, share by share, batch by batch. A task may look at a share at any moment, any number of times."""

import logging
import time
from datetime import timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Count, F, Q
from django.db.models.functions import Greatest, Mod

from apps.conversions.services import Judged, judge
from apps.core import clock, queues
from apps.core.errors import without_addresses
from apps.core.hints import send_hint
from apps.hourly.models import Run, RunShare
from apps.hourly.services import ledger
from apps.people.models import Mark
from apps.visits.services import keep_visits

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)  # without a beat for this long, a share's worker is taken for dead
MAX_ATTEMPTS = 5
BATCH = 20_000  # marks
SITTING = 600.0  # seconds of one task; the rest of the share is another task's
PATIENCE = 30.0  # seconds after which marks that came later are left for the next run
COUNTED = ("people", "reaches", "credited", "uncredited", "dropped", "corrected")


class OvertakenError(Exception):
    """The share was slow for so long that another worker has it now."""


def work(*, run_id: int, share: int) -> None:
    """Do what is left of one share of the run, unless somebody is at it. An error is kept on the run, and raised."""
    run = ledger.begin(run_id=run_id)
    if run is None:
        return
    holder = _claim(run_id, share)
    if holder is None:
        ledger.finish(run_id=run_id)  # the last worker may have died just before it did
        return
    try:
        _work(run, share, holder)
    except OvertakenError:
        return
    except Exception as error:
        _stumble(run_id, share, holder, without_addresses(error))
        raise
    ledger.finish(run_id=run_id)


def run_now(*, account_id: int, user_id: int | None = None) -> Run:
    """Judge, in this process, all that was stored before the call; the run that saw to it, ended."""
    asked = clock.now()
    while True:
        run = ledger.request_run(account_id=account_id, user_id=user_id)
        while run.state in ledger.OPEN:
            _help(account_id, up_to=run.pk)
            run.refresh_from_db()
        if run.state == Run.State.FAILED or (run.started_at and run.started_at >= asked):
            return run


def _help(account_id: int, up_to: int) -> None:
    """Work on the account's open runs that are not later than this one; wait a little where others hold them."""
    waiting = Run.objects.filter(account_id=account_id, pk__lte=up_to, state__in=ledger.OPEN)
    for run_id in waiting.order_by("-state", "pk").values_list("pk", flat=True):  # "running" first
        if ledger.begin(run_id=run_id):
            for share in RunShare.objects.filter(run_id=run_id).values_list("number", flat=True):
                work(run_id=run_id, share=share)
    if Run.objects.filter(pk=up_to, state__in=ledger.OPEN).exists():
        time.sleep(0.05)


def _claim(run_id: int, share: int) -> UUID | None:
    """Take the share if nobody holds it: no row lock (a batch), no beat within the lease (between two)."""
    now = clock.now()
    free = RunShare.objects.filter(
        Q(beat_at=None) | Q(beat_at__lt=now - LEASE), run=run_id, number=share, done=False
    )
    with transaction.atomic():
        row = free.select_for_update(skip_locked=True).first()
        if row is None:
            return None
        if row.attempts < MAX_ATTEMPTS:
            row.holder, row.beat_at, row.attempts = uuid4(), now, row.attempts + 1
            row.save(update_fields=["holder", "beat_at", "attempts"])
            Run.objects.filter(pk=run_id).update(attempts=Greatest(F("attempts"), row.attempts), beat_at=now)
            return row.holder
    error = Run.objects.values_list("error", flat=True).get(pk=run_id)
    ledger.give_up(run_id=run_id, error=error or "The worker ended five times in the same place.")
    return None


def _work(run: Run, share: int, holder: UUID) -> None:
    began = time.monotonic()
    shares = RunShare.objects.filter(run=run).count()
    while keep_visits(account_id=run.account_id):
        RunShare.objects.filter(run=run, number=share, holder=holder).update(beat_at=clock.now())
    while _batch(run, share, shares, holder, late=time.monotonic() - began > PATIENCE):
        if time.monotonic() - began > SITTING:
            RunShare.objects.filter(run=run, number=share, holder=holder).update(beat_at=None)
            send_hint("apps.hourly.tasks.judge", queues.JUDGE, [run.pk, share])
            raise OvertakenError


def _batch(run: Run, share: int, shares: int, holder: UUID, *, late: bool) -> bool:
    """Judge one batch and note it, in one transaction; whether there may be more."""
    with transaction.atomic():
        mine = RunShare.objects.select_for_update(no_key=True).filter(
            run=run, number=share, holder=holder, done=False
        )
        if mine.first() is None:
            raise OvertakenError
        assert run.started_at
        judged = judge(
            account_id=run.account_id, run_started_at=run.started_at, share=share, shares=shares, limit=BATCH
        )
        done = judged.marks < BATCH or (late and not _old_marks(run, share, shares))
        now = clock.now()
        mine.update(done=done, beat_at=now, attempts=1)
        _count(run, judged, now, late=late)
    return not done


def _count(run: Run, judged: Judged, now: object, *, late: bool) -> None:
    counts = {name: F(name) + getattr(judged, name) for name in COUNTED if getattr(judged, name)}
    Run.objects.filter(pk=run.pk).update(beat_at=now, **counts)
    if late and run.total == 0:  # worth its price only where somebody can watch
        left = Mark.objects.filter(account_id=run.account_id).aggregate(n=Count("person_id", distinct=True))[
            "n"
        ]
        run.refresh_from_db(fields=["people"])
        run.total = run.people + left
        Run.objects.filter(pk=run.pk, total=0).update(total=run.total)


def _old_marks(run: Run, share: int, shares: int) -> bool:
    """Whether people of this share still wait since before the run began."""
    marks = Mark.objects.filter(account_id=run.account_id, pk__lte=run.last_mark)
    return marks.annotate(share=Mod("person_id", shares)).filter(share=share).exists()


def _stumble(run_id: int, share: int, holder: UUID, error: str) -> None:
    """Keep the error. The share is free again after the lease; after the fifth time the run has failed."""
    log.warning("Run %s stumbled over share %s: %s", run_id, share, error)
    Run.objects.filter(pk=run_id).update(error=error)
    row = RunShare.objects.filter(run=run_id, number=share, holder=holder).first()
    if row and row.attempts >= MAX_ATTEMPTS:
        ledger.give_up(run_id=run_id, error=error)
