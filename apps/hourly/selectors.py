"""What is read here: the ledger, and the health of the pipeline."""

from django.db.models import QuerySet

from apps.core.errors import NotThere
from apps.hourly.health import Health, Part, Ready, complete_until, health, ready
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
