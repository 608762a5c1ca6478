"""Celery's side of exports: look at one row, or at all that nobody works on."""

from celery import shared_task

from apps.core import queues
from apps.exports import services


@shared_task(name="apps.exports.tasks.make", queue=queues.EXPORT, soft_time_limit=3000, time_limit=3300)
def make(export_id: int) -> None:
    """Its limits stay below the broker's visibility timeout: a longer task would run twice, for nothing."""
    services.make(export_id=export_id)


@shared_task(name="apps.exports.tasks.sweep", queue=queues.DEFAULT)
def sweep() -> None:
    services.sweep_exports()
    services.delete_ended()
