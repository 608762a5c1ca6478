"""Celery's side of accounts."""

from celery import shared_task

from apps.accounts import services
from apps.core import queues


@shared_task(name="apps.accounts.tasks.answer_mail_requests", queue=queues.MAIL)
def answer_mail_requests() -> None:
    services.answer_mail_requests()
