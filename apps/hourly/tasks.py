"""The clock's ticks and the judging of one share, as Celery sees them."""

from datetime import datetime, timedelta
from typing import Any

from celery import shared_task

from apps.core import queues
from apps.hourly import services

SWEEP_EXPIRES = timedelta(seconds=25)  # as in config/schedule.py


@shared_task(name="apps.hourly.tasks.tick", queue=queues.DEFAULT)
def tick() -> None:
    services.open_hour()


@shared_task(name="apps.hourly.tasks.judge", queue=queues.JUDGE)
def judge(run_id: int, share: int) -> None:
    services.work(run_id=run_id, share=share)


@shared_task(name="apps.hourly.tasks.sweep", queue=queues.DEFAULT, bind=True)
def sweep(self: Any) -> None:
    services.sweep(sent_at=sent_at(self.request.expires))


def sent_at(expires: str | None) -> datetime | None:
    """When beat sent the sweep: its message says only when it will expire. None if somebody else asked for it."""
    return datetime.fromisoformat(expires) - SWEEP_EXPIRES if expires else None


@shared_task(name="apps.hourly.tasks.keep", queue=queues.DEFAULT)
def keep() -> None:
    services.keep()


@shared_task(name="apps.hourly.tasks.chats", queue=queues.DEFAULT)
def chats() -> None:
    services.hint_at_chats()


@shared_task(name="apps.hourly.tasks.judge_chats", queue=queues.CHATS)
def judge_chats(account_id: int) -> None:
    services.look_at_chats(account_id=account_id, seconds=services.SITTING)
