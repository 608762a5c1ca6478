"""The answers of `POST /collect/<counter>`, one by one, headers included."""

import json
import resource
import time

import pytest

from apps.collect.bodies import read
from apps.collect.edge import Edge
from apps.collect.limits import Limits
from apps.collect.requests import MAX_BODY
from apps.collect.sender import unpack
from apps.collect.spool import Spool
from apps.intake.lenient import letters_of
from tests.collect.conftest import SHOP, Door, hit, now_text, together

FROM_SHOP = {
    "Access-Control-Allow-Origin": SHOP,
    "Access-Control-Allow-Credentials": "true",
    "Vary": "Origin",
}


def padded(size):
    body = json.dumps(hit()).encode()
    return body + b" " * (size - len(body))


def test_a_bare_hit_is_taken_with_no_body(door):
    reply = door.send(hit("one"))
    assert (reply.status, reply.body, reply.headers) == (202, b"", {"Content-Length": "0"})
    assert door.kept == ["one"]


def test_a_batch_is_taken(door):
    reply = door.send({"hits": [hit("one"), hit("two"), hit("three")]})
    assert (reply.status, reply.body) == (202, b"")
    assert door.kept == ["one", "two", "three"]


def test_an_empty_batch_is_taken_and_leaves_nothing(door):
    assert door.send({"hits": []}).status == 202
    assert door.records == []


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "text/plain;charset=UTF-8", ""])
def test_json_and_text_are_read_alike(door, kind):
    assert door.send(hit(), CONTENT_TYPE=kind).status == 202


@pytest.mark.parametrize("path", ["/collect/7", "/collect/7/"])
def test_both_forms_of_the_path_are_known(door, path):
    assert door.send(hit(), path=path).status == 202


@pytest.mark.parametrize(
    "path",
    [
        "/collect/",
        "/collect/9",
        "/collect/x",
        "/collect/7x",
        "/collect/7/8",
        "/collect/7//",
        "/collect/-7",
        "/collect/+7",
        "/collect/7.0",
        "/collect/ 7",
        "/collect/٧",
        "/collect/7%20",
        "/collect/0",
        "/collect/9999999999999999999999",
        "/collect/../7",
        "/collect/7;x",
    ],
)
def test_any_other_path_is_not_there(door, path):
    reply = door.send(hit(), path=path)
    assert (reply.status, reply.json["code"]) == (404, "no_counter")
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert door.records == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"])
def test_other_methods_are_refused(door, method):
    reply = door.send(method=method)
    assert (reply.status, reply.headers["Allow"]) == (405, "POST, OPTIONS")


def test_a_bad_hit_in_a_batch_is_told_and_the_others_are_taken(door):
    late = now_text(hours=1)
    reply = door.send({"hits": [hit("a"), {"id": "b"}, hit("c", type="x"), 5, hit("d"), hit("e", time=late)]})
    assert reply.status == 202
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.json["accepted"] == 2
    told = [(item["index"], item["id"], item["code"]) for item in reply.json["rejected"]]
    assert told == [
        (1, "b", "required"),
        (2, "c", "invalid_choice"),
        (3, None, "invalid"),
        (5, "e", "time_in_future"),
    ]
    assert all(item["detail"] for item in reply.json["rejected"])
    assert door.kept == ["a", "d"]


def test_where_no_hit_can_be_taken_it_is_an_error(door):
    reply = door.send({"hits": [{"id": "b"}, hit(client_id="null")]})
    assert (reply.status, reply.headers["Content-Type"]) == (400, "application/problem+json")
    assert (reply.json["title"], reply.json["status"]) == ("Bad Request", 400)
    assert [item["code"] for item in reply.json["rejected"]] == ["required", "invalid_identity"]
    assert door.records == []


def test_a_sender_that_reads_no_answer_loses_details_and_no_hit(door):
    bad = {"client_id": "null", "title": "x" * 1001, "value": "49,90", "purchase_id": "${order}"}
    reply = door.send(
        {"hits": [hit("a", **bad), hit("b", user_id=" u1\n"), hit("c", url="")], "lenient": True}
    )
    assert (reply.status, [item["id"] for item in reply.json["rejected"]]) == (202, ["c"])
    first, second = [one for record in door.records for one in read(record.json)]
    assert (first.client_id, first.title, first.value, first.purchase_id) == (None, "x" * 1000, None, None)
    assert second.user_id in ("u1", " u1\n")  # trimmed when it is stored
    reply = door.send({"hits": [hit("d", value=" 49.90\n", currency="EUR ")], "lenient": True})
    (trimmed,) = read(door.records[1].json)
    assert (reply.status, reply.body, trimmed.value, trimmed.currency) == (202, b"", "49.90", "EUR")
    assert unpack(door.records[1].sender).mended == ""
    assert set(unpack(door.records[0].sender).mended) == set(
        letters_of("client_id", "title", "value", "purchase_id")
    )


