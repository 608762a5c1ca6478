"""A small true story: a person chats with an agent of the shop and then reaches a goal."""

from datetime import timedelta

from apps.core import clock
from apps.hourly import services as hourly
from apps.intake import services as intake
from apps.intake.records import Arrival, HitIn
from tests.cast import Cast


def a_story(
    cast: Cast, *, times: int = 1, ticket: str = "T-1", url: str = "https://shop.example/thank-you"
) -> None:
    """`times` people chat, reach whatever goal matches the URL, and a run judges them."""
    now = clock.now()
    events, hits = [], []
    for place in range(times):
        at = now - timedelta(minutes=place + 1)
        person = {"client_id": f"1700000{place:06d}"}
        name = ticket if place == 0 else f"{ticket}-{place}"
        events += _chat(name, str(place), person, at - timedelta(minutes=10))
        hit = HitIn(id=f"h{place}", time=at, type="pageview", url=url, client_id=person["client_id"])
        hits.append(Arrival(cast.account.pk, cast.counter.pk, True, now, hit))
    intake.take_events(account_id=cast.account.pk, raw=events)
    intake.store_hits(arrivals=hits)
    hourly.run_now(account_id=cast.account.pk)


def _chat(ticket: str, number: str, person: dict, at) -> list[dict]:
    def event(place: int, **said: object) -> dict:
        when = (at + timedelta(seconds=place)).isoformat()
        return {"id": f"{number}-{place}", "conversation": ticket, "channel": "web", "time": when, **said}

    return [
        event(0, type="message", person=person, author={"kind": "person"}, text="hello"),
        event(1, type="assignment", agent="ana", group="sales"),
        event(2, type="message", author={"kind": "agent", "agent": "ana"}, text="hi"),
    ]
