"""What a record keeps of the request beside its hits. Pure.

    <address> LF <user agent> [ LF <shift> LF <signals> ]

The shift is what the sender's clock is to be corrected by, in microseconds, or empty where the sender did not tell
its clock. The signals are letters: `d` for Do Not Track, `g` for Global Privacy Control. Records of a browser whose
clock was not told and that signals nothing have the first two parts alone, as all had once.
"""

import re
from functools import lru_cache

import msgspec

DNT, GPC = "d", "g"
LF = "\n"
NOTHING = b"\n"
_MORE = re.compile(r"([^\n]*)\n([^\n]*)\n(-?[0-9]{0,20})\n([dg]*)")


class Sender(msgspec.Struct, frozen=True, gc=False):
    """Who sent a record, as far as it matters."""

    address: str = ""
    agent: str = ""
    shift_us: int | None = None
    dnt: bool = False
    gpc: bool = False


NOBODY = Sender()


def pack(address: str, agent: str, shift_us: int | None = None, signals: str = "") -> bytes:
    """The bytes that a frame keeps; none at all when there is nothing to tell."""
    who = f"{address}\n{agent.replace(LF, ' ')}"
    if shift_us is not None or signals:
        who = f"{who}\n{'' if shift_us is None else shift_us}\n{signals}"
    told = who.encode(errors="replace")
    return b"" if told == NOTHING else told


@lru_cache(maxsize=8192)
def unpack(told: bytes) -> Sender:
    """What `pack` was given."""
    if not told:
        return NOBODY
    text = told.decode(errors="replace")
    if found := _MORE.fullmatch(text):
        address, agent, shift, signals = found.groups()
        return Sender(address, agent, int(shift) if shift else None, DNT in signals, GPC in signals)
    address, _, agent = text.partition(LF)
    return Sender(address, agent)


def signals(environ: dict[str, str]) -> str:
    """What the browser asks for by its headers."""
    return (DNT if environ.get("HTTP_DNT") == "1" else "") + (
        GPC if environ.get("HTTP_SEC_GPC") == "1" else ""
    )
