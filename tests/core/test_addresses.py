"""Addresses in every writing that proxies, gateways and logs use."""

import pytest

from apps.accounts.origin import client_address
from apps.core.addresses import forwarded, parse

WRITINGS = [
    *[(text, "203.0.113.5") for text in ("203.0.113.5", " 203.0.113.5 ", "203.0.113.5:51234", '"203.0.113.5:80"', "::ffff:203.0.113.5")],
    *[(text, "203.0.113.5") for text in ("[::ffff:203.0.113.5]:443", "::FFFF:CB00:7105")],
    *[(text, "2001:db8::17") for text in ("2001:db8::17", "[2001:db8::17]", "[2001:DB8::17]:4711", '"[2001:db8:0:0::17]:4711"', "2001:db8::17%eth0")],
    *[(text, None) for text in ("", "-", "unknown", "_hidden", "_SEVKISEK", "shop.example", "203.0.113", "203.0.113.5.6", "[", "203.0.113.5\0")],
]  # fmt: skip


@pytest.mark.parametrize(("text", "address"), WRITINGS)
def test_an_address_is_the_same_in_every_writing(text, address):
    assert parse(text) == address
    meta = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": f"198.51.100.1, {text}"}
    if "," not in text:
        assert client_address(meta, 1) == address


HEADERS = [
    ("for=192.0.2.60;proto=http;by=203.0.113.43", 1, "192.0.2.60"),
    ('For="[2001:db8:cafe::17]:4711"', 1, "2001:db8:cafe::17"),
    ("for=192.0.2.43, for=198.51.100.17", 1, "198.51.100.17"),
    ("for=192.0.2.43, for=198.51.100.17", 2, "192.0.2.43"),
    ('by=203.0.113.43;FOR = "192.0.2.60:80" , proto=https;for=198.51.100.17', 2, "192.0.2.60"),
    ("for=unknown", 1, None),
    ("for=_gazonk", 1, None),
    ("proto=http", 1, "10.0.0.1"),
    ("", 1, "10.0.0.1"),
    ("for=192.0.2.60", 0, "10.0.0.1"),
]


@pytest.mark.parametrize(("header", "proxies", "address"), HEADERS)
def test_the_standard_header_is_read_where_the_usual_one_is_missing(header, proxies, address):
    assert client_address({"REMOTE_ADDR": "10.0.0.1", "HTTP_FORWARDED": header}, proxies) == address


def test_the_usual_header_comes_first():
    meta = {"REMOTE_ADDR": "10.0.0.1", "HTTP_FORWARDED": "for=192.0.2.1", "HTTP_X_FORWARDED_FOR": "192.0.2.2"}
    assert client_address(meta, 1) == "192.0.2.2"
    assert forwarded("a=b; for=x") == ["x"]
