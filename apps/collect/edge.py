"""Collection: check, append to the spool, answer. A raw WSGI callable in front of Django.

`POST /collect/<counter>` is here, since it has to be quick; what comes in other forms is read by a module of its own.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, cast

from django.conf import settings

from apps.collect import answers, bodies, frames, pixel, protocol, requests, sender, watch
from apps.collect.answers import Answer, Headers
from apps.collect.counters import CannotSay, Counters, Site
from apps.collect.gate import Entry, Environ, Gate, Refusal, number_of
from apps.collect.limits import Limits, bucket
from apps.collect.spool import Spool, Unwritable
from apps.core import clock
from apps.core.errors import Problem

log = logging.getLogger(__name__)
RETRY: Headers = [("Retry-After", "2")]


def _nothing(entry: Entry) -> Answer:
    raise Refusal(404, "no_counter", "Nothing is collected at this address.")


FORMS: dict[str, Callable[[Entry], Answer]] = {
    "collect": protocol.answer,
    "pixel": pixel.answer,
    "watch": watch.answer,
}


class Edge(Gate):
    """Answers collection requests; safe from any number of threads."""

    def __init__(self, *, spool: Spool, counters: Counters, limits: Limits, proxies: int = 0) -> None:
        super().__init__(spool, counters, limits, proxies)
        self._quiet_until = 0.0

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path.startswith("/collect/") and len(path) > 9:
            try:
                answer = self._answer(environ)
            except Exception as error:  # noqa: BLE001 (whatever it was, nothing was acknowledged)
                answer = self._failed(error, self._headers(environ))
        else:
            answer = self._form(environ)
        start_response(answer.status, answer.headers)
        return [answer.body]

    def _form(self, environ: Environ) -> Answer:
        entry = Entry(self, environ)
        try:
            return FORMS.get(environ["PATH_INFO"][1:].partition("/")[0], _nothing)(entry)
        except Exception as error:  # noqa: BLE001 (as above)
            return self._failed(error, entry.headers)

    def _failed(self, error: Exception, headers: Headers) -> Answer:
        if isinstance(error, Refusal):
            return answers.problem(error.status, error.code, error.detail, error.headers + headers)
        if isinstance(error, CannotSay):
            return _later("database_away", f"The counter cannot be looked up now: {error}.", headers)
        if isinstance(error, Unwritable):
            self._complain(error)
            return _later("spool_full", "Hits cannot be kept now; send the same again.", headers)
        log.error("Collection failed", exc_info=error)
        return _later("failed", "Something went wrong here; send the same again.", headers)

    def _headers(self, environ: Environ) -> Headers:
        """That a browser may read even why it failed."""
        site = self.counters.known(_number(environ["PATH_INFO"]) or 0)
        return site.cors.get(str(environ.get("HTTP_ORIGIN") or ""), []) if site else []

    def _answer(self, environ: Environ) -> Answer:
        number = _number(environ["PATH_INFO"])
        site = self.counters.find(number) if number else None
        if site is None:
            return answers.problem(404, "no_counter", "There is no counter of this number in use.", [])
        origin = str(environ.get("HTTP_ORIGIN") or "")
        headers = site.cors.get(origin) if origin else answers.NO_HEADERS
        if headers is None:
            return answers.problem(
                403, "origin_not_allowed", f"The counter takes nothing from {origin[:200]}.", []
            )
        method = environ["REQUEST_METHOD"]
        if method == "POST":
            return self._post(environ, site, headers)
        if method == "OPTIONS":
            return answers.preflight(headers)
        allowed: Headers = [("Allow", "POST, OPTIONS"), *headers]
        return answers.problem(405, "method_not_allowed", "Send hits by POST.", allowed)

    def _post(self, environ: Environ, site: Site, headers: Headers) -> Answer:
        arrived_at = clock.now()
        arrived_us = clock.to_us(arrived_at)
        address = self.address(environ)
        # Of visitors whose address nobody tells, one must not use up what the others may send.
        if address and (wait := self.limits.wait((site.number, bucket(address)), arrived_us)):
            retry: Headers = [("Retry-After", str(wait)), *headers]
            return answers.problem(429, "too_many_requests", f"Send again in {wait} s.", retry)
        found = bodies.take(requests.body(environ), arrived_at=arrived_at)
        if isinstance(found, Problem):
            return answers.problem(400, found.code, str(found.detail), headers)
        if found.count:
            who = sender.of_request(environ, address, found.shift_us, found.mended)
            self.spool.append(frames.pack(site.number, arrived_us, found.count, who, found.json))
        return _outcome(found, headers)

    def _complain(self, error: Unwritable) -> None:
        if time.monotonic() > self._quiet_until:
            self._quiet_until = time.monotonic() + 10
            log.error("Hits are refused: %s", error)


def _outcome(found: bodies.Taken, headers: Headers) -> Answer:
    if not found.rejected:
        return answers.taken(headers)
    if found.count:
        return answers.taken_in_part(found.count, found.rejected, headers)
    first = found.rejected[0]
    return answers.problem(400, first.code, first.detail, headers, rejected=found.rejected)


def _later(code: str, detail: str, headers: Headers) -> Answer:
    return answers.problem(503, code, detail, RETRY + headers)


@lru_cache(maxsize=4096)
def _number(path: str) -> int | None:
    """The counter in `/collect/<counter>` or `/collect/<counter>/`."""
    return number_of(path[9:].removesuffix("/"))


_lock = threading.Lock()
_edge: Edge | None = None


def _make() -> Edge:
    global _edge  # noqa: PLW0603 (one edge a process, made when first needed: after the server has forked)
    with _lock:
        if _edge is None:
            _edge = Edge(
                spool=Spool(
                    settings.COLLECT_SPOOL,
                    strict=settings.COLLECT_STRICT,
                    most=settings.COLLECT_SPOOL_MB << 20,
                ),
                counters=Counters(),
                limits=Limits(
                    settings.COLLECT_RATE, redis_url=settings.REDIS_URL, secret=settings.SECRET_KEY
                ),
                proxies=cast("int", settings.REST_FRAMEWORK["NUM_PROXIES"]),
            )
        return _edge


def _forget() -> None:
    """A forked child has neither the parent's threads nor its segment."""
    global _edge, _lock
    _edge, _lock = None, threading.Lock()


os.register_at_fork(after_in_child=_forget)


def application(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The WSGI callable of collection."""
    return (_edge or _make())(environ, start_response)
