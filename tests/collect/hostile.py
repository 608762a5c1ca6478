"""Requests that nobody means well by, each with what is to come of it.

`expected` are the codes of which one must be told, or `taken` where the request is only odd. `test_hostile.py` sends
them all to the edge, and some to a real server, each with a good hit behind it.
"""

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from tests.collect.conftest import SHOP, hit
from tests.collect.test_hostile_bodies import BAD, ODD

TAKEN = "taken"
PAGE = f"{SHOP}/shoes"


@dataclass(frozen=True)
class Hostile:
    """One request, for the counter 7 if it says nothing else."""

    name: str
    expected: frozenset[str]
    path: str = "/collect/7"
    method: str = "POST"
    query: str = ""
    body: bytes = b""
    chunked: bool = False
    environ: dict[str, Any] = field(default_factory=dict)


def of(name: str, expected: str, **how: Any) -> Hostile:
    """`expected`: codes with spaces between."""
    return Hostile(name, frozenset(expected.split()), **how)


def good(**more: Any) -> bytes:
    return json.dumps(hit("odd", **more)).encode()


def bodies() -> Iterator[Hostile]:
    """Alone, and as the neighbour of a good hit."""
    codes = "invalid invalid_json required not_storable too_long time_in_future time_too_old no_offset"
    codes += " invalid_choice invalid_identity"
    for name, body in BAD.items():
        yield of(f"body: {name}", codes, body=body)
        beside = b'{"hits":[' + good() + b"," + (body.strip() or b"null") + b"]}"
        yield of(f"beside a good one: {name}", f"{codes} {TAKEN}", body=beside)
    for name, body in ODD.items():
        yield of(f"odd body: {name}", TAKEN, body=body)


def large() -> Iterator[Hostile]:
    """Beyond the largest, in every way."""
    many = {
        "a million keys": b"{" + b",".join(b'"k%d":1' % n for n in range(1_000_000)) + b"}",
        "a hundred thousand levels": b"[" * 100_000,
        "a hundred thousand levels, closed": b'{"hits":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        "200 kB of spaces": b" " * 200_000,
        "200 kB of NUL": b"\0" * 200_000,
        "a number of 100,000 digits": b'{"id":' + b"9" * 100_000 + b"}",
        "an exponent of 100,000 digits": b'{"id":1e' + b"9" * 100_000 + b"}",
    }
    for name, body in many.items():
        yield of(name, "too_large", body=body)
        yield of(f"{name}, in chunks", "too_large", body=body, chunked=True)
    for name in (
        "url",
        "title",
        "referrer",
        "name",
        "client_id",
        "user_id",
        "purchase_id",
        "user_agent",
        "ip",
        "id",
    ):
        yield of(f"200 kB of {name}", "too_large", body=good(**{name: "x" * 200_000}))
        wanted = TAKEN if name == "ip" else "too_long"
        yield of(f"30 kB of {name}", wanted, body=good(**{name: "x" * 30_000}))
    yield of("5,000 keys", "required", body=b"{" + b",".join(b'"k%d":1' % n for n in range(5000)) + b"}")
    yield of("1,001 hits", "too_many", body=b'{"hits":[' + b",".join([b"{}"] * 1001) + b"]}")
    yield of("20,000 nulls", "too_many", body=b'{"hits":[' + b",".join([b"null"] * 12_000) + b"]}")


FIELDS = (
    "id", "time", "type", "url", "name", "client_id", "user_id", "purchase_id", "referrer", "title", "value", "currency",
    "ip", "user_agent", "consent", "click_ids", "params",
)  # fmt: skip
WRONG: dict[str, Any] = {
    "a number": 5,
    "a float": 1.5,
    "true": True,
    "a list": [],
    "a list of null": [None],
    "NUL": "a\0",
}


