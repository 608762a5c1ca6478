"""Formats of web servers' logs: by name, by a pattern in a server's own notation, or guessed from the first lines. Pure.

A pattern is Apache's LogFormat (`%h %l %u %t "%r" %>s %b`) or nginx's log_format (`$remote_addr ... "$request"`). Each part
of it becomes a group of one regular expression; JSON lines are read by the names that nginx, Caddy and Traefik write.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec

from apps.core import addresses

GUESSED_FROM = 200  # lines
MOST_UNLIKE = 0.5
"""Of the first lines the share that may not fit the guessed format."""


class BadLine(Exception):
    """A line that is no hit; the message says why."""


class BadFormat(Exception):
    """A format that is not known or says too little; the message says what would be right."""


class Fields(NamedTuple):
    """What a line says, as it stands there; empty where it says nothing."""

    address: bytes
    time: bytes
    request: bytes
    status: bytes = b""
    referrer: bytes = b""
    agent: bytes = b""


Read = Callable[[bytes], Fields]

NAMED = {
    "combined": '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"',
    "common": '%h %l %u %t "%r" %>s %b',
    "vhost_combined": '%v:%p %h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"',
    "vhost_combined_no_port": '%v %h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"',
    "vhost_common": '%v %h %l %u %t "%r" %>s %b',
    "forwarded_combined": '%{X-Forwarded-For}i %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"',
    "proxied_combined": '%h (%{X-Forwarded-For}i) %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"',
    "nginx_main": '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i" "%{X-Forwarded-For}i"',
}
JSON = "json"
NAMES = (*NAMED, JSON)
_OTHER_NAMES = {
    "nginx": "combined",
    "nginx-json": JSON,
    "caddy-json": JSON,
    "traefik-json": JSON,
    "nginx-main": "nginx_main",
}

_TEXT = r'(?:[^"\\]|\\.)*'
_PARTS = {
    "address": r"\S+",
    "forwarded": r"[^\[\]\"()]*",
    "time": r"[^\]]*",
    "request": _TEXT,
    "method": r"\S+",
    "target": r"\S+",
    "status": r"\d{3}|-",
    "referrer": _TEXT,
    "agent": _TEXT,
    "identity": r"[^\s(),\[\]\"]+",
    "host": r"[\w.\-\[\]:]+?",
    "user": r".+?",
    "other": r"\S*?",
    "quoted": _TEXT,
}
_APACHE = {
    "v": "host",
    "V": "host",
    "h": "address",
    "a": "address",
    "{c}a": "address",
    "l": "identity",
    "u": "user",
    "t": "time",
    "r": "request",
    "m": "method",
    "U": "target",
    "s": "status",
    ">s": "status",
    "{referer}i": "referrer",
    "{user-agent}i": "agent",
    "{x-forwarded-for}i": "forwarded",
    "{x-real-ip}i": "address",
    "{cf-connecting-ip}i": "address",
    "{true-client-ip}i": "address",
}
_NGINX = {
    "host": "host",
    "server_name": "host",
    "remote_addr": "address",
    "realip_remote_addr": "other",
    "http_x_real_ip": "address",
    "http_cf_connecting_ip": "address",
    "remote_user": "user",
    "time_local": "time",
    "time_iso8601": "time",
    "msec": "time",
    "request": "request",
    "request_method": "method",
    "request_uri": "target",
    "uri": "target",
    "status": "status",
    "http_referer": "referrer",
    "http_user_agent": "agent",
    "http_x_forwarded_for": "forwarded",
    "proxy_add_x_forwarded_for": "forwarded",
}
_APACHE_PART = re.compile(r"%[<>!\d,]*(\{[^}]*\})?[<>]?([a-zA-Z%])")
_NGINX_PART = re.compile(r"\$\{?(\w+)\}?")
_SYSLOG = re.compile(
    rb"(?:<\d{1,3}>)?(?:1 )?"
    rb"(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d)) \S+ "
    rb"(?:[\w./-]+(?:\[\d+\])?: |\S+ \S+ \S+ (?:-|\[.*?\]) )"
)
"""RFC 3164 and 5424: what a log that came by syslog has in front of each line."""
_BOM = b"\xef\xbb\xbf"
_HOST = re.compile(
    rb"(?=.{1,253}$)(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]\.?"
)


def bare(line: bytes) -> bytes:
    """The line without a byte order mark and what syslog put before it."""
    line = line.removeprefix(_BOM)
    header = _SYSLOG.match(line)
    return line[header.end() :] if header else line


def reader(name: str) -> Read:
    """How to read lines of this format: a name of `NAMES`, or a pattern. Raises BadFormat."""
    name = _OTHER_NAMES.get(name, name)
    if name == JSON:
        return _read_json
    pattern = NAMED.get(name, name)
    if "%" not in pattern and "$" not in pattern:
        raise BadFormat(
            f"There is no format {name!r}; known are {', '.join(NAMES)}, or write the server's own pattern."
        )
    return _of_pattern(pattern)


def guess(lines: Sequence[bytes]) -> str:
    """The name of the format that most of these lines have. Raises BadFormat where none fits."""
    some = [line for line in map(bare, lines) if line.strip()][:GUESSED_FROM]
    if not some:
        return "combined"
    fits = {name: sum(_fits(reader(name), line) for line in some) for name in NAMES}
    best = max(fits, key=lambda name: fits[name])  # of equal ones the first
    if fits[best] < len(some) * MOST_UNLIKE:
        shown = some[0][:120].decode("ascii", "backslashreplace")
        raise BadFormat(
            f"No known format fits the first lines, such as {shown!r}. Name the format: {', '.join(NAMES)}, or the server's"
            " own pattern in Apache's or nginx's notation."
        )
    return best


def _fits(read: Read, line: bytes) -> bool:
    try:
        read(line)
    except BadLine:
        return False
    return True


def _of_pattern(pattern: str) -> Read:
    apache = "$" not in pattern or "%" in pattern
    expression, names = _expression(pattern, apache=apache)
    for needed in ("time", "request"):
        if needed not in names and not (needed == "request" and {"method", "target"} <= names):
            raise BadFormat(f"The pattern {pattern!r} says no {needed}.")
    if not names & {"address", "forwarded"}:
        raise BadFormat(f"The pattern {pattern!r} says no address of the visitor.")
    compiled = re.compile(expression.encode(), re.DOTALL)

    def read(line: bytes) -> Fields:
        found = compiled.fullmatch(line)
        if found is None:
            raise BadLine(_why(line))
        said = found.groupdict(b"")
        if _is_address(said.get("identity", b"")):
            raise BadLine("there is text before the address")
        request = said["request"] if "request" in said else said["method"] + b" " + said["target"]
        address = visitor(said.get("forwarded", b""), said.get("address", b""))
        return Fields(
            address, said["time"], request, *(said.get(name, b"") for name in ("status", "referrer", "agent"))
        )

    return read


def _expression(pattern: str, *, apache: bool) -> tuple[str, set[str]]:
    """The regular expression of a pattern, and the names of its groups."""
    written, names, at = [], set[str](), 0
    for part in (_APACHE_PART if apache else _NGINX_PART).finditer(pattern):
        before = pattern[at : part.start()]
        at = part.end()
        quoted = before.endswith('"') and pattern[at : at + 1] == '"'
        name = _apache(part) if apache else _NGINX.get(part[1], "other")
        written.append(re.escape(before))
        if name == "time" and apache:
            written.append(r"\[(?P<time>[^\]]*)\]")
        elif name in {"other", "quoted"} or name in names:
            written.append(_PARTS["quoted" if quoted else "other"])
        else:
            body = _TEXT if quoted and name not in {"forwarded", "status"} else _PARTS[name]
            written.append(f"(?P<{name}>{body})")
        names.add(name)
    written.append(re.escape(pattern[at:]))
    return "".join(written).replace(r"\ ", " ") + r"\s*", names


def _apache(part: re.Match[str]) -> str:
    braces = (part[1] or "").lower()
    said = f"{braces}{part[2]}" if part[2] in "ia" else part[2]
    return _APACHE.get(said, "other")


def visitor(forwarded: bytes, address: bytes) -> bytes:
    """The visitor's address: the first of a forwarded list, else the one that asked; empty where there is none.

    Raises BadLine for a text that is neither an address nor the name of a host.
    """
    for said in (*forwarded.split(b","), address):
        text = said.strip().strip(b'"')
        if text in {b"", b"-", b"unknown", b"unix:"}:
            continue
        found = _normal(text)
        if found is None:
            raise BadLine(f"{text[:60].decode('ascii', 'backslashreplace')!r} is no address of a visitor")
        return found
    return b""


def _normal(text: bytes) -> bytes | None:
    """An address in its usual writing, or the name of a host in lower case."""
    if text.isascii() and (address := addresses.parse(text.decode("ascii"))):
        return address.encode()
    return text.lower() if _HOST.fullmatch(text) or text == b"localhost" else None


def _is_address(text: bytes) -> bool:
    return text.isascii() and addresses.parse(text.decode("ascii")) is not None


def _why(line: bytes) -> str:
    if not line.strip():
        return "the line is empty"
    if b"\x00" in line:
        return "the line contains NUL"
    if len(re.findall(rb'(?<!\\)"', line)) % 2:
        return "a quotation mark is never closed"
    return "the line has another format"


# -- JSON ----------------------------------------------------------------------------------------------------------

_KEYS = {
    "forwarded": ("http_x_forwarded_for", "x_forwarded_for", "xff"),
    "address": ("client_ip", "remote_addr", "remote_ip", "ClientHost", "clientip", "ip"),
    "time": ("time_iso8601", "time_local", "StartUTC", "time", "timestamp", "@timestamp", "msec", "ts"),
    "request": ("request_line", "request"),
    "method": ("request_method", "method", "RequestMethod"),
    "target": ("request_uri", "uri", "RequestPath", "path", "url"),
    "status": ("status", "DownstreamStatus", "status_code"),
    "referrer": ("http_referer", "http_referrer", "referer", "referrer", "request_Referer"),
    "agent": ("http_user_agent", "user_agent", "agent", "request_User-Agent"),
}


def _read_json(line: bytes) -> Fields:
    try:
        said = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadLine("the line is no JSON") from None
    if not isinstance(said, dict):
        raise BadLine("the line is no JSON object")
    flat = _flat(said)
    request = _first(flat, "request") or _first(flat, "method") + b" " + _first(flat, "target")
    if not request.strip() or not _first(flat, "time"):
        raise BadLine("the line says no request or no time")
    address = visitor(_first(flat, "forwarded"), _first(flat, "address"))
    return Fields(
        address,
        _first(flat, "time"),
        request,
        *(_first(flat, name) for name in ("status", "referrer", "agent")),
    )


def _flat(said: dict[str, Any]) -> dict[str, Any]:
    """Caddy keeps the request and its headers in objects of their own."""
    request = said.get("request")
    if not isinstance(request, dict):
        return said
    headers = request.get("headers")
    named = {"referer": "Referer", "user_agent": "User-Agent", "xff": "X-Forwarded-For"}
    told = {key: headers.get(name) for key, name in named.items()} if isinstance(headers, dict) else {}
    return {**said, "request": None, **request, **told}


def _first(said: dict[str, Any], name: str) -> bytes:
    for key in _KEYS[name]:
        value = said.get(key)
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, str | int | float) and not isinstance(value, bool) and value != "":
            return str(value).encode("utf-8", "surrogatepass")
    return b""
