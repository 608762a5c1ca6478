"""What the drain's tests share: put records, drain them, look."""

import json
import threading

from django.conf import settings
from django.db import connection

from apps.collect import frames
from apps.collect.drain import Deal, Drain, Feed
from apps.collect.models import Position
from apps.core import clock
from apps.visits.models import Hit
from tests.collect.conftest import hit


def once(lanes=1):
    return Drain(settings.COLLECT_SPOOL, lanes=lanes).run(once=True)


def in_thread(work):
    """Do it beside the test, with a connection that ends with it."""

    def run():
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def feed_all():
    return Feed(Deal(settings.COLLECT_SPOOL, 1, {}))


def stored():
    return sorted(Hit.objects.values_list("id", flat=True))


def offsets():
    return sorted(Position.objects.values_list("offset", flat=True))


def put(spool, counter, *ids, **fields):
    """Append one record of these hits without a request."""
    body = json.dumps([hit(one, **fields) for one in ids]).encode()
    spool.append(frames.pack(counter.pk, clock.to_us(clock.now()), len(ids), b"", body))