@pytest.mark.parametrize(
    ("details", "code"),
    [
        ({"value": "49,90"}, "invalid"),
        ({"value": "1_000"}, "invalid"),
        ({"value": "\u0661\u0662"}, "invalid"),
        ({"value": "Infinity"}, "invalid"),
        ({"value": "5", "currency": "руб"}, "invalid"),
        ({"value": "5", "currency": "₽"}, "invalid"),
        ({"purchase_id": "undefined"}, "invalid_identity"),
        ({"user_id": "[object Object]"}, "invalid_identity"),
        ({"client_id": "\u200b"}, "invalid_identity"),
        ({"title": "x" * 1001}, "too_long"),
    ],
)
def test_a_sender_that_reads_its_answer_is_told(door, details, code):
    reply = door.send(hit("a", **details))
    assert (reply.status, reply.json["code"]) == (400, code)
    assert next(iter(details)) in reply.json["detail"] or "currency" in reply.json["detail"]


def test_a_bare_bad_hit_is_an_error_that_names_it(door):
    reply = door.send(hit("mine", url=""))
    assert (reply.status, reply.json["code"]) == (400, "required")
    assert reply.json["rejected"][0]["id"] == "mine"


def test_a_batch_beyond_the_largest_is_refused_whole(door):
    reply = door.send(b'{"hits":[' + b",".join([b"{}"] * 1001) + b"]}")
    assert (reply.status, reply.json["code"]) == (400, "too_many")


def test_the_site_and_allowed_origins_may_send_from_a_browser(door):
    for origin in (SHOP, "https://m.shop.example"):
        reply = door.send(hit(), HTTP_ORIGIN=origin)
        assert reply.status == 202
        assert reply.headers == {"Content-Length": "0", **FROM_SHOP, "Access-Control-Allow-Origin": origin}


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://shop.example",
        "https://shop.example:444",
        "https://shop.example/",
        "https://shop.example.evil.example",
        "https://other.example",
        "x" * 10_000,
    ],
)
def test_other_origins_may_not(door, origin):
    reply = door.send(hit(), HTTP_ORIGIN=origin)
    assert (reply.status, reply.json["code"]) == (403, "origin_not_allowed")
    assert "Access-Control-Allow-Origin" not in reply.headers
    assert door.records == []


def test_a_browser_can_read_why_it_was_refused(door):
    reply = door.send(b"{", HTTP_ORIGIN=SHOP)
    assert reply.status == 400
    assert FROM_SHOP.items() <= reply.headers.items()


def test_preflight_allows_what_is_allowed(door):
    reply = door.send(method="OPTIONS", HTTP_ORIGIN=SHOP, HTTP_ACCESS_CONTROL_REQUEST_METHOD="POST")
    assert (reply.status, reply.body) == (204, b"")
    assert reply.headers == {
        **FROM_SHOP,
        "Access-Control-Allow-Methods": "GET, POST",
        "Access-Control-Allow-Headers": "Content-Type, Content-Encoding",
        "Access-Control-Max-Age": "600",
    }
    assert door.send(method="OPTIONS", HTTP_ORIGIN="https://evil.example").status == 403
    assert door.send(method="OPTIONS", path="/collect/9", HTTP_ORIGIN=SHOP).status == 404


def test_a_browsers_address_and_agent_go_with_its_hits(door):
    door.send(hit(), HTTP_ORIGIN=SHOP, HTTP_USER_AGENT="Mozilla/5.0 \xfc" + "x" * 5000)
    door.send(hit(), HTTP_USER_AGENT="curl/8")
    browser, server = (record.sender for record in door.records)
    assert browser == ("192.0.2.1\nMozilla/5.0 \xfc" + "x" * 987).encode()
    assert server == b""


def test_the_largest_body_is_taken_and_one_byte_more_is_not(door):
    assert door.send(padded(MAX_BODY)).status == 202
    assert door.send(padded(MAX_BODY), chunked=True).status == 202
    for chunked in (False, True):
        reply = door.send(padded(MAX_BODY + 1), chunked=chunked)
        assert (reply.status, reply.json["code"]) == (413, "too_large")
    assert len(door.records) == 2


def test_a_length_alone_is_enough_to_refuse(door):
    assert door.send(b"", CONTENT_LENGTH="999999999999").status == 413
    assert door.send(b"", CONTENT_LENGTH="-1").status == 413


