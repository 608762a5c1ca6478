"""Hostile bytes at a real server: what no WSGI request can show. Behind each a good hit is taken."""

import gzip
import json
import socket
from dataclasses import dataclass
from urllib.parse import quote

import pytest

from tests.collect.conftest import SHOP, hit
from tests.collect.hostile import REQUESTS
from tests.collect.test_live import Web

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    made = Web(tmp_path_factory.mktemp("hostile") / "spool")
    yield made
    made.kill()


@dataclass
class Raw:
    """What came back: 0 where the server closed without a word."""

    status: int
    text: bytes


def talk(web, data, *, shut=True):
    """Send bytes, and read until the server has answered or closed."""
    text = b""
    with socket.create_connection(("127.0.0.1", web.port), timeout=3) as link:
        try:
            link.sendall(data)
            if shut:
                link.shutdown(socket.SHUT_WR)
            while more := link.recv(65536):
                text += more
        except OSError:  # it need not listen to the end
            pass
    return Raw(int(text[9:12]) if text[9:12].isdigit() else 0, text)


BODY = json.dumps(hit("raw")).encode()


def post(*lines, body=BODY, path="/collect/7", version="HTTP/1.1", length=True):
    head = [
        f"POST {path} {version}".encode(),
        b"Host: x",
        *(line if isinstance(line, bytes) else line.encode() for line in lines),
    ]
    if length:
        head.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(head) + b"\r\nConnection: close\r\n\r\n" + body


def get(path, *lines):
    return b"\r\n".join(
        [f"GET {path} HTTP/1.1".encode("latin-1"), b"Host: x", *lines, b"Connection: close", b"", b""]
    )


CHUNKED = "Transfer-Encoding: chunked"
WHOLE = b"%x\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n"
SMUGGLED = b"POST /collect/7 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n{}{}{"
RAW = {
    "nothing": b"",
    "a line of zeros": b"\0" * 4000,
    "a line that does not end": b"POST /collect/7" + b"x" * 200_000,
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 500,
    "HTTP/2 at once": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/0.9": b"GET /collect/7\r\n",
    "HTTP/3.7": post(version="HTTP/3.7"),
    "no version": post(version=""),
    "no host": b"POST /collect/7 HTTP/1.1\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
    "two hosts": post("Host: y"),
    "lines without CR": post().replace(b"\r\n", b"\n", 3),
    "a CR alone": post("A: b\rC: d"),
    "NUL in a header": post(b"A: b\0c"),
    "NUL in a name": post(b"A\0: b"),
    "a space before the colon": post("Content-Length : 5"),
    "a folded header": post("A: b\r\n  c"),
    "no colon": post("nonsense"),
    "no name": post(": x"),
    "bytes in a header": post(b"User-Agent: \xff\xfe\xfd"),
    "a thousand headers": post(*(f"X-{n}: {n}" for n in range(1000))),
    "a header of 100 kB": post("X-Long: " + "x" * 100_000),
    "a header of 1 MB": post("X-Long: " + "x" * 1_000_000),
    "two lengths": post(f"Content-Length: {len(BODY) + 5}"),
    "two equal lengths": post(f"Content-Length: {len(BODY)}"),
    "a negative length": post("Content-Length: -5", length=False),
    "a length with a plus": post("Content-Length: +5", length=False),
    "a length of 2^70": post(f"Content-Length: {2**70}", length=False),
    "a length in hex": post("Content-Length: 0x10", length=False),
    "a length list": post("Content-Length: 5, 5", length=False),
    "length and chunks": post(CHUNKED, body=WHOLE + SMUGGLED),
    "chunks twice": post(CHUNKED, CHUNKED, body=WHOLE, length=False),
    "chunked, identity": post("Transfer-Encoding: chunked, identity", body=WHOLE, length=False),
    "xchunked": post("Transfer-Encoding: xchunked", body=WHOLE, length=False),
    "chunked by a tab": post("Transfer-Encoding:\tchunked", body=WHOLE, length=False),
    "chunked in HTTP/1.0": post(CHUNKED, body=WHOLE, length=False, version="HTTP/1.0"),
    "a chunk without end": post(CHUNKED, body=b"ffff\r\n" + b"x" * 1000, length=False),
    "a chunk of 2^64": post(CHUNKED, body=b"10000000000000000\r\nx", length=False),
    "a chunk of -1": post(CHUNKED, body=b"-1\r\nx", length=False),
    "a chunk with a long extension": post(CHUNKED, body=b"1;" + b"x" * 100_000 + b"\r\nx\r\n0\r\n\r\n", length=False),
    "no chunk size": post(CHUNKED, body=b"\r\n\r\n\r\n", length=False),
    "a million empty lines as chunks": post(CHUNKED, body=b"1\r\n \r\n" * 20_000 + b"0\r\n\r\n", length=False),
    "trailers": post(CHUNKED, body=b"0\r\nContent-Length: 9\r\nA: b\r\n\r\n", length=False),
    "half a body": post(body=BODY[:9], length=False) .replace(b"\r\n\r\n", b"\r\nContent-Length: 500\r\n\r\n", 1),
    "expects to be waited for": post("Expect: 100-continue"),
    "expects nonsense": post("Expect: 200-maybe"),
    "wants to be upgraded": post("Upgrade: websocket", "Connection: Upgrade"),
    "an absolute address": post(path="http://evil.example/collect/7"),
    "an authority": post(path="evil.example:80"),
    "a star": post(path="*"),
    "a path of 60 kB": post(path="/collect/" + "7" * 60_000),
    "a path of bytes": b"POST /collect/\xff\xfe HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "a path with %00": post(path="/collect/7%00"),
    "a path with %2f": post(path="/collect%2f7"),
    "a path with dots": post(path="/admin/../collect/7"),
    "a fragment": post(path="/collect/7#x"),
    "a body that is another request": post(body=SMUGGLED),
    "a bomb": post("Content-Encoding: gzip", body=gzip.compress(b" " * 30_000_000, 9)),
    "a GET with a body": b"GET /collect/7 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
    "an unknown method": b"BREW /collect/7 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "a method of 10 kB": b"X" * 10_000 + b" /collect/7 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a line in a pixel": get("/pixel/7.gif?event=%0d%0aSet-Cookie:a=b"),
    "bytes in a query": get("/watch/7?page-url=\xff\xfe"),
    "a bad percent": get("/pixel/7.gif?event=%zz%"),
}  # fmt: skip