def wrong_types() -> Iterator[Hostile]:
    for name in FIELDS:
        for what, value in WRONG.items():
            kept = TAKEN if name == "ip" and what == "NUL" else "invalid not_storable invalid_choice"
            yield of(f"{name} is {what}", kept, body=good(**{name: value}))
        text = good(**{name: "X"}).replace(b'"X"', b'"\\ud800"')
        yield of(f"{name} is half a pair", "invalid invalid_json", body=text)
        if name not in {"click_ids", "params"}:
            yield of(f"{name} is an object", "invalid", body=good(**{name: {"a": 1}}))
        yield of(
            f"{name} twice",
            f"{TAKEN} invalid invalid_choice",
            body=b'{"%s":"x",' % name.encode() + good()[1:],
        )


TIMES: dict[str, str] = {
    "": "invalid", " ": "invalid", "now": "invalid", "0": "invalid", "-1": "invalid", "2026": "invalid",
    "2026-01-01": "invalid", "2026-01": "invalid", "20260101T000000Z": "invalid", "2026-01-01T00:00Z": "invalid",
    "2026-01-01 00:00:00": "no_offset invalid", "2026-01-01T00:00:00": "no_offset", "2026-13-01T00:00:00Z": "invalid",
    "2026-00-01T00:00:00Z": "invalid", "2026-01-32T00:00:00Z": "invalid", "2025-02-29T00:00:00Z": "invalid",
    "2026-01-01T24:00:00Z": "invalid", "2026-01-01T23:60:00Z": "invalid", "2026-06-30T23:59:60Z": "invalid",
    "2026-01-01T00:00:00+24:00": "invalid", "2026-01-01T00:00:00+0100": f"invalid {TAKEN}",
    "2026-01-01T00:00:00z": f"invalid {TAKEN}", "2026-01-01t00:00:00Z": f"invalid {TAKEN}",
    "2026-01-01T00:00:00,5Z": "invalid", "2026-01-01T00:00:00.Z": "invalid", "+2026-01-01T00:00:00Z": "invalid",
    "-2026-01-01T00:00:00Z": "invalid", "30000-01-01T00:00:00Z": "invalid", "0000-01-01T00:00:00Z": "invalid",
    "0001-01-01T00:00:00Z": "time_too_old", "1969-12-31T23:59:59.999999Z": "time_too_old",
    "1970-01-01T00:00:00+00:01": "time_too_old", "9999-12-31T23:59:59.999999Z": "time_in_future",
    "2100-01-01T00:00:00Z": "time_in_future", "2026-01-01T00:00:00Z\0": "invalid", "२०२६-०१-०१T00:00:00Z": "invalid",
    "Thu, 01 Jan 2026 00:00:00 GMT": "invalid", "1767225600": "invalid", "1767225600000": "invalid", "NaN": "invalid",
}  # fmt: skip


def times() -> Iterator[Hostile]:
    for text, codes in TIMES.items():
        yield of(f"time {text!r}", codes, body=good(time=text))
        asked = codes.replace("time_in_future", "time_in_future time_too_old invalid").replace(
            "time_too_old", "invalid"
        )
        sent = json.dumps({"hits": [hit("odd")], "sent_at": text}).encode()
        yield of(f"sent_at {text!r}", f"{asked} {TAKEN} time_in_future time_too_old", body=sent)
    for number in (0, -1, 1_767_225_600, 1_767_225_600_000, 1e300, -(2**63), 2**64):
        yield of(f"time is the number {number}", "invalid", body=good(time=number))
    ahead = (datetime.now(UTC) + timedelta(days=3)).isoformat()  # made once, tried whenever
    yield of("three days ahead", "time_in_future", body=good(time=ahead))


TAILS = (
    "", "/", "x", "7x", "x7", "-7", "+7", "7.0", "7,0", "7e0", "0x7", "07x", "٧", "７", "Ⅶ", " 7", "7 ", "7\t", "7\n", "7\0",
    "\0", "7%00", "%37", "7;x=1", "7:8", "7@8", "7/8/9", "7//", "//7", "../7", "..%2f7", "....//7", "7/../8", "7\\..\\8",
    "7?x", "7#x", "9", "0", "00", "9" * 19, "9" * 400, "7" * 8000, "null", "undefined", "NaN", "true", "[7]", "{7}", "'7'",
    "7'--", "7 OR 1=1", "<script>", "${7}", "{{7}}", "\u202e7", "\x7f", "\xff\xfe", "7\r\nX: y",
)  # fmt: skip


