"""Celery's side of mail: look at one row, or at all that are due."""

from celery import shared_task

from apps.core import queues
from apps.mail import services


@shared_task(name="apps.mail.tasks.deliver", queue=queues.MAIL, soft_time_limit=150, time_limit=180)
def deliver(mail_id: int) -> None:
    services.deliver(mail_id=mail_id)


@shared_task(name="apps.mail.tasks.sweep", queue=queues.DEFAULT)
def sweep() -> None:
    services.sweep_mails()
