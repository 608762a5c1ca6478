"""A writer of tiny location databases in the MaxMind format (version 2.0), for IPv4 networks."""

import ipaddress
from pathlib import Path
from typing import Any

_MARKER = b"\xab\xcd\xefMaxMind.com"


class _Long(int):
    """A number of 32 bits; a plain one has 16."""


class _Longer(int):
    """A number of 64 bits."""


def _control(kind: int, size: int) -> bytes:
    """A control byte (and a second one for the extended kinds); sizes below 285 are all that tests need."""
    more = b"" if size < 29 else bytes([size - 29])
    first = (kind << 5 if kind < 8 else 0) | min(size, 29)
    return bytes([first]) + (bytes([kind - 7]) if kind > 7 else b"") + more


def _pack(value: Any) -> bytes:
    if isinstance(value, dict):
        return _control(7, len(value)) + b"".join(_pack(key) + _pack(one) for key, one in value.items())
    if isinstance(value, list):
        return _control(11, len(value)) + b"".join(_pack(one) for one in value)
    if isinstance(value, _Long | _Longer):
        kind, size = (6, 4) if isinstance(value, _Long) else (9, 8)
        return _control(kind, size) + value.to_bytes(size, "big")
    if isinstance(value, int):
        return _control(5, 2) + value.to_bytes(2, "big")
    encoded = value.encode()
    return _control(2, len(encoded)) + encoded


def write(path: Path, networks: dict[str, Any]) -> Path:
    """A database that knows these networks, which must not overlap."""
    nodes: list[list[Any]] = [[None, None]]
    data = b""
    offsets: list[int] = []
    for network, record in networks.items():
        net = ipaddress.IPv4Network(network)
        bits = f"{int(net.network_address):032b}"[: net.prefixlen]
        at = 0
        for bit in bits[:-1]:
            if nodes[at][int(bit)] is None:
                nodes.append([None, None])
                nodes[at][int(bit)] = len(nodes) - 1
            at = nodes[at][int(bit)]
        nodes[at][int(bits[-1])] = ("data", len(offsets))
        offsets.append(len(data))
        data += _pack(record)
    count = len(nodes)

    def number(one: Any) -> bytes:
        found = count if one is None else one if isinstance(one, int) else count + 16 + offsets[one[1]]
        return found.to_bytes(4, "big")

    tree = b"".join(number(left) + number(right) for left, right in nodes)
    about = {
        "node_count": _Long(count), "record_size": 32, "ip_version": 4, "database_type": "Test-City", "languages": ["en"],
        "binary_format_major_version": 2, "binary_format_minor_version": 0, "build_epoch": _Longer(1_700_000_000),
        "description": {"en": "made by a test"},
    }  # fmt: skip
    path.write_bytes(tree + bytes(16) + data + _MARKER + _pack(about))
    return path


def place(country: str, city: str | None = None) -> dict[str, Any]:
    """A record as the city databases have it."""
    found: dict[str, Any] = {"country": {"iso_code": country, "names": {"en": country}}}
    return found | ({"city": {"names": {"en": city, "de": "x"}}} if city else {})
