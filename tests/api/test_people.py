"""people/ and erasures/: found by any name, linked, merged, shown and erased."""

import io
import json
import zipfile
from datetime import timedelta

import pytest

from apps.accounts.models import AuditEntry
from apps.core import clock
from apps.erasure import services as erasure
from apps.intake import registry
from apps.intake.services import take_events, take_hits
from apps.people.models import Identity
from apps.visits.services import keep_visits
from tests.api.calls import Api, problem


@pytest.fixture
def api(cast):
    return Api(cast, "write")


@pytest.fixture
def ana(cast):
    """A visitor with two visits, a card of a chat widget and a conversation in Telegram; her person."""
    now = clock.now()

    def at(minutes):
        return (now - timedelta(minutes=minutes)).isoformat()

    base = {"type": "pageview", "client_id": "1700"}
    card = {"client_info": json.dumps({"client_name": "<b>Ana</b>", "phone": "+49301"}), "is_introduced": "1"}
    take_hits(
        counter=cast.counter,
        raw=[
            {**base, "id": "1", "time": at(90), "url": "https://shop.example/?utm_source=news", "referrer": "https://a.example/"},
            {**base, "id": "2", "time": at(50), "url": "https://shop.example/b", "click_ids": {"gclid": "g1"}},
            {**base, "id": "3", "time": at(49), "type": "event", "name": "jivo_visitor", "params": {"jivo": card}},
        ],
    )  # fmt: skip
    take_events(
        account_id=cast.account.pk,
        raw=[
            {
                "id": "e1", "conversation": "T-1", "channel": "tg", "time": at(40), "type": "message",
                "author": {"kind": "person"}, "text": "Hi", "person": {"client_id": "1700", "telegram": "@Ana"},
            }
        ],
    )  # fmt: skip
    return Identity.objects.get(value="1700").person_id


def test_people_are_found_by_any_name_and_by_ticket(cast, api, ana):
    other = Identity.objects.exclude(person_id=ana).first()
    assert other
    for wanted in ("client_id=1700", "telegram=@ANA", "ticket=T-1", ""):
        (found,) = api.get(f"people/?{wanted}").json()["results"]
        assert found["id"] == ana
        assert [(one["kind"], one["value"]) for one in found["identities"]] == [
            ("client_id", "1700"),
            ("telegram", "@ana"),
        ]
    assert api.get("people/?user_id=nobody").json()["results"] == []
    assert Api(cast, "stranger").get("people/").json()["results"] == []
    assert api.get(f"people/{other.person_id}/").json()["id"] == ana, "who was linked leads to whom"


def test_the_list_costs_a_fixed_number_of_queries(cast, api, django_assert_num_queries, ana):
    api.get("people/")
    raw = {"type": "pageview", "url": "https://shop.example/", "time": clock.now().isoformat()}
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as few:
        api.get("people/")
    take_hits(counter=cast.counter, raw=[{**raw, "id": f"x{n}", "client_id": f"c{n}"} for n in range(20)])
    with django_assert_num_queries(len(few)):
        assert len(api.get("people/").json()["results"]) == 21


def test_the_card_says_what_is_known(cast, api, ana):
    keep_visits(account_id=cast.account.pk)
    card = api.get(f"people/{ana}/").json()["card"]
    told = {name: value for name, value in card.items() if value not in (None, "", [], {}, 0)}
    instants = [told.pop(f"{name}_at") for name in ("first_visit", "last_visit", "last_seen", "last_message")]
    assert instants == sorted(set(instants))
    assert told == {
        "visits": 2, "pages": 2, "events": 1, "landing_page": "https://shop.example/?utm_source=news",
        "referrer": "https://a.example/",
        "source": {"kind": "campaign", "name": "news", "campaign": ""}, "utm": {"source": "news"}, "click_ids": {"gclid": "g1"},
        "introduced": True, "name": "<b>Ana</b>", "phone": "+49301", "last_message": "Hi", "messengers": ["Telegram"],
    }  # fmt: skip


