"""Every half minute: what nobody works on gets a worker."""

from datetime import datetime, timedelta

from django.db.models import Q

from apps.collect import selectors as collect
from apps.core import clock, queues
from apps.core.hints import send_hint
from apps.hourly.models import Run, RunShare
from apps.hourly.services import ledger
from apps.hourly.services.heart import beat
from apps.hourly.services.shares import LEASE

QUEUED_FOR = timedelta(seconds=20)  # its first hint is given this long


def sweep(*, sent_at: datetime | None = None) -> None:
    """One sweep. `sent_at` is when beat sent it, which shows that beat lives; that it arrived shows a worker."""
    beat(part="worker")
    if sent_at:
        beat(part="beat", at=sent_at)
    if drain := collect.drain_state():
        beat(part="drain", at=drain.at)
    sweep_runs()


def sweep_runs() -> int:
    """Hint again at runs that nobody works on, end those that are done; how many hints were sent."""
    now = clock.now()
    queued = Run.objects.filter(state=Run.State.QUEUED, created_at__lt=now - QUEUED_FOR)
    for run_id in queued.values_list("pk", flat=True):
        ledger.hint(run_id)
    idle = Q(beat_at__lt=now - LEASE) | Q(beat_at=None, run__started_at__lt=now - QUEUED_FOR)
    left = RunShare.objects.filter(idle, run__state=Run.State.RUNNING, done=False)
    for run_id, share in left.values_list("run_id", "number"):
        send_hint("apps.hourly.tasks.judge", queues.JUDGE, [run_id, share])
    for run_id in Run.objects.filter(state=Run.State.RUNNING).values_list("pk", flat=True):
        ledger.finish(run_id=run_id)
    return len(queued) + len(left)
