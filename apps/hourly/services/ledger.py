"""Opening, beginning and ending runs. Each step is a conditional change of the run's row: twice is harmless."""

from django.conf import settings
from django.db.models import Sum

from apps.accounts.models import Account
from apps.collect import selectors as collect
from apps.core import clock, locks, periods, queues
from apps.core.hints import send_hint
from apps.core.retry import transactional
from apps.hourly.models import Run, RunShare
from apps.intake.models import Tally
from apps.people.models import Mark
from apps.visits import selectors as visits

OPEN = (Run.State.QUEUED, Run.State.RUNNING)


def open_hour() -> int:
    """For each account the run of the last complete UTC hour, once; how many of them are still to begin."""
    now = clock.now()
    hour = periods.last_complete_hour(now).start
    accounts = Account.objects.values_list("pk", flat=True)
    Run.objects.bulk_create(
        [Run(account_id=pk, hour=hour, created_at=now) for pk in accounts], ignore_conflicts=True
    )
    waiting = list(Run.objects.filter(hour=hour, state=Run.State.QUEUED).values_list("pk", flat=True))
    for pk in waiting:
        hint(pk)
    return len(waiting)


@transactional
def request_run(*, account_id: int, user_id: int | None) -> Run:
    """Ask for a run now. While one that was asked for is open, that one is returned."""
    locks.take(locks.Lock.LEDGER, account_id)
    run = Run.objects.filter(account_id=account_id, hour=None, state__in=OPEN).first()
    if run is None:
        run = Run.objects.create(account_id=account_id, requested_by_id=user_id, created_at=clock.now())
    hint(run.pk)
    return run


def hint(run_id: int) -> None:
    """Tell a worker for each share to look at the run."""
    for share in range(settings.HOURLY_SHARES):
        send_hint("apps.hourly.tasks.judge", queues.JUDGE, [run_id, share])


@transactional
def begin(*, run_id: int) -> Run | None:
    """The run if it is running, perhaps since this moment, and work is left; never two of an account at once."""
    account_id = Run.objects.filter(pk=run_id, state__in=OPEN).values_list("account_id", flat=True).first()
    if account_id is None:
        return None
    locks.take(locks.Lock.LEDGER, account_id)
    run = Run.objects.get(pk=run_id)
    if run.state != Run.State.QUEUED:
        return run if run.state == Run.State.RUNNING else None
    if Run.objects.filter(account_id=account_id, state=Run.State.RUNNING).exists():
        return None  # the one that ends hints at the next
    _begin(run)
    if Mark.objects.filter(account_id=account_id).exists() or visits.are_touched(account_id=account_id):
        RunShare.objects.bulk_create([RunShare(run=run, number=n) for n in range(settings.HOURLY_SHARES)])
        return run
    _finish(run)  # nothing waits: the usual case of a small account costs no share, no claim, no judge
    return None


def _begin(run: Run) -> None:
    now = clock.now()
    # Asked before the marks are looked at: what the drain stores in between is promised by neither.
    unstored = collect.oldest_waiting()
    run.state = Run.State.RUNNING
    run.started_at = run.beat_at = now
    run.complete_until = min(now, unstored) if unstored else now
    run.last_mark = Mark.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    run.save(update_fields=["state", "started_at", "beat_at", "complete_until", "last_mark"])


@transactional
def finish(*, run_id: int) -> bool:
    """End the run if all its shares are done; whether this call did. Its final state commits alone."""
    run = Run.objects.select_for_update(no_key=True).filter(pk=run_id, state=Run.State.RUNNING).first()
    if run is None or run.shares.filter(done=False).exists():
        return False
    _finish(run)
    return True


def _finish(run: Run) -> None:
    run.closed_hits = _closed_hits(run)
    run.total = max(run.total, run.people)
    _end(run, Run.State.DONE)


@transactional
def give_up(*, run_id: int, error: str) -> None:
    """End the run as failed. Nothing is lost: what was not judged keeps its marks for the next run."""
    run = Run.objects.select_for_update(no_key=True).filter(pk=run_id, state=Run.State.RUNNING).first()
    if run is None:
        return
    run.error = error
    run.complete_until = None
    _end(run, Run.State.FAILED)


def _end(run: Run, state: str) -> None:
    run.state = state
    run.finished_at = clock.now()
    run.save(update_fields=["state", "finished_at", "closed_hits", "total", "error", "complete_until"])
    run.shares.all().delete()
    following = Run.objects.filter(account_id=run.account_id, state=Run.State.QUEUED).order_by("pk").first()
    if following:
        hint(following.pk)


def _closed_hits(run: Run) -> int:
    """Hits that had closed before they arrived, since the run before this one began."""
    tallies = Tally.objects.filter(account_id=run.account_id, at__lte=run.started_at)
    earlier = Run.objects.filter(
        account_id=run.account_id, state=Run.State.DONE, started_at__lt=run.started_at
    )
    if last := earlier.order_by("-started_at").first():
        tallies = tallies.filter(at__gt=last.started_at)
    return int(tallies.aggregate(closed=Sum("closed"))["closed"] or 0)
