"""Hints: "look at row N" put on a queue. The row is the job, so a lost hint costs no more than a sweep's pause."""

import logging
import time
from collections.abc import Sequence
from functools import partial

from celery import current_app
from django.db import transaction
from kombu.pools import producers

log = logging.getLogger(__name__)

OPTIONS = {"max_retries": 0, "socket_connect_timeout": 1, "socket_timeout": 2}
"""Kombu's own patience is 6 s with a broker that is gone, and endless with one that is frozen."""
ONCE_MORE = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}
"""For a pooled connection that the broker has dropped meanwhile."""
SILENCE = 5.0  # seconds without hints after one failed: a thousand of them must not fail one by one
_silent_until = 0.0


def send_hint(task: str, queue: str, args: Sequence[int | str] = ()) -> None:
    """Queue the named task once the transaction has committed; never raises, whatever the broker does."""
    transaction.on_commit(partial(_publish, task, queue, list(args)), robust=True)


def _publish(task: str, queue: str, args: list[int | str]) -> None:
    global _silent_until  # noqa: PLW0603 - one broker a process, one memory of its silence
    if time.monotonic() < _silent_until:
        return
    connection = current_app.connection_for_write(transport_options=OPTIONS)
    try:
        with producers[connection].acquire(block=True, timeout=5) as producer:
            current_app.send_task(
                task, args=args, queue=queue, producer=producer, retry=True, retry_policy=ONCE_MORE
            )
    except Exception as error:  # noqa: BLE001 - kombu lets through whatever its transport raises
        _silent_until = time.monotonic() + SILENCE
        log.warning("The hint %s%r was not sent (%s); the sweeper will send it again.", task, args, error)
