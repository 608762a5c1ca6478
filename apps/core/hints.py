"""Hints: "look at row N" put on a queue. The row is the job, so a lost hint costs no more than a sweep's pause."""

import logging
from collections.abc import Sequence
from functools import partial

from celery import current_app
from django.db import transaction

log = logging.getLogger(__name__)


def send_hint(task: str, queue: str, args: Sequence[int | str] = ()) -> None:
    """Queue the named task once the transaction has committed; never raises, whatever the broker does."""
    transaction.on_commit(partial(_publish, task, queue, list(args)), robust=True)


def _publish(task: str, queue: str, args: list[int | str]) -> None:
    try:
        current_app.send_task(task, args=args, queue=queue, retry=False, ignore_result=True)
    except Exception as error:  # noqa: BLE001 - kombu lets through whatever its transport raises
        log.warning("The hint %s%r was not sent (%s); the sweeper will send it again.", task, args, error)
