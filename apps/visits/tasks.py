"""Each minute: visits of what came in since, as Celery sees it."""

from celery import shared_task

from apps.core import queues
from apps.visits import services


@shared_task(name="apps.visits.tasks.keep", queue=queues.JUDGE)
def keep() -> None:
    services.keep_all_visits()