def test_a_server_that_does_not_end_its_input_is_not_waited_for(door):
    reply = door.send(b"{}", chunked=True, **{"wsgi.input_terminated": False})
    assert reply.status == 400


def test_too_many_requests_are_told_when_to_come_back(tmp_path, given_counters):
    spool = Spool(tmp_path / "spool")
    door = Door(Edge(spool=spool, counters=given_counters, limits=Limits(5)))
    replies = [door.send(hit(), HTTP_ORIGIN=SHOP) for _ in range(6)]
    assert [reply.status for reply in replies] == [202] * 5 + [429]
    assert 1 <= int(replies[5].headers["Retry-After"]) <= 120
    assert FROM_SHOP.items() <= replies[5].headers.items()
    assert door.send(hit(), REMOTE_ADDR="192.0.2.2").status == 202
    assert door.send(hit(), path="/collect/8").status == 202
    spool.close()


def test_the_header_that_clients_write_moves_nobody_out_of_the_limit(tmp_path, given_counters):
    spool = Spool(tmp_path / "spool")
    door = Door(Edge(spool=spool, counters=given_counters, limits=Limits(5)))
    replies = [door.send(hit(), HTTP_X_FORWARDED_FOR=f"10.0.0.{n}").status for n in range(6)]
    assert replies == [202] * 5 + [429]
    behind = Door(Edge(spool=spool, counters=given_counters, limits=Limits(5), proxies=1))
    replies = [behind.send(hit(), HTTP_X_FORWARDED_FOR=f"10.0.0.{n}, 198.51.100.7").status for n in range(6)]
    assert replies == [202] * 5 + [429]
    assert behind.send(hit(), HTTP_X_FORWARDED_FOR="198.51.100.8").status == 202
    spool.close()


def test_a_full_disk_is_told_and_nothing_acknowledged_is_lost(door, caplog):
    assert door.send(hit("kept")).status == 202
    room = door.records[0].end + 100
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        replies = [door.send(hit(f"lost{n}")) for n in range(3)]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [reply.status for reply in replies] == [503] * 3
    assert {reply.headers["Retry-After"] for reply in replies} == {"2"}
    assert door.send(hit("after")).status == 202
    assert door.kept == ["kept", "after"]
    assert len(caplog.records) == 1  # a complaint every ten seconds, not one a request


def test_a_spool_that_is_over_its_bound_refuses(tmp_path, given_counters, caplog):
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool" / "old.seg").write_bytes(b"x" * 1000)
    spool = Spool(tmp_path / "spool", most=999)
    reply = Door(Edge(spool=spool, counters=given_counters, limits=Limits(0))).send(hit())
    assert (reply.status, reply.json["code"]) == (503, "spool_full")
    spool.close()


def test_what_nobody_thought_of_is_a_503_and_no_acknowledgement(door, caplog):
    class Broken:
        def read(self, size):
            raise RuntimeError("connection lost")

    reply = door.send(hit(), **{"wsgi.input": Broken()})
    assert (reply.status, reply.json["code"]) == (503, "failed")
    assert door.records == []


def test_many_threads_at_once_lose_nothing(door):
    def work(thread):
        for n in range(100):
            assert door.send(hit(f"{thread}-{n}")).status == 202

    together(work, 8)
    assert sorted(door.kept) == sorted(f"{thread}-{n}" for thread in range(8) for n in range(100))


def test_an_answer_takes_well_under_a_millisecond(door):
    body = json.dumps(hit(client_id="1700000000.123456", referrer=SHOP, title="Shoes")).encode()
    door.send(body)
    begin = time.perf_counter()
    for _ in range(500):
        door.send(body)
    assert (time.perf_counter() - begin) / 500 < 0.001


def test_a_batch_of_good_hits_is_kept_as_it_came_and_one_with_a_bad_one_is_not(door):
    whole = json.dumps({"hits": [hit("a"), hit("b")], "more": 1}).encode()
    assert door.send(whole).status == 202
    assert door.send({"hits": [hit("c"), hit("d", type="x")]}).json["accepted"] == 1
    assert door.send({"sent_at": now_text(), "hits": [hit("e")]}).status == 202
    assert door.send({"hits": [hit("f")], "sent_at": now_text(hours=-1)}).status == 400  # all in its future
    late = hit("g", time=now_text(hours=-1))
    assert door.send({"hits": [late], "sent_at": now_text(hours=-1)}).status == 202
    assert [record.hits for record in door.records] == [2, 1, 1, 1]
    assert door.records[0].json == whole
    assert door.kept == ["a", "b", "c", "e", "g"]
