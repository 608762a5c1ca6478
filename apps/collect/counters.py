"""The counters in the edge's memory: who may send, known without asking the database for each request."""

import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field

from django.db import Error, connection

from apps.counters import directory, origins
from apps.counters.models import Counter

log = logging.getLogger(__name__)
REFRESH = 8.0  # seconds: how soon a changed origin or an archived counter counts
FORGET = 3.0  # seconds that "there is no such counter" is believed
ASKS = 20  # questions for unknown counters a second; guessing numbers must not cost a database
PATIENCE = 3.0  # seconds that a request waits for an answer
MOST = 100_000

Headers = list[tuple[str, str]]


class CannotSay(Exception):
    """The database does not answer (or is asked too much), so the counter may exist or not."""


@dataclass(frozen=True, slots=True)
class Site:
    """A counter in use; `cors` has the answer's headers for each origin that may send from a browser."""

    number: int
    cors: dict[str, Headers] = field(default_factory=dict)


def load(number: int | None) -> dict[int, Site]:
    """The counter of that number if it is in use, or all of them, newest first."""
    rows = Counter.objects.filter(archived_at=None).order_by("-id")
    if number is not None:
        rows = rows.filter(pk=number)
    found = rows.values_list("id", "site", "allowed_origins")[:MOST]
    return {id_: Site(id_, cors_headers({site, *others})) for id_, site, others in found}


def last_known(number: int) -> Site | None:
    """The counter, if it was in use when the database was last there: for a process that starts while it is away."""
    facts = directory.known().get(number)
    if facts is None or facts.archived:
        return None
    return Site(number, cors_headers({facts.site, *facts.allowed_origins}))


def cors_headers(allowed: set[str]) -> dict[str, Headers]:
    normal = {origins.normal(one) or one for one in allowed}
    return {
        origin: [
            ("Access-Control-Allow-Origin", origin),
            ("Access-Control-Allow-Credentials", "true"),  # sendBeacon always asks with them; none are read
            ("Vary", "Origin"),
        ]
        for origin in normal
    }


class Counters:
    """One thread with a connection of its own loads; requests only look up, or wait for it a moment."""

    def __init__(self, load: Callable[[int | None], dict[int, Site]] = load) -> None:
        self._load = load
        self._known: dict[int, Site] = {}
        self._missing: dict[int, float] = {}
        self._questions: queue.SimpleQueue[tuple[int, Future[Site | None]] | None] = queue.SimpleQueue()
        self._asked = (0, 0)  # second, questions in it
        self._thread = threading.Thread(target=self._work, name="counters", daemon=True)
        self._thread.start()

    def find(self, number: int) -> Site | None:
        """The counter, None if there is none in use, or `CannotSay`."""
        site = self._known.get(number)
        if site is not None:
            return site
        if self._missing.get(number, 0.0) > time.monotonic():
            return None
        answer: Future[Site | None] = Future()
        self._count_question()
        self._questions.put((number, answer))
        try:
            return answer.result(timeout=PATIENCE)
        except (Error, TimeoutError) as error:
            site = last_known(number)
            if site is None:
                raise CannotSay("the database does not answer") from error  # its own words name its address
        self._known[number] = site
        return site

    def known(self, number: int) -> Site | None:
        """The counter if it is in memory; nobody is asked."""
        return self._known.get(number)

    def _count_question(self) -> None:
        second = int(time.monotonic())
        asked = self._asked[1] if self._asked[0] == second else 0
        if asked >= ASKS:
            raise CannotSay("too many unknown counters were asked for")
        self._asked = (second, asked + 1)

    def _work(self) -> None:
        due = 0.0
        while True:
            if time.monotonic() >= due:
                self._refresh()
                due = time.monotonic() + REFRESH
            try:
                question = self._questions.get(timeout=max(0.0, due - time.monotonic()))
            except queue.Empty:
                continue
            if question is None:
                return
            self._answer(*question)

    def _refresh(self) -> None:
        try:
            self._known = self._ask(None)
        except Error as error:
            log.warning("Counters stay as they were known: %s", error)
        now = time.monotonic()
        self._missing = {number: until for number, until in self._missing.items() if until > now}

    def _answer(self, number: int, answer: Future[Site | None]) -> None:
        site = self._known.get(number)
        if site is None and self._missing.get(number, 0.0) <= time.monotonic():
            try:
                site = self._ask(number).get(number)
            except Exception as error:  # noqa: BLE001 (whoever waits shall know)
                answer.set_exception(error)
                return
            if site is None:
                self._missing[number] = time.monotonic() + FORGET
            else:
                self._known[number] = site
        answer.set_result(site)

    def _ask(self, number: int | None) -> dict[int, Site]:
        try:
            return self._load(number)
        finally:
            with suppress(Error):
                connection.close()  # asked rarely: a kept connection would only grow stale

    def close(self) -> None:
        """End the thread."""
        self._questions.put(None)
        self._thread.join()
