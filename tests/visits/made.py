"""Visits of the cast's counter, made of hits."""

from datetime import datetime, timedelta
from typing import Any

from apps.core import clock
from apps.counters.models import Counter
from apps.intake.services import take_hits
from apps.visits.services import keep_visits


def page_views(counter: Counter, now: datetime, *minutes: float, **values: Any) -> None:
    """Page views so many minutes before `now`, each with its own address; nobody's visits are made of them yet."""
    hits = [
        {
            "id": f"h{minute}",
            "time": (now - timedelta(minutes=minute)).isoformat(),
            "type": "pageview",
            "url": f"https://shop.example/{minute}",
            **values,
        }
        for minute in minutes
    ]
    assert not take_hits(counter=counter, raw=hits).rejected


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
