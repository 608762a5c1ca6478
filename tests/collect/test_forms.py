"""Hits in other forms than our own: the pixel, Metrica's tag and its measurement protocol."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from urllib.parse import urlencode

import pytest

from apps.collect.answers import GIF
from apps.collect.bodies import read
from apps.collect.edge import Edge
from apps.collect.limits import Limits
from apps.collect.sender import unpack
from apps.collect.spool import Spool
from apps.collect.watch import browser_info
from tests.collect.conftest import SHOP, Door

PAGE = f"{SHOP}/shoes?size=41"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def get(door, path, query=None, **environ):
    return door.send(path=path, method="GET", QUERY_STRING=urlencode(query or {}), **environ)


def kept(door):
    return [hit for record in door.records for hit in read(record.json)]


def only(door):
    (hit,) = kept(door)
    return hit


def now_s(ahead=0):
    return int(datetime.now(UTC).timestamp()) + ahead


# -- the pixel -----------------------------------------------------------------------------------------------------


def pixel(door, query=None, **environ):
    reply = get(door, "/pixel/7.gif", query, **environ)
    assert (reply.status, reply.headers["Content-Type"], reply.body) == (200, "image/gif", GIF)
    return reply


def test_a_pixel_counts_the_page_that_shows_it(door):
    reply = pixel(door, HTTP_REFERER=PAGE, HTTP_USER_AGENT="Mozilla/5.0")
    assert "no-store" in reply.headers["Cache-Control"]
    assert not {"Set-Cookie", "X-Not-Counted"} & set(reply.headers)
    hit = only(door)
    assert (hit.type, hit.url, hit.client_id) == ("pageview", PAGE, None)
    assert abs(hit.time - datetime.now(UTC)) < timedelta(seconds=5)
    assert unpack(door.records[0].sender).address == "192.0.2.1"


def test_a_pixel_says_more_by_its_parameters(door):
    pixel(
        door,
        {"url": PAGE, "title": "Schuhe", "ref": "https://a.example/", "client_id": "17", "user_id": "u", "consent": "none"},
    )  # fmt: skip
    hit = only(door)
    assert (hit.url, hit.title, hit.referrer, hit.client_id, hit.user_id, hit.consent) == (
        PAGE,
        "Schuhe",
        "https://a.example/",
        "17",
        "u",
        "none",
    )


def test_each_opening_of_a_mail_is_an_event(door):
    for _ in range(3):
        pixel(door, {"id": "newsletter-7", "user_id": "u1"})
    hits = kept(door)
    assert [(hit.type, hit.name, hit.params) for hit in hits] == [
        ("event", "open", {"id": "newsletter-7"})
    ] * 3
    assert len({hit.id for hit in hits}) == 3


def test_a_pixel_may_name_its_event(door):
    pixel(door, {"event": "order", "value": "12.50", "currency": "EUR", "id": "o1"})
    hit = only(door)
    assert (hit.name, hit.value, hit.currency, hit.params) == ("order", "12.50", "EUR", {"id": "o1"})


@pytest.mark.parametrize(
    ("path", "query", "environ", "reason"),
    [
        ("/pixel/9.gif", {"url": PAGE}, {}, "no_counter"),
        ("/pixel/x.gif", {"url": PAGE}, {}, "no_counter"),
        ("/pixel/", {"url": PAGE}, {}, "no_counter"),
        ("/pixel/../../etc/passwd", {"url": PAGE}, {}, "no_counter"),
        ("/pixel/7.gif", {}, {}, "required"),
        ("/pixel/7.gif", {"url": "\0"}, {}, "required"),
        ("/pixel/7.gif", {"event": "e" * 300}, {}, "too_long"),
        ("/pixel/7.gif", {f"f{n}": n for n in range(1100)}, {}, "too_many_fields"),
        ("/pixel/7.gif", {"url": "x" * 100_000}, {}, "too_large"),
        ("/pixel/7.gif", {"url": PAGE}, {"HTTP_ORIGIN": "https://evil.example"}, "origin_not_allowed"),
    ],
)
def test_whatever_is_wrong_the_pixel_is_a_picture_and_says_why(door, path, query, environ, reason):
    reply = get(door, path, query, **environ)
    assert (reply.status, reply.body, reply.headers["X-Not-Counted"]) == (200, GIF, reason)
    assert door.records == []


@pytest.mark.parametrize("method", ["POST", "PUT", "OPTIONS", "TRACE", "BREW"])
def test_any_method_gets_the_picture(door, method):
    reply = door.send(path="/pixel/7.gif", method=method, QUERY_STRING="event=e")
    assert (reply.status, reply.body, reply.headers["X-Not-Counted"]) == (200, GIF, "method_not_allowed")


def test_too_many_and_a_full_spool_are_pictures_too(tmp_path, given_counters):
    spool = Spool(tmp_path / "spool")
    door = Door(Edge(spool=spool, counters=given_counters, limits=Limits(2)))
    replies = [get(door, "/pixel/7.gif", {"event": "e"}) for _ in range(3)]
    assert [reply.headers.get("X-Not-Counted") for reply in replies] == [None, None, "too_many_requests"]
    spool._over = True
    reply = get(door, "/pixel/8.gif", {"event": "e"})
    assert (reply.status, reply.body, reply.headers["X-Not-Counted"]) == (200, GIF, "spool_full")
    spool.close()


def test_what_nobody_thought_of_is_a_picture_and_logged(door, caplog):
    reply = get(door, "/pixel/7.gif", {"event": "e"}, HTTP_USER_AGENT=Broken())
    assert (reply.status, reply.headers["X-Not-Counted"]) == (200, "failed")
    assert caplog.records


class Broken:
    def __str__(self):
        raise RuntimeError


# -- Metrica's tag -------------------------------------------------------------------------------------------------

INFO = {
    "pv": 1, "vf": "abc", "fu": 0, "en": "utf-8", "la": "de", "v": 2000, "cn": 1, "dp": 1, "ls": 55, "hid": 7001,
    "z": 120, "i": "20260504120000", "c": 1, "rn": 4711, "rqn": 3, "u": "1700000000123456789", "w": "1200x800",
    "s": "1920x1080x24", "sk": 1,
}  # fmt: skip


def watch(
    door, url=PAGE, ref="https://a.example/", *, info=None, body=None, path="/watch/7", clock=0, **query
):
    """What the open-source tag sends; `clock`: seconds that its clock is ahead."""
    parts = {**INFO, "et": now_s(clock - 2), "st": now_s(clock), **(info or {}), "t": "Shoes: red and blue"}
    text = ":".join(f"{key}:{value}" for key, value in parts.items() if value is not None)
    told = {"page-url": url, "page-ref": ref, "charset": "utf-8", "browser-info": text, **query}
    if body is None:
        return get(door, path, told, HTTP_ORIGIN=SHOP)
    form = urlencode({"site-info": json.dumps(body)}).encode()
    kind = {"CONTENT_TYPE": "application/x-www-form-urlencoded"}
    return door.send(form, path=path, QUERY_STRING=urlencode(told), HTTP_ORIGIN=SHOP, **kind)


def event(**more):
    return {"pv": None, "ar": 1, **more}


def test_a_page_view_of_the_tag(door):
    reply = watch(door, wmode="7")
    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/json")
    assert isinstance(reply.json["settings"], dict)
    assert reply.headers["Access-Control-Allow-Origin"] == SHOP
    assert reply.headers["Access-Control-Allow-Credentials"] == "true"
    hit = only(door)
    assert (hit.type, hit.url, hit.referrer, hit.client_id, hit.title) == (
        "pageview",
        PAGE,
        "https://a.example/",
        "1700000000123456789",
        "Shoes: red and blue",
    )


def test_the_answer_is_what_was_asked_for(door):
    assert watch(door).body == GIF
    assert watch(door, wmode="0").headers["Content-Type"] == "image/gif"
    script = watch(door, wmode="5", callback="_ymjsp8")
    assert script.headers["Content-Type"] == "text/javascript"
    assert script.body.startswith(b'/**/_ymjsp8({"settings"')
    for name in ("alert(1)", "a b", "", "1a", "a.b", "é", "x" * 200):
        assert watch(door, wmode="5", callback=name).body == b'/**/void({"settings":{}});'


def test_a_goal_is_an_event_of_its_page(door):
    watch(door, "goal://shop.example/Jivo_Chat_established", PAGE, info=event(), path="/watch/7/1",
          body={"order_price": 12.5, "currency": "EUR", "colour": "red"})  # fmt: skip
    hit = only(door)
    assert (hit.type, hit.name, hit.url, hit.referrer) == ("event", "Jivo_Chat_established", PAGE, None)
    assert (hit.value, hit.currency, hit.params["colour"]) == ("12.5", "EUR", "red")


@pytest.mark.parametrize(
    ("url", "info", "params", "name", "kept_params"),
    [
        ("btn://shop.example/?t=Buy", event(), None, "button", {"btn": "?t=Buy"}),
        ("form://shop.example/?i=order", event(), None, "form", {"form": "?i=order"}),
        ("https://b.example/", event(ar=None, ln=1), None, "outbound", {"url": "https://b.example/"}),
        (f"{SHOP}/a.pdf", event(ar=None, dl=1, ln=1), {"a": 1}, "file", {"url": f"{SHOP}/a.pdf", "a": 1}),
        ("mailto:a@shop.example", event(ar=None, ln=1), None, "email", {"url": "mailto:a@shop.example"}),
        ("tel:+4930123", event(ar=None, ln=1), None, "phone", {"url": "tel:+4930123"}),
        (PAGE, event(nb=1, cl=15000), None, "notBounce", None),
        (PAGE, event(pa=1), {"a": {"b": 1}}, "params", {"a": {"b": 1}}),
        (PAGE, event(pa=1), [{"a": 1}], "params", {"params": [{"a": 1}]}),
        (PAGE, event(pa=1), {"__ymu": {"vip": True}}, "userParams", {"vip": True}),
    ],
)
def test_events_of_the_tag(door, url, info, params, name, kept_params):
    assert watch(door, url, PAGE, info=info, body=params).status == 200
    hit = only(door)
    assert (hit.type, hit.name, hit.url, hit.params) == ("event", name, PAGE, kept_params)


def test_the_tag_says_who_signed_in(door):
    watch(door, PAGE, info=event(pa=1), body={"__ym": {"user_id": 17}})
    hit = only(door)
    assert (hit.name, hit.user_id, hit.client_id, hit.params) == (
        "setUserID",
        "17",
        "1700000000123456789",
        None,
    )


def test_a_page_view_may_have_parameters(door):
    watch(door, **{"site-info": json.dumps({"__ym": {"user_id": "u"}, "a": 1})})
    hit = only(door)
    assert (hit.type, hit.user_id, hit.params) == ("pageview", "u", {"a": 1})


def test_a_deferred_page_view_is_none(door):
    assert watch(door, nohit="1", wmode="7").status == 200
    assert door.records == []


def test_without_a_script_the_page_is_where_the_picture_stands(door):
    assert get(door, "/watch/7", HTTP_REFERER=PAGE).body == GIF
    assert (only(door).type, only(door).url) == ("pageview", PAGE)


def test_the_tags_second_attempt_is_the_same_hit(door):
    for attempt in range(3):
        watch(door, info={"rt": attempt, "et": 1_777_000_000, "st": now_s(attempt)})
    watch(door, info={"rqn": 4, "et": 1_777_000_000})
    watch(door, "goal://shop.example/order", PAGE, info={"et": 1_777_000_000})
    hits = kept(door)
    assert [a.id == b.id for a, b in pairwise(hits)] == [True, True, False, False]
    assert {hit.time for hit in hits} == {EPOCH + timedelta(seconds=1_777_000_000)}


def test_without_its_random_number_two_requests_are_two_hits(door):
    for _ in range(2):
        watch(door, info={"rn": None})
    first, second = kept(door)
    assert first.id != second.id


def test_the_tags_clock_is_corrected(door):
    watch(door, clock=3600)
    (record,) = door.records
    assert abs((unpack(record.sender).shift_us or 0) + 3600 * 10**6) < 3 * 10**6


@pytest.mark.parametrize(
    ("text", "info"),
    [
        ("", {}),
        ("pv", {}),
        ("pv:1", {"pv": "1"}),
        ("pv:1:t:a:b:c", {"pv": "1", "t": "a:b:c"}),
        ("pv:1:t", {"pv": "1"}),
        ("u:1:u:2", {"u": "1"}),
        (":::::", {"": ""}),
    ],
)
def test_browser_info_is_read_as_it_is_written(text, info):
    assert browser_info(text) == info


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"info": {"pv": None}}, "unknown_kind"),
        ({"url": "\0"}, "required"),
    ],
)
def test_what_the_tag_never_sends_is_refused_with_a_reason(door, more, code):
    reply = watch(door, **more)
    assert (reply.status, reply.json["code"]) == (400, code)
    assert reply.headers["Access-Control-Allow-Origin"] == SHOP
    assert door.records == []


@pytest.mark.parametrize(
    "path", ["/watch/9", "/watch/", "/watch/7/2", "/watch/7x", "/watch/7/1/1", "/watch/-7"]
)
def test_no_such_counter_to_watch(door, path):
    assert watch(door, path=path).json["code"] == "no_counter"


def test_the_tag_may_ask_first(door):
    reply = door.send(method="OPTIONS", path="/watch/7", HTTP_ORIGIN=SHOP)
    assert (reply.status, reply.headers["Access-Control-Allow-Origin"]) == (204, SHOP)
    assert door.send(method="PUT", path="/watch/7").status == 405
    assert door.send(method="POST", path="/watch/7", HTTP_ORIGIN="null").status == 403


# -- the measurement protocol --------------------------------------------------------------------------------------


def protocol(door, query, *, method="POST", path="/collect", **environ):
    if method == "GET":
        return get(door, path, query, **environ)
    return door.send(urlencode(query).encode(), path=path, QUERY_STRING="", **environ)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/collect", "/collect/"])
def test_a_page_view_of_the_protocol(door, method, path):
    said = {
        "tid": "7",
        "cid": "17.5",
        "t": "pageview",
        "dl": PAGE,
        "dr": "https://a.example/",
        "dt": "Shoes",
        "ms": "x",
    }
    reply = protocol(door, said, method=method, path=path)
    assert (reply.status, reply.body) == (200, GIF)
    hit = only(door)
    assert (hit.type, hit.url, hit.referrer, hit.title, hit.client_id) == (
        "pageview",
        PAGE,
        "https://a.example/",
        "Shoes",
        "17.5",
    )


def test_an_event_of_the_protocol(door):
    said = {"tid": "7", "cid": "17", "t": "event", "ea": "order", "el": "big", "ev": "12.5", "cu": "EUR", "uid": "u",
            "et": "1777000000", "params": '{"a": [1]}', "dl": PAGE}  # fmt: skip
    protocol(door, said)
    hit = only(door)
    assert (hit.type, hit.name, hit.value, hit.currency, hit.user_id, hit.url) == (
        "event",
        "order",
        "12.5",
        "EUR",
        "u",
        PAGE,
    )
    assert hit.params == {"label": "big", "a": [1]}
    assert hit.time == EPOCH + timedelta(seconds=1_777_000_000)


def test_a_purchase_of_the_protocol(door):
    said = {"tid": "7", "cid": "17", "t": "event", "pa": "purchase", "ti": "o-1", "tr": "99", "tcc": "SALE", "cu": "USD",
            "pr2id": "b", "pr1id": "a", "pr1nm": "Shoe", "pr1pr": "9.9", "pr1qt": "2", "prXid": "no"}  # fmt: skip
    protocol(door, said)
    hit = only(door)
    assert (hit.name, hit.purchase_id, hit.value, hit.currency) == ("purchase", "o-1", "99", "USD")
    products = [{"id": "a", "nm": "Shoe", "pr": "9.9", "qt": "2"}, {"id": "b"}]
    assert hit.params == {"ecommerce": {"action": "purchase", "coupon": "SALE", "products": products}}


@pytest.mark.parametrize(
    ("more", "same"),
    [({}, False), ({"et": "1777000000"}, True), ({"z": "4711"}, True), ({"id": "mine"}, True)],
)
def test_what_is_the_same_hit_when_it_comes_again(door, more, same):
    for _ in range(2):
        protocol(door, {"tid": "7", "cid": "17", "t": "event", "ea": "order", **more})
    first, second = kept(door)
    assert (first.id == second.id) is same


def test_other_parameters_are_another_hit(door):
    for cid in ("1", "2"):
        protocol(door, {"tid": "7", "cid": cid, "t": "event", "ea": "order", "et": "1777000000"})
    first, second = kept(door)
    assert first.id != second.id


def test_the_tag_may_speak_the_protocol(door):
    common = {
        "tid": "7",
        "cid": "17",
        "dr": PAGE,
        "_hid": "1",
        "_et": str(now_s()),
        "_st": str(now_s()),
        "z": "5",
    }
    goal = {"t": "event", "ea": "goal", "el": "goal://shop.example/order"}
    for attempt in range(2):
        assert protocol(door, {**common, **goal, "_rt": attempt, "_wmode": "7"}, HTTP_ORIGIN=SHOP).json
    protocol(door, {**common, "t": "event", "ea": "wh", "dl": PAGE})
    protocol(door, {**common, "t": "event", "ea": "pa", "dl": PAGE, "_pa": '{"__ymu":{"vip":1}}'})
    hits = kept(door)
    assert [(hit.type, hit.name, hit.url) for hit in hits] == [
        ("event", "order", PAGE),
        ("event", "order", PAGE),
        ("pageview", None, PAGE),
        ("event", "userParams", PAGE),
    ]
    assert [a.id == b.id for a, b in pairwise(hits)] == [True, False, False]


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({}, 404, "no_counter"),
        ({"tid": "9", "t": "pageview", "dl": PAGE}, 404, "no_counter"),
        ({"tid": "7"}, 400, "invalid_choice"),
        ({"tid": "7", "t": "timing"}, 400, "invalid_choice"),
        ({"tid": "7", "t": "pageview"}, 400, "required"),
        ({"tid": "7", "t": "event"}, 400, "required"),
        ({"tid": "7", "t": "event", "ea": "x", "id": "x" * 200}, 400, "too_long"),
    ],
)
def test_what_the_protocol_does_not_say_is_refused_with_a_reason(door, said, status, code):
    reply = protocol(door, said)
    assert (reply.status, reply.json["code"]) == (status, code)
    assert reply.json["detail"]
    assert door.records == []


def test_a_form_that_is_too_long_is_refused(door):
    assert protocol(door, {"tid": "7", "t": "event", "ea": "x", "params": "x" * 70_000}).status == 413


def test_signals_of_the_browser_are_kept_on_every_way_in(door):
    signals = {"HTTP_DNT": "1", "HTTP_SEC_GPC": "1"}
    door.send({"id": "a", "time": datetime.now(UTC).isoformat(), "type": "event", "name": "e"}, **signals)
    pixel(door, {"event": "e"}, **signals)
    get(door, "/watch/7", {"page-url": PAGE}, **signals)
    protocol(door, {"tid": "7", "t": "event", "ea": "e"}, **signals)
    told = [unpack(record.sender) for record in door.records]
    assert [(one.dnt, one.gpc) for one in told] == [(True, True)] * 4
    assert told[0].address == ""
