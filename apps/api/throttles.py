"""So many requests a minute for each token (or signed-in user, or address): counted in Valkey, atomically."""

import logging
import time
from functools import cache
from typing import Any

import redis
from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from apps.accounts import origin
from apps.api.callers import Caller

logger = logging.getLogger(__name__)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@cache
def _valkey(url: str) -> "redis.Redis":
    return redis.Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5)


def rate() -> tuple[int, int]:
    """`(requests, seconds)` of a setting such as 6000/min."""
    rates: Any = settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]
    requests, period = rates["token"].split("/")
    return int(requests), _SECONDS[period[0]]


class ByToken(BaseThrottle):
    """A fixed window. When Valkey does not answer, requests go through: this is fairness, not security."""

    def allow_request(self, request: Request, view: Any) -> bool:
        requests, seconds = rate()
        now = time.time()
        self._wait = seconds - now % seconds
        key = f"goalline:throttle:{self._who(request)}:{int(now // seconds)}"
        try:
            with _valkey(settings.REDIS_URL).pipeline(transaction=True) as pipeline:
                pipeline.incr(key)
                pipeline.expire(key, seconds)
                count = int(pipeline.execute()[0])
        except redis.RedisError as error:
            logger.warning("Requests are not counted: %s", error)
            return True
        return count <= requests

    def wait(self) -> float:
        """Seconds until the window ends: Retry-After."""
        return self._wait

    def _who(self, request: Request) -> str:
        if isinstance(request.auth, Caller):
            return request.auth.actor
        return f"address {origin.address()}"
