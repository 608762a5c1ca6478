"""Celery's side of erasures: look at one row, or at all that nobody works on."""

from celery import shared_task

from apps.core import queues
from apps.erasure import services


@shared_task(name="apps.erasure.tasks.run", queue=queues.EXPORT, soft_time_limit=3000, time_limit=3300)
def run(erasure_id: int) -> None:
    services.run(erasure_id=erasure_id)


@shared_task(name="apps.erasure.tasks.sweep", queue=queues.DEFAULT)
def sweep() -> None:
    services.sweep_erasures()
