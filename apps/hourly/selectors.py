"""What is read here: the ledger, and the health of the pipeline."""

from datetime import datetime

from django.db.models import QuerySet

from apps.core.errors import NotThere
from apps.hourly.health import Health, Part, Ready, health, ready
from apps.hourly.models import Run

__all__ = ["Health", "Part", "Ready", "complete_until", "health", "ready", "run", "runs"]


def runs(*, account_id: int) -> QuerySet[Run]:
    """The account's runs, newest first."""
    return Run.objects.filter(account_id=account_id).order_by("-created_at", "-pk")


def run(*, account_id: int, run_id: int) -> Run:
    try:
        return runs(account_id=account_id).get(pk=run_id)
    except Run.DoesNotExist:
        raise NotThere from None


def complete_until(*, account_id: int) -> datetime | None:
    """Facts that arrived before this instant are judged; none before the first run has ended."""
    done = Run.objects.filter(account_id=account_id, state=Run.State.DONE, complete_until__isnull=False)
    return done.order_by("-complete_until").values_list("complete_until", flat=True).first()