def paths() -> Iterator[Hostile]:
    for tail in TAILS:
        yield of(f"/collect/{tail[:20]!r}", "no_counter", path=f"/collect/{tail}", body=good())
        yield of(
            f"/watch/{tail[:20]!r}", "no_counter", path=f"/watch/{tail}", method="GET",
            query=urlencode({"page-url": PAGE}),
        )  # fmt: skip
        yield of(
            f"/pixel/{tail[:20]!r}",
            "no_counter",
            path=f"/pixel/{tail}.gif",
            method="GET",
            query=urlencode({"url": PAGE}),
        )


METHODS = (
    "HEAD", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "MKCOL", "COPY", "LOCK", "SEARCH", "PURGE", "BREW",
    "get", "post", "Post", "", "POST ", "X" * 1000, "GET\0",
)  # fmt: skip


def methods() -> Iterator[Hostile]:
    for method in METHODS:
        for path in ("/collect/7", "/watch/7", "/pixel/7.gif", "/collect"):
            yield of(f"{method[:20]!r} {path}", "method_not_allowed", path=path, method=method, body=good())
    yield of("GET /collect/7", "method_not_allowed", method="GET")


ORIGINS = (
    "null", "*", "https://evil.example", "http://shop.example", "https://shop.example:444", "https://shop.example/",
    "https://shop.example.evil.example", "https://evilshop.example", "https://SHOP.example", "shop.example",
    "https://shop.example https://evil.example", "https://shop.example,https://evil.example", "https://shop.example\0",
    "https://shop.example\r\nX: y", "https://user@shop.example", "https://shop.example?x", "https://shop.example#x",
    "file://", "data:", "about:blank", "chrome-extension://abc", "https://", "https://xn--", "https://[::1]", "x" * 10_000,
    "https://other.example", " https://shop.example", "\xff\xfe", "https://ѕhop.example", "javascript:alert(1)",
)  # fmt: skip


def origins() -> Iterator[Hostile]:
    for origin in ORIGINS:
        named = {"HTTP_ORIGIN": origin}
        yield of(f"Origin {origin[:30]!r}", "origin_not_allowed", body=good(), environ=named)
        yield of(f"preflight {origin[:30]!r}", "origin_not_allowed", method="OPTIONS", environ=named)
        yield of(
            f"pixel for {origin[:30]!r}", "origin_not_allowed", path="/pixel/7.gif", method="GET", query="event=e",
            environ=named,
        )  # fmt: skip


def lengths() -> Iterator[Hostile]:
    huge = (
        "65537",
        "999999999999",
        "9" * 300,
        "-1",
        "+5",
        "0x10",
        "1e3",
        "five",
        " 5",
        "5 5",
        "5,5",
        "²",
        "5\0",
        "1_0",
    )
    for text in huge:
        yield of(f"Content-Length {text[:20]!r}", "too_large", environ={"CONTENT_LENGTH": text})
    for text in ("", "0", "00", "1", "5"):
        cut = {"CONTENT_LENGTH": text}
        yield of(f"cut off at {text!r}", f"invalid_json {TAKEN}", body=good(), environ=cut)
    yield of(
        "a body that does not end",
        "invalid_json",
        body=good(),
        chunked=True,
        environ={"wsgi.input_terminated": False},
    )


