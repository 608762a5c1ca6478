"""Hints: sent after the commit, and harmless when the broker is away."""

import time

import pytest
from celery import Celery, current_app
from django.db import transaction

from apps.core import hints
from apps.core.hints import send_hint

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def no_silence(monkeypatch):
    monkeypatch.setattr(hints, "_silent_until", 0.0)


@pytest.fixture
def dead_broker(tmp_path):
    """A Celery app whose broker nobody serves, for the length of a test."""
    app = Celery("dead", broker=f"redis+socket://{tmp_path}/nobody.sock", set_as_current=False)
    before = current_app._get_current_object()
    app.set_current()
    yield app
    before.set_current()


@pytest.fixture
def broker(tmp_path_factory):
    """A Celery app with a broker that lives in this process's memory."""
    app = Celery("memory", broker="memory://", set_as_current=False)
    before = current_app._get_current_object()
    app.set_current()
    yield app
    before.set_current()


def waiting(app: Celery) -> int:
    with app.connection_for_read() as connection, connection.SimpleQueue("mail") as queue:
        return queue.qsize()


def test_a_broker_that_is_away_costs_the_writer_nothing(dead_broker, caplog):
    began = time.monotonic()
    with transaction.atomic():
        for number in range(1000):
            send_hint("apps.mail.tasks.deliver", "mail", [number])
    assert time.monotonic() - began < 3
    assert caplog.text.count("was not sent") == 1


def test_a_hint_waits_for_the_commit(broker):
    with transaction.atomic():
        send_hint("apps.mail.tasks.deliver", "mail", [1])
        assert waiting(broker) == 0
    assert waiting(broker) == 1


def test_a_hint_dies_with_the_rollback(broker):
    before = waiting(broker)
    with transaction.atomic():
        send_hint("apps.mail.tasks.deliver", "mail", [1])
        transaction.set_rollback(True)
    assert waiting(broker) == before
