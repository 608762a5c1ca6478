"""Bodies that nobody means well by: each is refused with its reason or taken, and never breaks anything."""

import json

import pytest

from apps.collect.bodies import read
from tests.collect.conftest import hit, now_text

DEEP = 20_000


def raw(**fields):
    return json.dumps(hit(**fields)).encode()


def with_time(text):
    return json.dumps({**hit(), "time": text}).encode()


BAD = {
    "nothing": b"",
    "a space": b" ",
    "null": b"null",
    "a number": b"12",
    "a text": b'"hit"',
    "true": b"true",
    "a list": b"[]",
    "a list of hits": b"[" + raw() + b"]",
    "an empty object": b"{}",
    "hits is null": b'{"hits":null}',
    "hits is an object": b'{"hits":{}}',
    "hits is a text": b'{"hits":"x"}',
    "hits of null": b'{"hits":[null]}',
    "hits of lists": b'{"hits":[[],[]]}',
    "half an object": b'{"id":"a"',
    "half a text": b'{"id":"a',
    "a trailing comma": b'{"hits":[{},]}',
    "two values": raw() + raw(),
    "something behind it": raw() + b"x",
    "single quotes": b"{'id':'a'}",
    "a comment": b"/**/" + raw(),
    "a byte order mark": b"\xef\xbb\xbf" + raw(),
    "UTF-16": raw().decode().encode("utf-16"),
    "UTF-32": raw().decode().encode("utf-32"),
    "Latin-1": raw(id="X").replace(b"X", b"\xfc"),
    "an overlong slash": raw(id="X").replace(b"X", b"\xc0\xaf"),
    "a surrogate in UTF-8": raw(id="X").replace(b"X", b"\xed\xa0\x80"),
    "half a pair": raw(id="X").replace(b"X", b"\\ud800"),
    "the other half first": raw(id="X").replace(b"X", b"\\udc00\\ud800"),
    "a NUL": raw(id="X").replace(b"X", b"\\u0000"),
    "a raw NUL": raw(id="X").replace(b"X", b"\x00"),
    "a raw newline": raw(id="X").replace(b"X", b"\n"),
    "a NUL in the URL": raw(url="https://shop.example/\x00"),
    "a NUL in params": raw(params={"a": "\x00"}),
    "a NUL as a key": raw(params={"\x00": 1}),
    "a NUL in click IDs": raw(click_ids={"yclid": "\x00"}),
    "a NUL in the user agent": raw(user_agent="\x00"),
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
    "a form": b"id=a&time=now",
    "XML": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "deep lists": b"[" * DEEP,
    "deep lists, closed": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"a":' * (DEEP // 4) + b"1" + b"}" * (DEEP // 4),
    "deep params": raw(params={"a": "X"}).replace(b'"X"', b"[" * DEEP + b"]" * DEEP),
    "a deep hit in a batch": b'{"hits":[' + b"[" * DEEP + b"]" * DEEP + b"]}",
    "a deep unknown field": raw(other="X").replace(b'"X"', b"[" * DEEP + b"]" * DEEP),
    "an infinite number": raw(params={"a": "X"}).replace(b'"X"', b"1e400"),
    "NaN": raw(params={"a": "X"}).replace(b'"X"', b"NaN"),
    "Infinity": raw(params={"a": "X"}).replace(b'"X"', b"-Infinity"),
    "a number with a plus": raw(params={"a": "X"}).replace(b'"X"', b"+1"),
    "a hexadecimal number": raw(params={"a": "X"}).replace(b'"X"', b"0x10"),
    "time in milliseconds": json.dumps({**hit(), "time": 1_700_000_000_000}).encode(),
    "time without offset": with_time("2026-01-01T00:00:00"),
    "time in the year 30000": with_time("30000-01-01T00:00:00Z"),
    "time in the year 1": with_time("0001-01-01T00:00:00+23:59"),
    "time in the year 9999": with_time("9999-12-31T23:59:59-23:59"),
    "the 30th of February": with_time("2026-02-30T00:00:00Z"),
    "the 61st second": with_time("2026-01-01T00:00:61Z"),
    "an offset of 99 hours": with_time("2026-01-01T00:00:00+99:00"),
    "a time in words": with_time("yesterday"),
    "a day ahead": with_time(now_text(days=1)),
    "no type": json.dumps({"id": "a", "time": now_text()}).encode(),
    "type is a number": raw(type=1),
    "id is a number": raw(id=1),
    "id is null": raw(id=None),
    "id is empty": raw(id=""),
    "id is long": raw(id="x" * 129),
    "url is a list": raw(url=["https://shop.example/"]),
    "url is long": raw(url="https://shop.example/" + "x" * 8192),
    "an event without a name": raw(type="event"),
    "a client ID of nobody": raw(client_id="undefined"),
    "a user ID of nobody": raw(user_id="0"),
    "value is a number": raw(value=12.5),
    "value is infinite": raw(value="Infinity"),
    "value is NaN": raw(value="NaN"),
    "value is enormous": raw(value="1e999999"),
    "currency is a NUL without a value": raw(currency="\0"),
    "currency is a sign": raw(value="1", currency="$"),
    "params is a list": raw(params=[]),
    "params is too much": raw(params={"a": "x" * 17_000}),
    "click IDs of numbers": raw(click_ids={"yclid": 1}),
    "user agent is long": raw(user_agent="x" * 1001),
    "title is long": raw(title="x" * 1001),
}
ODD = {
    "unknown fields": raw(colour="red", nested={"a": [1, {"b": None}]}),
    "the same key twice": raw(id="first")[:-1] + b',"id":"second"}',
    "a prototype": raw(params={"__proto__": {"admin": True}}),
    "emoji and right to left": raw(id="\u202e😀", title="مرحبا"),
    "HTML and templates": raw(title="<img src=x onerror=alert(1)>{{7*7}}", id="'; DROP TABLE visits_hit;--"),
    "an URL of control characters": raw(url="javascript:alert(1)//\x01\x1f\x7f"),
    "an escaped key": raw().replace(b'"id"', b'"\\u0069d"'),
    "white space": b" \t\r\n" + raw() + b"\n",
    "a time of long ago": with_time("1970-01-01T00:00:00Z"),
    "a time with nine decimals": with_time("2026-01-01T00:00:00.123456789Z"),
    "a long number": raw(params={"a": 10**60}),
    "a hit named hits": raw(hits=[1, 2, 3]),
    "an escaped surrogate pair": raw(id="X").replace(b"X", b"\\ud83d\\ude00"),
    "a magic word": raw(id="GLh1GLh1"),
    "a tab in the id": raw(id="a\tb"),
}


@pytest.mark.parametrize("name", BAD)
def test_it_is_refused_with_a_reason(door, name):
    reply = door.send(BAD[name])
    assert reply.status == 400
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.json["code"]
    assert reply.json["detail"]
    assert door.records == []
    assert door.send(hit("after")).status == 202


@pytest.mark.parametrize("name", BAD)
def test_it_does_not_keep_a_neighbour_from_being_taken(door, name):
    body = BAD[name].strip() or b"null"
    reply = door.send(b'{"hits":[' + raw(id="good") + b"," + body + b"]}")
    assert reply.status in {202, 400}  # 400: the body as a whole is no JSON
    if reply.status == 202:
        assert reply.json["accepted"] >= 1
        assert door.kept[0] == "good"
    else:
        assert door.records == []


@pytest.mark.parametrize("name", ODD)
def test_it_is_odd_and_taken(door, name):
    assert door.send(ODD[name]).status == 202
    assert len(door.records) == 1
    assert read(door.records[0].json)[0].id


def test_there_are_enough_of_them():
    assert len(BAD) + len(ODD) >= 60
