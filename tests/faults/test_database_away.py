"""Every door while the database is away or takes connections and answers nothing: what works on, what the rest says."""

import time

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.test import Client

from apps.collect import counters as counters_module
from apps.collect.counters import CannotSay, Counters
from apps.core.database import patience
from apps.counters import directory, selectors


@pytest.fixture(autouse=True)
def soon_out_of_patience(monkeypatch):
    """The tests wait for it."""
    for name in ("SILENCE", "PROBE", "CONNECTING"):
        monkeypatch.setattr(patience, name, 0.2)
    monkeypatch.setattr(selectors, "PATIENCE", 0.5)


def get(path, **headers):
    """What a browser gets, and that nothing in it tells where the database is."""
    answer = Client(raise_request_exception=False).get(path, headers=headers)
    content = b"".join(answer)
    where = {str(connection.settings_dict[key]) for key in ("HOST", "PORT", "NAME")}
    assert not [word for word in where if word in content.decode(errors="replace")]
    return answer, content


def test_a_tag_is_served_as_it_was_last(known, database_away):
    answer, content = get("/tag/7.js")
    assert answer.status_code == 200
    assert b"https://m.shop.example" in content
    again, _ = get("/tag/7.js", if_none_match=answer["ETag"])
    assert again.status_code == 304


def test_after_the_first_wait_no_visitor_waits_for_long(known, database_away):
    get("/tag/7.js")
    began = time.monotonic()
    for _ in range(3):
        assert get("/tag/7.js")[0].status_code == 200
    assert time.monotonic() - began < 1.5


@pytest.mark.parametrize("form", ["page", "fragment", "json"])
def test_a_cookie_page_is_served_as_it_was_last(known, database_away, form):
    answer, content = get(f"/cookies/7/?format={form}")
    assert answer.status_code == 200
    assert b"shop.example" in content


def test_a_tag_that_nobody_knows_is_asked_for_again_later(known, database_away):
    answer, content = get("/tag/8.js")
    assert (answer.status_code, answer["Retry-After"], answer["Cache-Control"]) == (503, "5", "no-store")
    assert b"cannot be looked up now" in content


@pytest.mark.parametrize("content", [b"", b"[{]", b'[{"number": "7"}]'])
def test_a_directory_that_cannot_be_read_is_none(known, database_away, content):
    known.write_bytes(content)
    assert get("/tag/7.js")[0].status_code == 503


def test_collection_of_a_process_that_has_just_started_takes_what_the_directory_knows(
    known, database_away, monkeypatch
):
    monkeypatch.setattr(patience, "CONNECTING", 1.0)
    monkeypatch.setattr(counters_module, "PATIENCE", 0.5)  # a frozen server is found out later than that
    counters = Counters()
    try:
        site = counters.find(7)
        assert site
        assert sorted(site.cors) == ["https://m.shop.example", "https://shop.example"]
        with pytest.raises(CannotSay) as refused:
            counters.find(8)
    finally:
        counters.close()
    assert str(refused.value) == "the database does not answer"


def test_readiness_answers_in_time_and_in_words(database_away):
    began = time.monotonic()
    answer, _ = get("/healthz/ready")
    assert time.monotonic() - began < 2
    assert answer.status_code == 503
    said = {"mute": "no answer", "refused": "failed: OperationalError"}
    assert answer.json()["checks"]["database"] == said[database_away]
    assert get("/healthz/live")[0].status_code == 200


@pytest.mark.parametrize("path", ["/cookies/8/", "/login-link/x/", "/exports/x/", "/admin/", "/workspace/"])
def test_pages_say_that_the_database_is_away(known, database_away, path):
    answer, content = get(path, cookie="sessionid=abcdefghijklmnopqrstuvwxyz012345")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert b"The portal cannot reach its database" in content


@pytest.mark.parametrize("header", ["authorization", "cookie"])
def test_the_api_says_so_too(database_away, header):
    said = {"authorization": f"Bearer gl_{'a' * 40}", "cookie": "sessionid=abcdefghijklmnopqrstuvwxyz012345"}
    answer, _ = get("/api/v1/counters/", **{header: said[header]})
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer.json()["code"] == "unavailable"


def test_a_refused_sign_in_is_none(database_away):
    client = Client(raise_request_exception=False)
    answer = client.post("/admin/login/", {"username": "owner@shop.example", "password": "guess"})
    assert answer.status_code == 503


@pytest.mark.parametrize("path", ["/admin/login/", "/static/backoffice/plain.css", "/api/docs/"])
def test_what_asks_no_database_is_as_ever(database_away, path, settings):
    assert get(path)[0].status_code == 200


def test_a_question_already_under_way_is_given_up_when_the_server_answers_nobody(database_away):
    """The wait ends; without a watch it would not, and so within a limit it still does."""
    words = {"mute": "does not answer", "refused": "refused"}
    with pytest.raises(OperationalError, match=words[database_away]), connection.cursor():
        pass
    patience.watch_the_server(on=False)
    began = time.monotonic()
    with patience.within(0.3), pytest.raises(OperationalError), connection.cursor():
        pass
    assert time.monotonic() - began < 1


@pytest.mark.django_db
def test_a_long_question_is_waited_for_while_the_server_answers_others(monkeypatch):
    for name in ("SILENCE", "AGAIN"):
        monkeypatch.setattr(patience, name, 0.1)
    patience.watch_the_server()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.6)")
        with patience.within(0.2), pytest.raises(OperationalError), connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(5)")
    finally:
        patience.watch_the_server(on=False)


@pytest.mark.django_db
def test_the_directory_is_every_counter_as_it_is(cast):
    directory.write()
    stamp = directory.path().stat().st_mtime_ns
    assert directory.known() == directory.stored()
    assert directory.known()[cast.counter.pk].account == cast.account.name
    directory.write()
    assert directory.path().stat().st_mtime_ns == stamp
    type(cast.counter).objects.filter(pk=cast.counter.pk).update(site="https://new.example")
    directory.write()
    assert directory.known()[cast.counter.pk].site == "https://new.example"
    assert list(directory.path().parent.glob("*.new")) == []
    assert str(directory.path()).startswith(str(settings.COLLECT_SPOOL))
