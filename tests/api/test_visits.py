"""visits/: what is shown, and by what it is filtered."""

from apps.people.models import Identity
from apps.visits.services import keep_visits
from tests.visits.made import some_visits

ROBOT = "Mozilla/5.0 (compatible; Googlebot/2.1)"
PHONE = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36"


def listed(client, cast, query=""):
    answer = client.get(f"/api/v1/visits/?{query}", HTTP_AUTHORIZATION=f"Bearer {cast.secret['read']}")
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def test_a_visit_says_all_that_is_known_of_it(cast, client):
    url = "https://shop.example/a?utm_source=June&utm_medium=email&utm_campaign=C&gclid=g1"
    some_visits(cast.counter, 1, url=url, user_agent=PHONE, referrer="https://mail.google.com/")
    (one,) = listed(client, cast)
    source = {"kind": "ad", "name": "june", "campaign": "C"}
    assert one["started_at"] == one["ended_at"]
    assert {name: value for name, value in one.items() if name not in ("id", "started_at", "ended_at")} == {
        "counter": cast.counter.pk, "person": Identity.objects.get().person_id, "robot": False,
        "pages": 1, "events": 0, "landing_page": url, "referrer": "https://mail.google.com/",
        "source": source, "first_source": source, "last_significant_source": source,
        "utm_source": "June", "utm_medium": "email", "utm_campaign": "C", "utm_term": "", "utm_content": "",
        "click_ids": {"gclid": "g1"},
        "device": "phone", "browser": "Chrome", "os": "Android", "country": "", "city": "",
    }  # fmt: skip


def test_visits_are_filtered_and_robots_shown_only_when_asked_for(cast, client):
    some_visits(cast.counter, 2)
    some_visits(cast.counter, 1, client_id="phone", user_agent=PHONE, referrer="https://ya.ru/")
    some_visits(cast.counter, 1, client_id="robot", user_agent=ROBOT)
    some_visits(cast.other_counter, 1, client_id="theirs")
    person = Identity.objects.get(value="c1").person_id
    assert len(listed(client, cast)) == 3
    for query, count in (
        ("robot=true", 1), ("robot=false", 3), ("source=search", 1), ("device=phone", 1), ("country=de", 0),
        (f"person={person}", 1), (f"counter={cast.counter.pk}&limit=2", 2), ("from=2126-01-01T00:00:00Z", 0),
    ):  # fmt: skip
        assert len(listed(client, cast, query)) == count, query


def test_a_list_takes_as_many_queries_for_many_as_for_few(cast, client, django_assert_num_queries):
    some_visits(cast.counter, 3)
    listed(client, cast)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as few:
        listed(client, cast)
    some_visits(cast.counter, 40)
    assert not keep_visits(account_id=cast.account.pk)
    with django_assert_num_queries(len(few)):
        assert len(listed(client, cast)) == 40
