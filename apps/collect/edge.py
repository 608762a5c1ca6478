"""`POST /collect/<counter>`: check, append to the spool, answer. A raw WSGI callable in front of Django."""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, cast

from django.conf import settings

from apps.accounts.origin import client_address
from apps.collect import answers, bodies, frames
from apps.collect.answers import Answer, Headers
from apps.collect.counters import CannotSay, Counters, Site
from apps.collect.limits import Limits, bucket
from apps.collect.spool import Spool, Unwritable
from apps.core import clock
from apps.core.errors import Problem

log = logging.getLogger(__name__)
MAX_BODY = 64 * 1024
MAX_AGENT = 1000
RETRY: Headers = [("Retry-After", "2")]

Environ = dict[str, Any]


class Edge:
    """Answers collection requests; safe from any number of threads."""

    def __init__(self, *, spool: Spool, counters: Counters, limits: Limits, proxies: int = 0) -> None:
        self.spool, self.counters, self.limits, self.proxies = spool, counters, limits, proxies
        self._quiet_until = 0.0

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            answer = self._answer(environ)
        except CannotSay as error:
            answer = _later("database_away", f"The counter cannot be looked up now: {error}.", [])
        except Exception:  # whatever it was, nothing was acknowledged
            log.exception("Collection failed")
            answer = _later("failed", "Something went wrong here; send the same again.", [])
        start_response(answer.status, answer.headers)
        return [answer.body]

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
        address = self._address(environ)
        if wait := self.limits.wait((site.number, bucket(address)), arrived_us):
            retry: Headers = [("Retry-After", str(wait)), *headers]
            return answers.problem(429, "too_many_requests", f"Send again in {wait} s.", retry)
        body = _body(environ)
        if body is None:
            return answers.problem(413, "too_large", f"At most {MAX_BODY} bytes are taken.", headers)
        found = bodies.take(body, arrived_at=arrived_at)
        if isinstance(found, Problem):
            return answers.problem(400, found.code, str(found.detail), headers)
        if found.count:
            sender = _sender(address, environ) if headers else b""
            try:
                self.spool.append(frames.pack(site.number, arrived_us, found.count, sender, found.json))
            except Unwritable as error:
                self._complain(error)
                return _later("spool_full", "Hits cannot be kept now; send the same again.", headers)
        return _outcome(found, headers)

    def _complain(self, error: Unwritable) -> None:
        if time.monotonic() > self._quiet_until:
            self._quiet_until = time.monotonic() + 10
            log.error("Hits are refused: %s", error)

    def _address(self, environ: Environ) -> str:
        if self.proxies:
            return client_address(environ, self.proxies) or ""
        return str(environ.get("REMOTE_ADDR") or "")


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
    text = path[9:].removesuffix("/")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def _body(environ: Environ) -> bytes | None:
    """The whole body, or None if it is too long; one without a length is read only as far."""
    told = environ.get("CONTENT_LENGTH")
    if told:
        length = int(told) if told.isdigit() else MAX_BODY + 1
        if length > MAX_BODY:
            return None
    else:
        length = MAX_BODY + 1 if environ.get("wsgi.input_terminated") else 0
    read = environ["wsgi.input"].read
    body: bytes = read(length)
    while len(body) < length and (more := read(length - len(body))):
        body += more
    return body if len(body) <= MAX_BODY else None


def _sender(address: str, environ: Environ) -> bytes:
    """A browser's address and user agent, for hits that do not say them themselves."""
    agent = environ.get("HTTP_USER_AGENT", "")[:MAX_AGENT]
    return f"{address}\n{agent}".encode(errors="replace")


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
    """The WSGI callable of `/collect/`."""
    return (_edge or _make())(environ, start_response)