def test_no_bytes_break_the_server(web):
    assert len(RAW) >= 60
    for number, (name, data) in enumerate(RAW.items()):
        answer = talk(web, data)
        assert answer.status < 500, (name, answer.text[:300])
        assert b"\r\nSet-Cookie" not in answer.text, name
        assert web.send(body=json.dumps(hit(f"beside-{number}"))).status == 202, name
    kept = web.kept
    assert sorted(one for one in kept if one.startswith("beside-")) == sorted(
        f"beside-{n}" for n in range(len(RAW))
    )


def test_a_request_hidden_behind_another_is_not_answered_as_its_own_hit(web):
    """Length and chunks at once: whichever counts, nothing of the rest becomes a second hit of the good sender."""
    hidden = json.dumps(hit("hidden")).encode()
    inner = b"POST /collect/7 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(hidden) + hidden
    for lines in (
        ("Content-Length: 4", CHUNKED),
        (CHUNKED, "Content-Length: 4"),
        ("Content-Length: 4", "Transfer-Encoding: xchunked"),
    ):
        talk(web, post(*lines, body=b"0\r\n\r\n" + inner, length=False))
    assert "hidden" not in web.kept


def test_what_is_taken_and_refused_in_process_is_so_behind_a_server(web):
    """Every twelfth of the list, as far as HTTP can carry it."""
    sent = 0
    for one in REQUESTS[::12]:
        if (
            one.environ
            or one.chunked
            or len(one.body) > 60_000
            or not one.method.isalpha()
            or not one.path.isascii()
        ):
            continue
        head = f"{one.method} {quote(one.path)}{'?' + one.query if one.query else ''} HTTP/1.1"
        if not head.isprintable() or not head.isascii():
            continue
        answer = talk(web, b"%s\r\nHost: x\r\nOrigin: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (
            head.encode(), SHOP.encode(), len(one.body)) + one.body)  # fmt: skip
        assert answer.status < 500, (one.name, answer.text[:300])
        assert web.send(body=json.dumps(hit(f"listed-{sent}"))).status == 202, one.name
        sent += 1
    assert sent > 25
    assert {f"listed-{n}" for n in range(sent)} <= set(web.kept)
