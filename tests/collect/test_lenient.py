"""Doors whose sender reads no answer: details are lost, not hits; and whose agent and address a hit has."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.collect.sender import unpack
from apps.intake.agents import recognise
from apps.intake.lenient import letters_of
from tests.collect.conftest import SHOP
from tests.collect.test_forms import PAGE, event, get, kept, only, pixel, protocol, watch

MENDED = [
    ({"ev": "49,90"}, "value", {"value": None}),
    ({"ev": "1 234.50"}, "value", {"value": None}),
    ({"ev": "€49.90"}, "value", {"value": None}),
    ({"ev": "49.90 EUR"}, "value", {"value": None}),
    ({"ev": "1_000"}, "value", {"value": None}),
    ({"ev": "\u0664\u0669"}, "value", {"value": None}),
    ({"ev": "NaN"}, "value", {"value": None}),
    ({"ev": "1e999999"}, "value", {"value": None}),
    ({"ev": " 49.90\n", "cu": "EUR "}, "", {"value": "49.90", "currency": "EUR"}),
    ({"ev": ""}, "", {"value": None}),
    ({"ev": "49.90", "cu": "₽"}, "value currency", {"value": None, "currency": None}),
    ({"ev": "49.90", "cu": "US$"}, "value currency", {"value": None, "currency": None}),
    ({"ev": "49.90", "cu": "руб"}, "value currency", {"value": None, "currency": None}),
    ({"dt": "x" * 1001}, "title", {"title": "x" * 1000}),
    ({"dt": "a\0b"}, "title", {"title": "ab"}),
    ({"dr": "https://a.example/" + "x" * 8232}, "referrer", {}),
    ({"uid": "null", "cid": "17"}, "user_id", {"user_id": None, "client_id": "17"}),
    ({"uid": "[object Object]"}, "user_id", {"user_id": None}),
    ({"cid": "{{client_id}}", "uid": "u1"}, "client_id", {"client_id": None, "user_id": "u1"}),
    ({"cid": "9" * 300}, "client_id", {"client_id": None}),
    ({"cid": " 17\u200b\r\n"}, "", {"client_id": "17"}),
    ({"ti": "undefined"}, "purchase_id", {"purchase_id": None}),
    ({"params": "{"}, "params", {"params": None}),
    ({"params": "5"}, "params", {"params": None}),
    ({"params": "[" * 3000}, "params", {"params": None}),
    ({"params": '{"a":"\\u0000"}'}, "params", {"params": None}),
    ({"consent": "perhaps"}, "consent", {"consent": None}),
    ({"et": "soon"}, "time", {}),
    ({"et": "1777000000000"}, "time", {}),
    ({"et": "4102444800"}, "time", {}),
    ({"et": "soon", "_st": "later"}, "time", {}),
]


@pytest.mark.parametrize(("details", "names", "expected"), MENDED)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_optional_detail_that_does_not_hold_costs_no_hit_and_is_counted(
    door, details, names, expected, method
):
    told = {"tid": "7", "t": "pageview", "dl": PAGE, **details}
    if method == "GET":
        assert get(door, "/collect", told).status == 200
    else:
        assert protocol(door, told).status == 200
    hit = only(door)
    assert {name: getattr(hit, name) for name in expected} == expected
    assert abs(hit.time - datetime.now(UTC)) < timedelta(seconds=30)
    assert unpack(door.records[0].sender).mended == letters_of(*names.split())


def test_the_tag_form_and_the_pixel_are_as_lenient(door):
    watch(door, info={"u": "null", "et": "soon"}, **{"site-info": "{"})
    watch(
        door, "goal://shop.example/order", PAGE, info=event(), body={"order_price": "49,90", "currency": "₽"}
    )
    pixel(door, {"url": PAGE, "client_id": "(not set)", "value": "€5", "ref": "x" * 9000, "consent": "yes"})
    pixel(door, {"id": "m" * 300})
    mended = [set(unpack(record.sender).mended) for record in door.records]
    assert mended == [
        set(letters_of("params", "time", "client_id")),
        set(letters_of("value", "currency")),
        set(letters_of("client_id", "value", "referrer", "consent")),
        set(letters_of("params")),
    ]


LIBRARIES = [
    "python-requests/2.31.0", "curl/8.5.0", "Go-http-client/2.0", "okhttp/4.12.0", "axios/1.6.2", "node-fetch/1.0", "node", "undici",
    "GuzzleHttp/7", "PHP/8.2.0", "Java/17.0.1", "Apache-HttpClient/4.5.13 (Java/11)", "Ruby", "Faraday v2.7.4", "Wget/1.21",
    "WordPress/6.4; https://shop.example", "Dart/3.2 (dart:io)", "reqwest/0.11", "PostmanRuntime/7.36.0", "",
]  # fmt: skip


@pytest.mark.parametrize("agent", LIBRARIES)
def test_a_server_is_no_robot_and_its_address_is_nobodys(door, agent):
    told = {"tid": "7", "t": "pageview", "dl": PAGE}
    protocol(door, told, HTTP_USER_AGENT=agent)
    get(door, "/collect", told, HTTP_USER_AGENT=agent)
    get(door, "/watch/7", {"page-url": PAGE}, HTTP_USER_AGENT=agent)
    pixel(door, {"url": PAGE}, HTTP_USER_AGENT=agent)
    door.send(
        {"id": "a", "time": datetime.now(UTC).isoformat(), "type": "event", "name": "e"},
        HTTP_USER_AGENT=agent,
    )
    assert [(who.address, who.agent) for who in map(unpack, (r.sender for r in door.records))] == [
        ("", "")
    ] * 5


def test_a_browser_speaks_for_itself_and_a_server_for_its_visitor(door):
    told, agent = {"tid": "7", "t": "pageview", "dl": PAGE}, "Mozilla/5.0 (Windows NT 10.0) Firefox/130.0"
    get(door, "/collect", told, HTTP_USER_AGENT=agent)
    protocol(door, told, HTTP_USER_AGENT=agent, HTTP_ORIGIN=SHOP)
    protocol(door, {**told, "ua": agent, "uip": "203.0.113.9"}, HTTP_USER_AGENT="curl/8.5.0")
    senders = [unpack(record.sender) for record in door.records]
    assert [(who.address, who.agent) for who in senders[:2]] == [("192.0.2.1", agent)] * 2
    last = kept(door)[-1]
    assert (senders[2].address, last.ip, last.user_agent) == ("", "203.0.113.9", agent)


@pytest.mark.parametrize(
    "agent", ["Mozilla/5.0 (compatible; Googlebot/2.1)", "Twitterbot/1.0", "kube-probe/1.29"]
)
def test_a_robot_stays_a_robot(door, agent):
    pixel(door, {"url": PAGE}, HTTP_USER_AGENT=agent)
    assert unpack(door.records[0].sender).agent == agent
    assert recognise(agent).robot
