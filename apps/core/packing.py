"""Unpacking what was sent with a Content-Encoding: never more of it than may be taken, whatever it stands for."""

import zlib

_GZIP = 16 + zlib.MAX_WBITS
_WBITS = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": zlib.MAX_WBITS}


class UnknownEncoding(Exception):
    """Neither gzip nor deflate, or several at once."""


class NotPacked(Exception):
    """The bytes are not packed as their header says."""


class TooLarge(Exception):
    """Unpacked it is longer than may be taken."""


def unpack(packed: bytes, encoding: str, *, most: int) -> bytes:
    """The bytes behind a Content-Encoding, at most `most` of them; no more are ever made, however few stand for them."""
    name = encoding.strip().lower()
    if name == "identity":
        return packed
    wbits = _WBITS.get(name)
    if wbits is None:
        raise UnknownEncoding(f"Content-Encoding {encoding[:40]!r} is neither gzip nor deflate.")
    inflate = zlib.decompressobj(wbits)
    try:
        unpacked = inflate.decompress(packed, most + 1)
    except zlib.error as error:
        raise NotPacked(f"The body is not {name} as its header says: {error}.") from error
    if len(unpacked) > most:
        raise TooLarge
    if not inflate.eof:
        raise NotPacked(f"The {name} body ends too early.")
    if inflate.unused_data:
        raise NotPacked(f"Something follows the {name} body.")
    return unpacked
