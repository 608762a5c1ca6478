r"""Web-server logs in the combined format as hits: every readable line with a request target is a page view. Pure.

A server writes quotes and backslashes of a field as `\"` and `\\`, other bytes as `\x16` (Apache, nginx) or `\n`.
In URLs such bytes stand percent-encoded, as they came over the wire.
"""

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta, timezone
from hashlib import blake2b
from itertools import pairwise
from tempfile import TemporaryFile
from typing import IO, NamedTuple

from apps.intake.records import HitIn

_FIELD = rb'"((?:[^"\\]|\\.)*)"'
_LINE = re.compile(
    rb"(\S+) \S+ (.+?) \[([^\]]+)\] " + _FIELD + rb" (\d{3}|-) (\d+|-) " + _FIELD + rb" " + _FIELD + rb"\s*"
)
_TIME = re.compile(rb"(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")
_REQUEST = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) +(\S(?:.*\S)?)", re.DOTALL)
_PROTOCOL = re.compile(rb"\s+HTTP/\d(?:\.\d+)?$")
_ABSOLUTE = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://")
_MONTHS = {
    name: number for number, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)
}
_ESCAPE = re.compile(rb"\\(x[0-9A-Fa-f]{2}|.)", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"v": b"\v"}
_UNSAFE = re.compile(rb"[\x00-\x1f\x7f]")
_LONGEST_AGENT = 1000  # all that recognising a robot needs


class BadLine(Exception):
    """A line that is no hit; the message says why."""


class Line(NamedTuple):
    """What a line says; times are UTC."""

    address: bytes
    time: datetime
    target: bytes
    connect: bool
    referrer: bytes
    agent: bytes


def parse(line: bytes) -> Line:
    """The fields of one line; `BadLine` if it is none of the format or asks for nothing."""
    found = _LINE.fullmatch(line)
    if found is None:
        raise BadLine(_why(line))
    address, _user, time, request, _status, _size, referrer, agent = found.groups()
    asked = _REQUEST.fullmatch(_unescaped(request))
    if asked is None:
        raise BadLine(f"the request {_shown(request)} names no target")
    target = _PROTOCOL.sub(b"", asked[2])
    if not target or target.startswith(b"HTTP/"):
        raise BadLine(f"the request {_shown(request)} names no target")
    return Line(address, _time(time), target, asked[1] == b"CONNECT", _unescaped(referrer), _unescaped(agent))


def _why(line: bytes) -> str:
    if not line.strip():
        return "the line is empty"
    if len(re.findall(rb'(?<!\\)"', line)) % 2:
        return "a quotation mark is never closed"
    return "this is not the combined log format"


def _shown(field: bytes) -> str:
    return repr(field[:60].decode("ascii", "backslashreplace"))


def _time(text: bytes) -> datetime:
    found = _TIME.fullmatch(text)
    if found is None or found[2] not in _MONTHS:
        raise BadLine(f"the time {_shown(text)} is no 17/May/2015:10:05:03 +0000")
    day, year, hour, minute, second, hours, minutes = (int(found[n]) for n in (1, 3, 4, 5, 6, 8, 9))
    offset = timedelta(hours=hours, minutes=minutes) * (-1 if found[7] == b"-" else 1)
    try:
        local = datetime(
            year, _MONTHS[found[2]], day, hour, minute, min(second, 59), tzinfo=timezone(offset)
        )  # a leap second is the last one of its minute
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadLine(f"the time {_shown(text)} does not exist") from None


def _unescaped(field: bytes) -> bytes:
    if b"\\" not in field:
        return field
    return _ESCAPE.sub(_byte, field)


def _byte(escape: re.Match[bytes]) -> bytes:
    said = escape[1]
    if len(said) == 3:
        return bytes([int(said[1:], 16)])
    return _ESCAPED.get(said, said)


def _url_text(raw: bytes) -> str:
    """Control bytes and whatever is no UTF-8 percent-encoded, the rest as it is."""
    safe = _UNSAFE.sub(lambda byte: b"%%%02X" % byte[0][0], raw)
    decoded = safe.decode("utf-8", "surrogateescape")
    return "".join(f"%{ord(c) - 0xDC00:02X}" if "\udc80" <= c <= "\udcff" else c for c in decoded)


def url(site: str, line: Line) -> str:
    """What was asked for: the site and the request's target.

    A target with a scheme of its own (as proxies get it) stands for itself; `*` asks about the site as a whole;
    that of CONNECT is a host and a port (RFC 9112, 3.2).
    """
    if line.connect:
        return f"{site.split(':', 1)[0]}://{_url_text(line.target)}"
    if line.target == b"*":
        return site
    if _ABSOLUTE.match(line.target):
        return _url_text(line.target)
    slash = "" if line.target.startswith(b"/") else "/"
    return f"{site}{slash}{_url_text(line.target)}"


def client_id(line: Line) -> str:
    """Digits that stand for an address with a user agent."""
    return str(int.from_bytes(_digest(line.address + b"\x00" + line.agent, 8)) or 1)


def hit_id(line: bytes, occurrence: int) -> str:
    """A name that the same line gets again in the next import; equal lines are told apart by their order."""
    return _digest(line + b"\x00%d" % occurrence, 16).hex()


def hit(line: bytes, *, site: str, occurrence: int) -> HitIn:
    """The page view that a line (without its end) tells of; `occurrence` counts equal lines from 0."""
    read = parse(line)
    agent = read.agent.decode("utf-8", "replace").replace("\x00", "\ufffd")[:_LONGEST_AGENT]
    referrer = None if read.referrer in {b"-", b""} else _url_text(read.referrer)
    return HitIn(
        id=hit_id(line, occurrence),
        time=read.time,
        type="pageview",
        url=url(site, read),
        client_id=client_id(read),
        referrer=referrer,
        user_agent=None if agent in {"-", ""} else agent,
    )


def _digest(text: bytes, size: int) -> bytes:
    return blake2b(text, digest_size=size).digest()


class Repeats:
    """Which occurrence of its text each line is, in flat memory: only lines that come twice are remembered.

    Takes a first walk over the lines; their hashes wait in a file, and are looked through part by part.
    """

    PARTS = 64

    def __init__(self, lines: Iterable[bytes]) -> None:
        self.lines = 0
        self._repeated: set[bytes] = set()
        self._seen: Counter[bytes] = Counter()
        with ExitStack() as stack:
            parts = [stack.enter_context(TemporaryFile()) for _ in range(self.PARTS)]
            for line in lines:
                digest = _digest(line, 8)
                parts[digest[0] % self.PARTS].write(digest)
                self.lines += 1
            for part in parts:
                self._repeated.update(_repeated(part))

    def occurrence(self, line: bytes) -> int:
        """0 for the first line of its text; call it for each line in order."""
        if _digest(line, 8) not in self._repeated:
            return 0
        key = _digest(line, 16)
        self._seen[key] += 1
        return self._seen[key] - 1


def _repeated(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    hashes = array("Q")
    hashes.frombytes(file.read())
    ordered = sorted(hashes)
    for one, following in pairwise(ordered):
        if one == following:
            yield array("Q", [one]).tobytes()
