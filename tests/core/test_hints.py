"""Hints: sent after the commit, and harmless when the broker is away."""

import time

import pytest
from celery import Celery, current_app
from django.db import transaction

from apps.core.hints import send_hint


@pytest.fixture
def dead_broker(tmp_path):
    """A Celery app whose broker nobody serves, for the length of a test."""
    app = Celery("dead", broker=f"redis+socket://{tmp_path}/nobody.sock", set_as_current=False)
    before = current_app._get_current_object()
    app.set_current()
    yield app
    before.set_current()


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_costs_the_writer_nothing(dead_broker, caplog):
    began = time.monotonic()
    with transaction.atomic():
        send_hint("apps.mail.tasks.deliver", "mail", [1])
    assert "was not sent" in caplog.text
    assert time.monotonic() - began < 2


@pytest.mark.django_db(transaction=True)
def test_a_hint_waits_for_the_commit_and_dies_with_the_rollback(dead_broker, caplog):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        send_hint("apps.mail.tasks.deliver", "mail", [1])
        assert caplog.text == ""
        raise ZeroDivisionError
    assert caplog.text == ""
