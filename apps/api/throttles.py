"""So many requests a minute for each token (or user, or address), and so many wrong tokens: counted in Valkey."""

import logging
import time
from dataclasses import dataclass
from functools import cache
from typing import Any

import redis
from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.exceptions import Throttled
from rest_framework.request import Request

from apps.accounts import origin
from apps.api.callers import Caller

logger = logging.getLogger(__name__)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
WRONG_TOKENS_S = 60
"""Wrong tokens of one address (IPv6: one network of 64 bits) are counted for so long; see API_WRONG_TOKENS."""


@cache
def _valkey(url: str) -> "redis.Redis":
    return redis.Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5)


def rate() -> tuple[int, int]:
    """`(requests, seconds)` of a setting such as 6000/min."""
    rates: Any = settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]
    requests, period = rates["token"].split("/")
    return int(requests), _SECONDS[period[0]]


@dataclass(frozen=True)
class Quota:
    """What a caller has used of a fixed window of time, this request included."""

    name: str  # token, user or address
    limit: int
    window_s: int
    used: int
    ends_in_s: int

    def headers(self) -> dict[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers has them."""
        left = max(0, self.limit - self.used)
        return {
            "RateLimit-Policy": f'"{self.name}";q={self.limit};w={self.window_s}',
            "RateLimit": f'"{self.name}";r={left};t={self.ends_in_s}',
        }


def count_request(request: Request) -> Quota | None:
    """Count a request for whoever sent it. None while Valkey is away: this is fairness, and they go through."""
    limit, seconds = rate()
    who = request.auth.actor if isinstance(request.auth, Caller) else f"address {origin.address()}"
    used = _add(f"goalline:throttle:{who}", seconds)
    if used is None:
        return None
    return Quota(who.partition(" ")[0], limit, seconds, used, _rest(seconds))


def note_wrong_token() -> None:
    """Count a token that there is not against the address that named it."""
    _add(_wrong_tokens(), WRONG_TOKENS_S)


def refuse_guessing() -> None:
    """Refuse to look a token up for an address that named too many wrong ones."""
    if _read(_wrong_tokens(), WRONG_TOKENS_S) >= settings.API_WRONG_TOKENS:
        detail = _("Too many wrong tokens came from this address.")
        raise Throttled(_rest(WRONG_TOKENS_S), detail, "too_many_wrong_tokens")


def _wrong_tokens() -> str:
    return f"goalline:wrong-tokens:{origin.network()}"


def _rest(seconds: int) -> int:
    """Seconds until the window ends, at least one."""
    return seconds - int(time.time()) % seconds


def _add(key: str, seconds: int) -> int | None:
    """Add one to the count of the present window; how many there are, None where nobody counts."""
    try:
        with _valkey(settings.REDIS_URL).pipeline(transaction=True) as pipeline:
            pipeline.incr(_in_window(key, seconds))
            pipeline.expire(_in_window(key, seconds), seconds)
            return int(pipeline.execute()[0])
    except redis.RedisError as error:
        logger.warning("Requests are not counted: %s", error)
        return None


def _read(key: str, seconds: int) -> int:
    """The count of the present window; 0 where nobody counts."""
    try:
        found: Any = _valkey(settings.REDIS_URL).get(_in_window(key, seconds))
    except redis.RedisError as error:
        logger.warning("Wrong tokens are not counted: %s", error)
        return 0
    return int(found or 0)


def _in_window(key: str, seconds: int) -> str:
    return f"{key}:{int(time.time()) // seconds}"
