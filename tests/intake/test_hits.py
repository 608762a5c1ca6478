"""Hits: the first of each key, whole batches of any mix, identities and robots."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from apps.conversions.models import Conversion
from apps.conversions.services import judge
from apps.core import clock
from apps.counters.models import Counter
from apps.goals import services as goals
from apps.goals.models import Reach
from apps.intake.models import Tally
from apps.intake.services import take_hits
from apps.people.models import Identity
from apps.visits.models import Hit
from tests.cast import Cast
from tests.goals.drafting import a_draft
from tests.intake import mmdb

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def frozen() -> Any:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def goal(cast: Cast) -> int:
    with clock.set_back(timedelta(hours=1)):
        draft = a_draft(cast.account, active=True, start_date=NOON.date())
        return goals.save_goal(account_id=cast.account.pk, user_id=None, draft=draft).pk


def a_hit(number: int, **values: Any) -> dict[str, Any]:
    time = (NOON - timedelta(minutes=30) + timedelta(seconds=number)).isoformat()
    return {
        "id": f"h{number}",
        "time": time,
        "type": "pageview",
        "url": "https://shop.example/thanks",
        **values,
    }


def take(cast: Cast, *hits: Any) -> Any:
    return take_hits(counter=cast.counter, raw=list(hits))


def test_bad_hits_are_told_and_the_others_are_taken(cast: Cast) -> None:
    outcome = take(
        cast,
        a_hit(1),
        a_hit(2, url=None),
        a_hit(3, type="click"),
        a_hit(4, user_id="undefined"),
        a_hit(5, time="2026-05-04T11:00:00"),
        a_hit(6, value="1e400", currency="EUR", type="event", name="x"),
        a_hit(7, url="https://shop.example/" + "x" * 9000),
        {"id": 8},
        a_hit(9, type="event", name="order", url=None),
    )
    assert outcome.accepted == 2
    assert [(one.index, one.code) for one in outcome.rejected] == [
        (1, "required"),
        (2, "invalid_choice"),
        (3, "invalid_identity"),
        (4, "no_offset"),
        (5, "invalid"),
        (6, "too_long"),
        (7, "invalid"),
    ]


def test_the_first_of_each_key_is_stored_and_a_duplicate_says_nothing(cast: Cast, goal: int) -> None:
    take(cast, a_hit(1, url="https://shop.example/", client_id="11"))
    outcome = take(
        cast,
        a_hit(1, client_id="11", user_id="anna"),
        a_hit(2, client_id="11"),
        a_hit(2, url="https://x.example/"),
    )
    assert (outcome.accepted, outcome.duplicates) == (1, 2)
    assert [hit.url for hit in Hit.objects.order_by("time")] == [
        "https://shop.example/",
        "https://shop.example/thanks",
    ]
    assert [reach.hit_id for reach in Reach.objects.all()] == ["h2"]
    client = Identity.objects.get(kind=Identity.Kind.CLIENT_ID)
    assert not client.links.exists()


def test_the_same_id_at_another_time_is_another_hit(cast: Cast) -> None:
    assert take(cast, a_hit(1), {**a_hit(2), "id": "h1"}).accepted == 2


def test_robots_are_stored_and_make_no_reach(cast: Cast, goal: int) -> None:
    take(
        cast,
        a_hit(1, user_agent="Mozilla/5.0 (compatible; Googlebot/2.1)"),
        a_hit(2, user_agent="Mozilla/5.0"),
    )
    assert [hit.robot for hit in Hit.objects.order_by("time")] == [True, False]
    assert [reach.hit_id for reach in Reach.objects.all()] == ["h2"]
    assert Tally.objects.get().robots == 1


def test_events_never_meet_url_conditions(cast: Cast, goal: int) -> None:
    take(cast, a_hit(1, type="event", name="thanks"))
    assert not Reach.objects.exists()


def test_a_counter_can_switch_user_ids_off(cast: Cast) -> None:
    Counter.objects.filter(pk=cast.counter.pk).update(user_ids=False)
    cast.counter.refresh_from_db()
    take(cast, a_hit(1, client_id="11", user_id="anna"))
    assert [one.value for one in Identity.objects.all()] == ["11"]


def test_hostile_texts_come_back_as_they_were_sent(cast: Cast) -> None:
    texts = ["a\tb\\N\nc\r", "\\.", "\u202eevil", "emoji \U0001f600", "=1+1", "'; DROP TABLE x; --"]
    take(cast, *(a_hit(n, url=text, title=text, client_id=f"c{text}") for n, text in enumerate(texts)))
    assert [hit.url for hit in Hit.objects.order_by("time")] == texts
    assert [(hit.detail or {})["title"] for hit in Hit.objects.order_by("time")] == texts


def test_a_late_sign_in_moves_reaches_and_their_results_follow(cast: Cast, goal: int) -> None:
    take(cast, a_hit(1, client_id="11"), a_hit(1, id="again", client_id="12"))
    run(cast)
    before = {one.hit_id: one.outcome for one in Conversion.objects.all()}
    assert before == {"h1": Conversion.Outcome.UNCREDITED, "again": Conversion.Outcome.UNCREDITED}
    take(cast, a_hit(60, url="https://shop.example/", client_id="11", user_id="anna"))
    take(cast, a_hit(61, url="https://shop.example/", client_id="12", user_id="anna"))
    run(cast)
    after = {one.hit_id: one.outcome for one in Conversion.objects.all()}
    assert after == {"again": Conversion.Outcome.UNCREDITED, "h1": Conversion.Outcome.SAME_SECOND}


def run(cast: Cast) -> None:
    while judge(account_id=cast.account.pk, run_started_at=clock.now(), share=0, shares=1).marks:
        pass


def test_a_hit_keeps_what_its_sender_is_and_neither_address_nor_agent(
    cast: Cast, settings: Any, tmp_path: Any
) -> None:
    settings.GEOIP_DATABASE = str(mmdb.write(tmp_path / "x.mmdb", {"192.0.2.0/24": mmdb.place("DE", "Bonn")}))
    phone = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/131.0.0.0 Mobile Safari/537.36"
    take(cast, a_hit(1, ip="192.0.2.9", user_agent=phone), a_hit(2))
    known, unknown = Hit.objects.order_by("time")
    assert known.detail == {
        "device": "phone",
        "browser": "Chrome",
        "os": "Android",
        "country": "DE",
        "city": "Bonn",
    }
    assert unknown.detail is None
    settings.GEOIP_DATABASE = None
    take(cast, a_hit(3, ip="192.0.2.9"))
    assert Hit.objects.get(id="h3").detail is None