def encodings() -> Iterator[Hostile]:
    def packed(body: bytes, name: str) -> dict[str, Any]:
        return {"body": body, "environ": {"HTTP_CONTENT_ENCODING": name}}

    zeros = b" " * 50_000_000
    yield of("a bomb of 50 MB", "too_large", **packed(gzip.compress(zeros, 9), "gzip"))
    yield of("a deflated bomb", "too_large", **packed(zlib.compress(zeros, 9), "deflate"))
    yield of("a bomb in a bomb", "invalid_json", **packed(gzip.compress(gzip.compress(zeros, 9)), "gzip"))
    yield of("gzip", TAKEN, **packed(gzip.compress(good()), "gzip"))
    yield of("GZip, with spaces", TAKEN, **packed(gzip.compress(good()), " GZip "))
    yield of("deflate", TAKEN, **packed(zlib.compress(good()), "deflate"))
    yield of("identity", TAKEN, **packed(good(), "identity"))
    yield of("half a gzip", "not_packed", **packed(gzip.compress(good())[:-12], "gzip"))
    yield of(
        "a gzip with a wrong sum", "not_packed", **packed(gzip.compress(good())[:-8] + b"\0" * 8, "gzip")
    )
    yield of("gzip by name only", "not_packed", **packed(good(), "gzip"))
    yield of("deflate by name only", "not_packed", **packed(good(), "deflate"))
    yield of("nothing, gzipped by name", "not_packed", **packed(b"", "gzip"))
    yield of("gzip that is not told", "invalid_json", body=gzip.compress(good()))
    for name in ("br", "zstd", "compress", "gzip, gzip", "gzip;q=1", "*", "x" * 5000, "\0", "\xff", "base64"):
        yield of(f"Content-Encoding {name[:20]!r}", "unknown_encoding", **packed(good(), name))


HEADERS: dict[str, tuple[str, ...]] = {
    "CONTENT_TYPE": (
        "application/json; charset=utf-16",
        "application/json;charset=cp1251",
        "text/html",
        "multipart/form-data",
        "\0",
        "application/x-www-form-urlencoded",
        "x" * 5000,
        "application/json, text/plain",
        "image/gif",
        "\xff",
        ";;;=",
    ),
    "HTTP_USER_AGENT": (
        "",
        "\0",
        "x" * 100_000,
        "a\nb\nc",
        "\xff\xfe",
        "<script>alert(1)</script>",
        "' OR 1=1 --",
        "\u20ac",
    ),
    "HTTP_X_FORWARDED_FOR": (
        "",
        ",",
        "x",
        "127.0.0.1, " * 2000,
        "\0",
        "::1",
        "999.999.999.999",
        "10.0.0.1\r\nX: y",
    ),
    "HTTP_DNT": ("", "2", "null", "\0", "1" * 5000),
    "HTTP_SEC_GPC": ("", "?1", "true", "\0"),
    "HTTP_COOKIE": ("", "a=b", "x" * 50_000, "\0", "_ym_uid=\r\n"),
    "HTTP_REFERER": ("", "\0", "x" * 50_000, "javascript:alert(1)"),
    "HTTP_TRANSFER_ENCODING": ("chunked", "chunked, chunked", "identity", "xchunked", "\x0bchunked"),
    "HTTP_EXPECT": ("100-continue", "200-ok", "\0"),
    "HTTP_HOST": ("", "evil.example", "shop.example:99999", "a b", "\0"),
    "HTTP_UPGRADE": ("websocket", "h2c"),
    "HTTP_RANGE": ("bytes=0-1", "bytes=9-0,1-99999999999"),
    "HTTP_X_HTTP_METHOD_OVERRIDE": ("DELETE", "GET"),
    "HTTP_AUTHORIZATION": ("Bearer x", "Basic \0", "x" * 10_000),
    "REMOTE_ADDR": ("", "x", "unix:", "::ffff:1.2.3.4", "fe80::1%eth0", "\0"),
}


def headers() -> Iterator[Hostile]:
    for header, values in HEADERS.items():
        for value in values:
            environ = {"HTTP_ORIGIN": SHOP, header: value}
            yield of(f"{header} {value[:20]!r}", TAKEN, body=good(), environ=environ)


