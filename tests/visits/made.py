"""Visits of the cast's counter, made of hits."""

from datetime import timedelta
from typing import Any

from apps.core import clock
from apps.counters.models import Counter
from apps.intake.services import take_hits
from apps.visits.services import keep_visits


def some_visits(counter: Counter, count: int, **values: Any) -> None:
    """That many visits of a browser each, one a minute back from now."""
    hits = [
        {
            "id": f"{values.get('client_id', 'v')}-{n}",
            "time": (clock.now() - timedelta(minutes=n)).isoformat(),
            "type": "pageview",
            "url": f"https://shop.example/{n}",
            "client_id": f"c{n}",
            **values,
        }
        for n in range(count)
    ]
    assert not take_hits(counter=counter, raw=hits).rejected
    while keep_visits(account_id=counter.account_id):
        pass
