r"""Lines of web servers' logs as hits: every readable line with a request of a page is a page view. Pure.

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
from urllib.parse import urlsplit

from apps.intake.log_formats import BadLine, Read, bare
from apps.intake.records import MAX_AGENT, HitIn

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
_SECONDS = re.compile(rb"\d{9,11}(\.\d{1,9})?")
METHODS = frozenset(
    b"GET HEAD POST PUT PATCH DELETE OPTIONS TRACE CONNECT PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK REPORT SEARCH".split()
)
"""What else stands there is another protocol's noise, such as `EHLO x`, `t3 12.2.1` or HTTP/2's `PRI * HTTP/2.0`."""


class Line(NamedTuple):
    """What a line says; times are UTC."""

    address: bytes  # empty: none
    time: datetime
    target: bytes
    status: int  # 0: none
    referrer: bytes
    agent: bytes

    @property
    def is_page(self) -> bool:
        """Whether the server answered with a page, as far as it says."""
        return self.status == 0 or 200 <= self.status < 400


def parse(line: bytes, read: Read) -> Line:
    """The fields of one line of a format; `BadLine` if it is none of it or asks for no page."""
    fields = read(bare(line))
    request = _REQUEST.fullmatch(_unescaped(fields.request))
    if request is None or request[1] not in METHODS:
        raise BadLine(f"the request {_shown(fields.request)} is none of HTTP")
    target = _PROTOCOL.sub(b"", request[2])
    if not target or target.startswith(b"HTTP/"):
        raise BadLine(f"the request {_shown(fields.request)} names no target")
    if target == b"*" or request[1] == b"CONNECT":
        raise BadLine(f"the request {_shown(fields.request)} asks for no page")
    status = int(fields.status) if fields.status.isdigit() else 0
    return Line(
        fields.address,
        _time(fields.time),
        target,
        status,
        _unescaped(fields.referrer),
        _unescaped(fields.agent),
    )


def _shown(field: bytes) -> str:
    return repr(field[:60].decode("ascii", "backslashreplace"))


def _time(text: bytes) -> datetime:
    """17/May/2015:10:05:03 +0000, ISO 8601 with an offset, or seconds since 1970."""
    if found := _TIME.fullmatch(text):
        return _local_time(text, found)
    try:
        if _SECONDS.fullmatch(text):
            return datetime.fromtimestamp(float(text), UTC)
        told = datetime.fromisoformat(text.decode("ascii"))
        if told.tzinfo is not None:
            return told.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        pass
    raise BadLine(f"the time {_shown(text)} is no 17/May/2015:10:05:03 +0000")


def _local_time(text: bytes, found: re.Match[bytes]) -> datetime:
    if found[2] not in _MONTHS:
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
    """What was asked for: the site and the request's target; one with a scheme must be the site's (RFC 9112, 3.2)."""
    if not _ABSOLUTE.match(line.target):
        slash = "" if line.target.startswith(b"/") else "/"
        return f"{site}{slash}{_url_text(line.target)}"
    text = _url_text(line.target)
    if _host(text) != _host(site):
        raise BadLine(f"the request asks for another site, {_shown(line.target)}")
    return text


def _host(text: str) -> str | None:
    try:
        return urlsplit(text).hostname
    except ValueError:
        return None


def client_id(address: bytes, agent: bytes) -> str | None:
    """Digits that stand for an address with a user agent; without an address it is nobody in particular."""
    return str(int.from_bytes(_digest(address + b"\x00" + agent, 8)) or 1) if address else None


def hit_id(line: bytes, occurrence: int) -> str:
    """A name that the same line gets again in the next import; equal lines are told apart by their order."""
    return _digest(line + b"\x00%d" % occurrence, 16).hex()


def hit(line: bytes, read: Read, *, site: str, occurrence: int, all_statuses: bool = False) -> HitIn | None:
    """The page view that a line (without its end) tells of; `occurrence` counts equal lines from 0.

    None: the server answered with no page, and such answers are not asked for.
    """
    told = parse(line, read)
    if not (told.is_page or all_statuses):
        return None
    agent = told.agent.decode("utf-8", "replace").replace("\x00", "\ufffd")[:MAX_AGENT]
    referrer = None if told.referrer in {b"-", b""} else _url_text(told.referrer)
    return HitIn(
        id=hit_id(line, occurrence),
        time=told.time,
        type="pageview",
        url=url(site, told),
        client_id=client_id(told.address, told.agent),
        referrer=referrer,
        ip=told.address.decode("ascii") or None,  # for place and consent; it is stored nowhere
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