QUERIES: dict[str, str] = {
    "nothing": "", "signs": "&&&===&&&", "a percent": "%", "half a percent": "a=%4", "no hex": "a=%zz", "NUL": "%00=%00",
    "no UTF-8": "a=%ff%fe", "an overlong slash": "a=%c0%af", "a surrogate": "a=%ed%a0%80", "%u": "a=%u0041",
    "raw bytes": "a=\xff\xfe", "semicolons": "a=1;b=2", "brackets": "a[]=1&a[b][c]=2&__proto__[x]=1", "plus": "a=+++",
    "190 fields": "&".join(f"f{n}=1" for n in range(190)), "twice encoded": "a=%2525252500", "a line": "a=%0d%0aSet-Cookie:x=1",
    "equal names": "&".join(["a=1"] * 150),
}  # fmt: skip
SURFACES = {
    "/watch/7": ("page-url=" + quote(PAGE), "required"),
    "/pixel/7.gif": ("url=" + quote(PAGE), "required"),
    "/collect": ("tid=7&t=pageview&dl=" + quote(PAGE), "no_counter"),
}


def queries() -> Iterator[Hostile]:
    for path, (honest, alone) in SURFACES.items():
        for name, query in QUERIES.items():
            yield of(f"{path}: {name}", alone, path=path, method="GET", query=query)
            yield of(f"{path}: {name}, and more", TAKEN, path=path, method="GET", query=f"{query}&{honest}")
        many = "&".join(f"f{n}=1" for n in range(5000))
        yield of(f"{path}: 5,000 fields", "too_many_fields", path=path, method="GET", query=many)
        yield of(f"{path}: 100 kB", "too_large", path=path, method="GET", query=f"{honest}&a={'x' * 100_000}")
        yield of(f"{path}: a long URL", TAKEN, path=path, method="GET", query=honest + "x" * 9000)
        yield of(f"{path}: NUL in the URL", TAKEN, path=path, method="GET", query=honest + "%00")


INFOS: dict[str, str] = {
    "": TAKEN, ":": "unknown_kind", "::::": "unknown_kind", "pv": TAKEN, "pv:1:pv:2": TAKEN, "pv:1:u:0": TAKEN,
    "pv:1:u:null": TAKEN, "pv:1:u:" + "9" * 300: TAKEN, "pv:1:u:\0": TAKEN,
    "pv:1:et:x": TAKEN, "pv:1:et:-1": TAKEN, "pv:1:et:1e9": TAKEN, "pv:1:et:1.2.3": TAKEN,
    "pv:1:et:٣": TAKEN, "pv:1:et:99999999999": TAKEN, "pv:1:et:1777000000000": TAKEN,
    "pv:1:et:" + "9" * 25: TAKEN, "pv:1:et:0": TAKEN, "pv:1:et:5:st:x": TAKEN, "pv:1:et:5:st:99999999999": TAKEN,
    "pv:1:et:5:st:999999999999999": TAKEN, "pv:1:t:" + "x" * 2000: TAKEN, "pv:1:t:\0": TAKEN,
    "ar:1": "unknown_kind", "pa:1:rn:\0": TAKEN, "rn:1:hid:1": "unknown_kind", "pv:1:rn:" + "9" * 5000: TAKEN,
}  # fmt: skip
JSONS: dict[str, str] = {
    "{": TAKEN, "[": TAKEN, "5": TAKEN, '"x"': TAKEN, "null": TAKEN, "true": TAKEN,
    "NaN": TAKEN, '{"a":1e400}': TAKEN, '{"a":NaN}': TAKEN, "{'a':1}": TAKEN,
    '{"a":"\\ud800"}': TAKEN, '{"a":"\\u0000"}': TAKEN, "[" * 3000: TAKEN,
    '{"a":' * 3000: TAKEN, "[" * 900 + "]" * 900: TAKEN, '{"a":"' + "x" * 17_000 + '"}': TAKEN,
    '{"__ym":5}': TAKEN, '{"__ym":{"user_id":[]}}': TAKEN, '{"__ym":{"user_id":"0"}}': TAKEN,
    '{"__ym":{"user_id":true}}': TAKEN, '{"__ymu":5}': TAKEN, '{"__proto__":{"x":1}}': TAKEN, "\ufeff{}": TAKEN,
    '{"a":' + "9" * 5000 + "}": TAKEN, "{}{}": TAKEN,
}  # fmt: skip


