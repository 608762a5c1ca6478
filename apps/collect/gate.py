"""What every way of sending hits passes: is there such a counter, may this origin send, is it too much, is it kept."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from apps.accounts.origin import client_address
from apps.collect import frames, sender
from apps.collect.answers import NO_HEADERS, Headers
from apps.collect.counters import Counters, Site
from apps.collect.limits import Limits, bucket
from apps.collect.spool import Spool
from apps.core import clock
from apps.intake import clocks, lenient
from apps.intake.records import HitIn

Environ = dict[str, Any]
_encode = msgspec.json.Encoder().encode


class Refusal(Exception):
    """A request that is not taken: the HTTP status, a machine's code, a person's words."""

    def __init__(self, status: int, code: str, detail: str, headers: Headers = NO_HEADERS) -> None:
        super().__init__(code)
        self.status, self.code, self.detail, self.headers = status, code, detail, headers


@dataclass(slots=True)
class Gate:
    """One for each process; safe from any number of threads."""

    spool: Spool
    counters: Counters
    limits: Limits
    proxies: int = 0

    def address(self, environ: Environ) -> str:
        """Whose request this is."""
        if self.proxies:
            return client_address(environ, self.proxies) or ""
        return str(environ.get("REMOTE_ADDR") or "")


@dataclass(slots=True)
class Entry:
    """One request on its way through the gate; for all forms but the own JSON, which cannot afford an object."""

    gate: Gate
    environ: Environ
    arrived_at: datetime = field(default_factory=clock.now)
    headers: Headers = field(default_factory=list)  # that every answer to this request has
    unread: str = ""  # letters of optional details that could not be read (`intake.lenient`)

    def site(self, number: int | None) -> Site:
        """The counter, when this origin may send to it."""
        site = self.gate.counters.find(number) if number else None
        if site is None:
            raise Refusal(404, "no_counter", "There is no counter of this number in use.")
        if origin := str(self.environ.get("HTTP_ORIGIN") or ""):
            cors = site.cors.get(origin)
            if cors is None:
                raise Refusal(403, "origin_not_allowed", f"The counter takes nothing from {origin[:200]}.")
            self.headers = cors
        return site

    def admit(self, site: Site) -> None:
        """Count the request."""
        address = self.gate.address(self.environ)
        key = site.number, bucket(address)
        if address and (wait := self.gate.limits.wait(key, clock.to_us(self.arrived_at))):
            retry = [("Retry-After", str(wait))]
            raise Refusal(429, "too_many_requests", f"Send again in {wait} s.", retry)

    def keep(self, site: Site, hit: HitIn, shift_us: int | None = None) -> None:
        """Have the hit in the spool, its optional details mended, or say why not."""
        if clocks.time_problem(hit.time, arrived_at=self.arrived_at, shift_us=shift_us):
            self.unreadable("time")
            hit.time, shift_us = self.arrived_at, None
        mended = "".join(dict.fromkeys(self.unread + lenient.mend(hit)))  # each kind counts a hit once
        if problem := clocks.check_hit(hit, arrived_at=self.arrived_at, shift_us=shift_us):
            raise Refusal(400, problem.code, str(problem.detail))
        who = sender.of_request(self.environ, self.gate.address(self.environ), shift_us, mended)
        arrived_us = clock.to_us(self.arrived_at)
        self.gate.spool.append(frames.pack(site.number, arrived_us, 1, who, _encode(hit)))

    def unreadable(self, *details: str) -> None:
        """Note that these details are left out, for whoever looks at the health page."""
        self.unread += lenient.letters_of(*details)

    @property
    def referer(self) -> str | None:
        """The page that made the browser ask."""
        told = str(self.environ.get("HTTP_REFERER") or "")
        return told.encode("latin-1", "replace").decode("utf-8", "replace") or None


def number_of(text: str) -> int | None:
    """A counter's number as it stands in a path or a parameter."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
