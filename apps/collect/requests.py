"""What a request says beside its path: its body, bounded and unpacked, and its parameters."""

from typing import Any
from urllib.parse import parse_qsl

from apps.collect.gate import Environ, Refusal
from apps.core import packing

MAX_BODY = 64 * 1024
MAX_FIELDS = 1000  # an order of a hundred products has eight of each

Parameters = dict[str, str]


def too_large() -> Refusal:
    return Refusal(413, "too_large", f"At most {MAX_BODY} bytes are taken, unpacked ones too.")


def body(environ: Environ) -> bytes:
    """The whole body; one without a length is read only as far as it may be long."""
    told = environ.get("CONTENT_LENGTH")
    if told:
        length = int(told) if told.isdecimal() and len(told) < 10 else MAX_BODY + 1
        if length > MAX_BODY:
            raise too_large()
    else:
        length = MAX_BODY + 1 if environ.get("wsgi.input_terminated") else 0
    read = environ["wsgi.input"].read
    found: bytes = read(length)
    while len(found) < length and (more := read(length - len(found))):
        found += more
    if len(found) > MAX_BODY:
        raise too_large()
    packed = environ.get("HTTP_CONTENT_ENCODING")
    return _unpacked(found, packed) if packed else found


def _unpacked(packed: bytes, encoding: str) -> bytes:
    try:
        return packing.unpack(packed, encoding, most=MAX_BODY)
    except packing.UnknownEncoding as error:
        raise Refusal(415, "unknown_encoding", str(error)) from error
    except packing.NotPacked as error:
        raise Refusal(400, "not_packed", str(error)) from error
    except packing.TooLarge as error:
        raise too_large() from error


def parameters(environ: Environ) -> Parameters:
    """Those of the address and, behind them, those of a form in the body; of equal names the first counts."""
    query = environ.get("QUERY_STRING") or ""
    if len(query) > MAX_BODY:
        raise Refusal(414, "too_large", f"At most {MAX_BODY} bytes of parameters are taken.")
    pairs = _pairs(query.encode("latin-1", "replace").decode("utf-8", "replace"))  # as WSGI has it
    if environ["REQUEST_METHOD"] == "POST" and (form := body(environ)):
        pairs += _pairs(form.decode("utf-8", "replace"))
    found: Parameters = {}
    for name, value in pairs:
        found.setdefault(name, value)
    return found


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise Refusal(400, "too_many_fields", f"At most {MAX_FIELDS} parameters are taken.") from error


def method(environ: Environ, *allowed: str) -> str:
    """The request's method, when it is one of these."""
    found: Any = environ["REQUEST_METHOD"]
    if found not in allowed:
        listed = [("Allow", ", ".join(allowed))]
        raise Refusal(405, "method_not_allowed", f"Only {' and '.join(allowed)} are answered here.", listed)
    return str(found)
