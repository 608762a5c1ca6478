"""Marks are taken piece by piece, and what they are judged by is never older than they."""

import psycopg
import pytest
from django.db import connection, transaction

from apps.conversions.attribution import Limits
from apps.conversions.services import taking
from apps.core import clock
from apps.intake.services import take_hits
from tests.cast import Cast
from tests.hourly.shop import a_goal
from tests.intake.test_hits import a_hit


@pytest.mark.django_db(transaction=True)
def test_a_change_between_two_pieces_is_known_to_the_later_one(cast: Cast, monkeypatch) -> None:
    monkeypatch.setattr(taking, "SMALLEST", 1)
    monkeypatch.setattr(taking, "LARGEST", 1)
    a_goal(cast)
    now = clock.now().isoformat()
    hits = [
        a_hit(n, id=f"{n}", client_id=f"{n}", time=now, url="https://shop.example/thanks")
        for n in range(1, 7)
    ]
    assert take_hits(counter=cast.counter, raw=hits).accepted == 6
    batch = taking.Batch(
        account_id=cast.account.pk, share=0, shares=1, limit=100, run_started_at=clock.now(), limits=Limits()
    )
    with transaction.atomic():
        pieces = batch.pieces()
        first = next(pieces)
        with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None}) as other:
            other.execute("UPDATE accounts_account SET name = name WHERE id = %s", [cast.account.pk])
        rest = list(pieces)
    assert len(rest) == 5
    assert batch.marks == 6
    assert rest[-1].registry is not first.registry
