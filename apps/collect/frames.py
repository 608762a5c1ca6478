r"""How records lie in a spool segment, so that a torn end or a hole is seen for what it is.

    frame  = magic (4) | length of the body (4) | crc32 of the body (4) | body
    body   = counter (8) | arrived_at, us as in core.clock (8) | hits (2) | length of the sender (2) | sender | JSON
    sender = "<address>\n<user agent>" of the request when a browser sent it, else empty
    JSON   = one hit, an array of hits or a body with such an array, just as they were sent

Little-endian. The JSON is the sender's own bytes: encoding it anew would cost more than the rest of the edge.
"""

from collections.abc import Iterator
from struct import Struct
from zlib import crc32

import msgspec

MAGIC = b"GLh1"
HEAD = Struct("<4sII")
BODY = Struct("<qqHH")
_BOTH = Struct("<4sIIqqHH")
MAX_BODY = 1 << 20
"""A length above this is no length: the edge takes 64 kB."""


class Record(msgspec.Struct, frozen=True, gc=False):
    """One acknowledged request."""

    counter_id: int
    arrived_us: int
    hits: int
    sender: bytes
    json: bytes
    end: int  # offset behind the frame


def pack(counter_id: int, arrived_us: int, hits: int, sender: bytes, json: bytes) -> bytes:
    """The frame of one request."""
    body = BODY.pack(counter_id, arrived_us, hits, len(sender)) + sender + json
    return HEAD.pack(MAGIC, len(body), crc32(body)) + body


def scan(data: bytes, base: int = 0) -> Iterator[Record]:
    """The whole records at the beginning of `data`, which lies at offset `base`; stops at the first bad frame."""
    at, last, view = 0, len(data) - _BOTH.size, memoryview(data)
    head, body, size, unpack = HEAD.size, BODY.size, len(data), _BOTH.unpack_from
    while at <= last:
        magic, length, crc, counter_id, arrived_us, hits, sender = unpack(data, at)
        start, end = at + head, at + head + length
        if magic != MAGIC or length > MAX_BODY or end > size or crc32(view[start:end]) != crc:
            return
        text = start + body + sender
        yield Record(counter_id, arrived_us, hits, data[start + body : text], data[text:end], base + end)
        at = end


def next_frame(data: bytes) -> int | None:
    """Where the next whole frame begins behind a bad one at 0, if there is one."""
    at = data.find(MAGIC, 1)
    while at >= 0:
        if next(scan(data[at : at + HEAD.size + MAX_BODY]), None) is not None:
            return at
        at = data.find(MAGIC, at + 1)
    return None


def head_length(head: bytes) -> int | None:
    """The whole frame's length told by its first bytes; None when they are not those of a frame."""
    if len(head) < HEAD.size:
        return None
    magic, length, _crc = HEAD.unpack_from(head)
    return HEAD.size + length if magic == MAGIC and length <= MAX_BODY else None