def watching() -> Iterator[Hostile]:
    for text, codes in INFOS.items():
        query = urlencode({"page-url": PAGE, "browser-info": text})
        yield of(f"browser-info {text[:30]!r}", codes, path="/watch/7", method="GET", query=query)
    for number, (text, codes) in enumerate(JSONS.items()):
        form = urlencode({"site-info": text}).encode()
        yield of(
            f"site-info {number}: {text[:30]!r}", codes, path="/watch/7/1", query=urlencode({"page-url": PAGE, "browser-info": "pv:1"}),
            body=form,
        )  # fmt: skip
        said = urlencode({"tid": "7", "t": "event", "ea": "x", "params": text}).encode()
        yield of(f"params {number}: {text[:30]!r}", codes, path="/collect", body=said)
    for goal in ("goal://", "goal:///", "goal://shop.example", "goal://shop.example/"):
        query = urlencode({"page-url": goal, "browser-info": "ar:1"})
        yield of(f"{goal} without a name", "required", path="/watch/7", method="GET", query=query)
    for name in ("alert(1)", "a;b", "<script>", "\0", "a" * 200, "a.b.c", "é"):
        query = urlencode({"page-url": PAGE, "wmode": "5", "callback": name})
        yield of(f"callback {name[:20]!r}", TAKEN, path="/watch/7", method="GET", query=query)


PROTOCOL: dict[str, tuple[dict[str, str], str]] = {
    "no counter": ({"tid": ""}, "no_counter"),
    "a counter of letters": ({"tid": "x"}, "no_counter"),
    "a counter with a NUL": ({"tid": "7\0"}, "no_counter"),
    "another kind": ({"t": "transaction"}, "invalid_choice"),
    "no kind": ({"t": ""}, "invalid_choice"),
    "a kind with a NUL": ({"t": "\0"}, "invalid_choice"),
    "an event without a name": ({"t": "event"}, "required"),
    "a long name": ({"t": "event", "ea": "x" * 300}, "too_long"),
    "nobody": ({"cid": "undefined"}, TAKEN),
    "a long client ID": ({"cid": "9" * 300}, TAKEN),
    "a long user ID": ({"uid": "9" * 300}, TAKEN),
    "a NUL as client ID": ({"cid": "\0"}, TAKEN),
    "a value in words": ({"ev": "much"}, TAKEN),
    "an infinite value": ({"ev": "Infinity"}, TAKEN),
    "an enormous value": ({"ev": "1e9999999"}, TAKEN),
    "a currency in words": ({"cu": "euros"}, TAKEN),
    "a time in milliseconds": ({"et": "1777000000000"}, TAKEN),
    "a time in words": ({"et": "yesterday"}, TAKEN),
    "a time to come": ({"et": "4102444800"}, TAKEN),
    "a long id": ({"id": "x" * 200}, "too_long"),
    "a thousand products": ({f"pr{n}id": "x" for n in range(190)}, TAKEN),
    "product -1": ({"pr-1id": "x", "prid": "y", "pr9999id": "z"}, TAKEN),
    "a consent in words": ({"consent": "perhaps"}, TAKEN),
    "a long title": ({"dt": "x" * 2000}, TAKEN),
    "a long referrer": ({"dr": "x" * 9000}, TAKEN),
}


def speaking() -> Iterator[Hostile]:
    for name, (more, codes) in PROTOCOL.items():
        told = {"tid": "7", "t": "pageview", "dl": PAGE, **more}
        yield of(f"protocol: {name}", codes, path="/collect", body=urlencode(told).encode())
        yield of(f"protocol by GET: {name}", codes, path="/collect", method="GET", query=urlencode(told))
    for name, body in (
        ("JSON", good()),
        ("nothing", b""),
        ("bytes", b"\xff\xfe\0"),
        ("a picture", b"GIF89a"),
    ):
        yield of(f"protocol: {name}", "no_counter", path="/collect", body=body)
    yield of("a question without a counter", "no_counter", path="/collect", method="OPTIONS")


REQUESTS = [
    one
    for family in (
        bodies, large, wrong_types, times, paths, methods, origins, lengths, encodings, headers, queries, watching, speaking,
    )
    for one in family()
]  # fmt: skip
