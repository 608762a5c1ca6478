"""What a record keeps of the request beside its hits. Pure.

    <address> LF <user agent> [ LF <shift> LF <letters> ]

The shift is what the sender's clock is to be corrected by, in microseconds, or empty where the sender did not tell
its clock. Of the letters, `d` is Do Not Track, `g` Global Privacy Control; capital ones are details of the hit that
were cut or dropped (`intake.lenient.KINDS`). Records of a browser whose clock was not told and that has no letters
have the first two parts alone, as all had once.
"""

import re
from functools import lru_cache
from typing import Any

import msgspec

from apps.intake.agents import is_http_library
from apps.intake.records import MAX_AGENT

Environ = dict[str, Any]
DNT, GPC = "d", "g"
LF = "\n"
NOTHING = b"\n"
_MORE = re.compile(r"([^\n]*)\n([^\n]*)\n(-?[0-9]{0,20})\n([dg]*)([A-Z]*)")


class Sender(msgspec.Struct, frozen=True, gc=False):
    """Who sent a record, as far as it matters."""

    address: str = ""
    agent: str = ""
    shift_us: int | None = None
    dnt: bool = False
    gpc: bool = False
    mended: str = ""


NOBODY = Sender()


def pack(address: str, agent: str, shift_us: int | None = None, signals: str = "", mended: str = "") -> bytes:
    """The bytes that a frame keeps; none at all when there is nothing to tell."""
    who = f"{address}\n{agent.replace(LF, ' ')}"
    if shift_us is not None or signals or mended:
        who = f"{who}\n{'' if shift_us is None else shift_us}\n{signals}{mended}"
    told = who.encode(errors="replace")
    return b"" if told == NOTHING else told


@lru_cache(maxsize=8192)
def unpack(told: bytes) -> Sender:
    """What `pack` was given."""
    if not told:
        return NOBODY
    text = told.decode(errors="replace")
    if found := _MORE.fullmatch(text):
        address, agent, shift, signals, mended = found.groups()
        return Sender(address, agent, int(shift) if shift else None, DNT in signals, GPC in signals, mended)
    address, _, agent = text.partition(LF)
    return Sender(address, agent)


def of_request(environ: Environ, address: str, shift_us: int | None = None, mended: str = "") -> bytes:
    """The bytes that tell of the request's sender, for every collection door.

    Address and user agent are a browser's own, for hits that do not say them; a server says its visitor's or none.
    """
    agent = environ.get("HTTP_USER_AGENT", "")[:MAX_AGENT]
    if not is_browser(environ, agent):
        address = agent = ""
    if shift_us is None and not mended and "HTTP_DNT" not in environ and "HTTP_SEC_GPC" not in environ:
        told = f"{address}\n{agent}".encode(errors="replace")  # as nearly all have it
        return b"" if told == NOTHING else told
    return pack(address, agent, shift_us, signals(environ), mended)


def is_browser(environ: Environ, agent: str) -> bool:
    """Whether a browser sent the request: it names the origin of whatever a script sends, and of a picture its agent."""
    if environ.get("HTTP_ORIGIN"):
        return True
    return environ.get("REQUEST_METHOD") == "GET" and bool(agent) and not is_http_library(agent)


def signals(environ: Environ) -> str:
    """What the browser asks for by its headers."""
    return (DNT if environ.get("HTTP_DNT") == "1" else "") + (
        GPC if environ.get("HTTP_SEC_GPC") == "1" else ""
    )