def test_identities_are_linked_undone_and_restored(cast, api, ana):
    made = api.post(f"people/{ana}/identities/", {"kind": "user_id", "value": "u1"})
    assert made.status_code == 201
    person = made.json()["id"]
    assert person != ana, "whoever has the user ID is the person"
    again = api.post(f"people/{person}/identities/", {"kind": "user_id", "value": "u2"})
    assert problem(again, 409) == {"kind": "two_user_ids"}
    off = api.post(f"people/{person}/identities/", {"kind": "email", "value": "a@b.example"})
    assert problem(off, 400) == {"kind": "not_allowed"}
    registry.save_settings(account_id=cast.account.pk, link_contacts=True)
    assert (
        api.post(f"people/{person}/identities/", {"kind": "email", "value": "A@B.example"}).status_code == 201
    )
    wrong = api.post(f"people/{person}/identities/", {"kind": "phone", "value": "x"})
    assert problem(wrong, 400) == {"value": "invalid_identity"}
    client = Identity.objects.get(value="1700")
    assert api.delete(f"people/{person}/identities/{client.pk}/").status_code == 204
    assert api.get(f"people/{ana}/").json()["id"] == ana
    restored = api.post(f"people/{ana}/identities/{client.pk}/restore/")
    assert restored.status_code == 201
    assert restored.json()["id"] == person


def test_people_are_merged_and_taken_apart(cast, api, ana):
    raw = {"id": "9", "type": "pageview", "url": "https://shop.example/", "time": clock.now().isoformat()}
    take_hits(counter=cast.counter, raw=[{**raw, "user_id": "u9"}])
    other = Identity.objects.get(value="u9").person_id
    merged = api.post(f"people/{ana}/merge/", {"person": other})
    assert (merged.status_code, merged.json()["kept"]) == (201, other)
    assert api.get(f"people/{ana}/").json()["id"] == other
    assert problem(api.post(f"people/{ana}/merge/", {"person": other}), 409) == {"person": "same_person"}
    assert problem(api.post(f"people/{ana}/merge/", {"person": ana}), 400) == {"person": "same_person"}
    assert api.post(f"people/{ana}/merge/", {"person": 10**9}).status_code in (400, 404)
    undone = api.delete(f"people/{other}/merges/{merged.json()['id']}/")
    assert undone.status_code == 200
    assert api.get(f"people/{ana}/").json()["id"] == ana


def test_access_is_given_as_a_zip_with_everything(cast, api, ana):
    answer = api.post(f"people/{ana}/export/")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    known = json.loads(files["person.json"])
    assert [one["value"] for one in known["identities"]] == ["1700", "@ana"]
    assert [json.loads(line)["id"] for line in files["hits.jsonl"].splitlines()] == ["1", "2", "3"]
    assert json.loads(files["conversation-events.jsonl"])["detail"] == {"text": "Hi"}
    assert "&lt;b&gt;Ana" in files["index.html"]
    assert "<b>Ana" not in files["index.html"]
    assert AuditEntry.objects.filter(action="person.access_given", target=f"person {ana}").exists()


def test_an_owner_erases_and_follows_it(cast, api, ana):
    assert problem(Api(cast, "admin").delete(f"people/{ana}/"), 403) == {"": "role"}
    asked = api.delete(f"people/{ana}/")
    assert (asked.status_code, asked.json()["state"]) == (202, "queued")
    number = asked.json()["id"]
    erasure.run(erasure_id=number)
    told = api.get(f"erasures/{number}/").json()
    assert (told["state"], told["person"]) == ("done", ana)
    assert api.get(f"people/{ana}/").status_code == 404
    assert api.get("people/").json()["results"] == []


def test_who_is_merged_after_an_erasure_was_asked_for_is_erased_as_who_they_are_then(cast, api, ana):
    raw = {"id": "9", "type": "pageview", "url": "https://shop.example/", "time": clock.now().isoformat()}
    take_hits(counter=cast.counter, raw=[{**raw, "user_id": "u9"}])
    other = Identity.objects.get(value="u9").person_id
    number = api.delete(f"people/{ana}/").json()["id"]
    assert api.post(f"people/{ana}/merge/", {"person": other}).status_code == 201
    erasure.run(erasure_id=number)
    told = api.get(f"erasures/{number}/").json()
    assert (told["state"], told["person"]) == ("done", other)
    assert api.get("people/").json()["results"] == []
