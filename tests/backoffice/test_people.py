"""Pages about people: found, shown, linked, merged and erased."""

import pytest

from apps.core import clock
from apps.erasure.models import Erasure
from apps.intake.services import take_events, take_hits
from apps.people.models import Identity

HOSTILE = '<img src=x onerror=alert(1)> {{ 7*7 }} " x-init="boom"'
NAME = HOSTILE.replace("{{ 7*7 }}", "")  # a placeholder in braces names nobody


@pytest.fixture
def owner(sign_in):
    return sign_in("owner")


@pytest.fixture
def ana(cast):
    """A visitor whose every text is hostile; her person."""
    hit = {
        "id": "1",
        "type": "pageview",
        "url": f"https://shop.example/?utm_source={HOSTILE}",
        "client_id": NAME,
    }
    card = {"client_name": HOSTILE, "invitation_time": "1700000000"}
    now = clock.now().isoformat()
    raw = [
        {**hit, "time": now, "referrer": HOSTILE},
        {**hit, "id": "2", "type": "event", "name": "jivo_visitor", "time": now, "params": {"jivo": card}},
    ]
    take_hits(counter=cast.counter, raw=raw)
    event = {"id": "e", "conversation": HOSTILE, "channel": "tg", "time": now, "type": "message"}
    said = {"author": {"kind": "person"}, "text": HOSTILE, "person": {"client_id": NAME, "viber": NAME}}
    take_events(account_id=cast.account.pk, raw=[{**event, **said}])
    return Identity.objects.get(kind=Identity.Kind.CLIENT_ID).person_id


def page(client, path):
    answer = client.get(f"/admin/{path}")
    assert answer.status_code == 200, answer
    return answer.content.decode()


def test_a_person_is_found_and_shown_with_texts_as_texts(owner, ana):
    viber = Identity.objects.get(kind=Identity.Kind.VIBER)
    for query in (f"?by=client_id&q={NAME}", f"?by=ticket&q={HOSTILE}", ""):
        listed = page(owner, f"people/{query}".replace(" ", "%20").replace('"', "%22"))
        assert owner.at(f"/admin/people/{ana}/") in listed
    shown = page(owner, f"people/{ana}/")
    assert "Proactive invitation" in shown
    assert '<dd dir="auto">Viber</dd>' in shown
    assert "2023-11-14" in shown
    assert "<img src=x" not in shown
    assert shown.count("&lt;img src=x") >= 6
    assert owner.get(f"/admin/people/{viber.person_id}/")["Location"] == owner.at(f"/admin/people/{ana}/")
    assert "Nothing here matches" in page(owner, "people/?by=user_id&q=nobody")


def test_links_are_undone_restored_and_people_merged(owner, ana, cast):
    viber = Identity.objects.get(kind=Identity.Kind.VIBER)
    owner.post(f"/admin/people/{ana}/identities/{viber.pk}/undo/")
    viber.refresh_from_db()
    assert viber.owner_id == 0
    assert "undone" in page(owner, f"people/{ana}/")
    refused = owner.post(f"/admin/people/{ana}/merge/", {"other": ana})
    assert refused.status_code == 422
    assert b"same person" in refused.content
    owner.post(f"/admin/people/{ana}/merge/", {"other": viber.person_id})
    viber.refresh_from_db()
    assert viber.owner_id == ana
    assert "was merged into this one" in page(owner, f"people/{ana}/")
    linked = owner.post(f"/admin/people/{ana}/link/", {"kind": "email", "value": "a@b.example"})
    assert b"does not link by e-mail" in linked.content


def test_an_owner_erases_after_typing_the_number(owner, sign_in, ana):
    assert sign_in("admin").get(f"/admin/people/{ana}/erase/").status_code == 403
    wrong = owner.post(f"/admin/people/{ana}/erase/", {"typed": "1000000"})
    assert (wrong.status_code, Erasure.objects.count()) == (422, 0)
    owner.post(f"/admin/people/{ana}/erase/", {"typed": str(ana)})
    assert Erasure.objects.get().person_id == ana
    assert "Queued" in page(owner, "erasures/")


def test_access_is_downloaded(owner, ana):
    answer = owner.post(f"/admin/people/{ana}/access/")
    assert answer["Content-Disposition"] == f'attachment; filename="person-{ana}.zip"'
    assert b"".join(answer.streaming_content)[:2] == b"PK"


def test_the_list_costs_a_fixed_number_of_queries(owner, cast, ana, django_assert_max_num_queries):
    raw = {"type": "pageview", "url": "https://shop.example/", "time": clock.now().isoformat()}
    take_hits(counter=cast.counter, raw=[{**raw, "id": f"x{n}", "client_id": f"c{n}"} for n in range(60)])
    page(owner, "people/")
    with django_assert_max_num_queries(16):
        page(owner, "people/")
