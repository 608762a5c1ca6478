"""Country and city from a database that the operator brings."""

import logging

import pytest
from django.core.checks import run_checks

from apps.intake import places
from apps.intake.places import NOWHERE, Place, place
from tests.intake.mmdb import place as record
from tests.intake.mmdb import write


@pytest.fixture
def database(tmp_path, settings):
    settings.GEOIP_DATABASE = str(tmp_path / "city.mmdb")
    yield tmp_path / "city.mmdb"
    settings.GEOIP_DATABASE = None
    places.refresh()


def test_an_address_has_the_country_and_city_of_its_network(database):
    write(
        database,
        {"192.0.2.0/24": record("DE", "Köln"), "198.51.100.0/25": record("kr"), "203.0.113.7/32": {}},
    )
    places.refresh()
    assert place("192.0.2.77") == Place("DE", "Köln")
    assert place("198.51.100.1") == Place("KR", None)
    for address in ("198.51.100.200", "203.0.113.7", "10.0.0.1", "2001:db8::1", "no address", "", None):
        assert place(address) == NOWHERE


def test_records_of_other_makers_are_read_as_far_as_they_make_sense(database):
    flat = {"country": "FR", "city": "Lyon"}
    odd = {"country": {"iso_code": "Germany"}, "city": {"names": {"de": "Bonn"}}}
    write(database, {"192.0.2.0/24": flat, "198.51.100.0/24": odd, "203.0.113.0/24": {"city": "a\x00b"}})
    places.refresh()
    assert place("192.0.2.1") == Place("FR", "Lyon")
    assert place("198.51.100.1") == place("203.0.113.1") == NOWHERE


def test_a_new_file_is_taken_up(database):
    write(database, {"192.0.2.0/24": record("DE")})
    places.refresh()
    assert place("192.0.2.1").country == "DE"
    write(database.with_suffix(".new"), {"192.0.2.0/24": record("AT", "Wien")}).rename(database)
    places.refresh()
    assert place("192.0.2.1") == Place("AT", "Wien")


@pytest.mark.parametrize("content", [None, b"", b"not a database at all", b"\xab\xcd\xefMaxMind.com\xff"])
def test_a_missing_or_broken_file_is_told_once_and_stops_nothing(database, content, caplog):
    if content is not None:
        database.write_bytes(content)
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            places.refresh()
            assert place("192.0.2.1") == NOWHERE
    assert [line.levelname for line in caplog.records] == ["ERROR"]
    assert [found.id for found in run_checks() if (found.id or "").startswith("intake")] == ["intake.W001"]


def test_without_a_file_nothing_is_known_and_nothing_is_said(settings, caplog):
    settings.GEOIP_DATABASE = None
    places.refresh()
    assert place("192.0.2.1") == NOWHERE
    assert not caplog.records
    assert not [found for found in run_checks() if (found.id or "").startswith("intake")]
