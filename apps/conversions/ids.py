"""The public id of a conversion: its key, so that a result made again keeps its id. Pure."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import NamedTuple

from apps.core import clock
from apps.core.errors import NotThere


class ConversionKey(NamedTuple):
    """What identifies a conversion within its account: the goal and the hit."""

    goal: int
    counter: int
    time: datetime
    hit: str


def encode_id(*, goal_id: int, counter_id: int, time: datetime, hit_id: str) -> str:
    """The id for addresses and the API."""
    plain = f"{goal_id}:{counter_id}:{clock.to_us(time)}:{hit_id}"
    return urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def decode_id(conversion_id: str) -> ConversionKey:
    """The key behind an id; `NotThere` for anything else."""
    try:
        padded = conversion_id + "=" * (-len(conversion_id) % 4)
        goal, counter, us, hit = urlsafe_b64decode(padded.encode("ascii")).decode().split(":", 3)
        key = ConversionKey(int(goal), int(counter), clock.from_us(int(us)), hit)
    except (ValueError, OverflowError):
        raise NotThere from None
    if not (0 < key.goal < 2**63 and 0 < key.counter < 2**63 and hit and "\x00" not in hit):
        raise NotThere
    return key
