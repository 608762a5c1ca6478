"""How long to wait for PostgreSQL.

Without anything said, for ever: a worker or the drain goes on where it was when the server is back. A web process
(`watch_the_server`) waits as long as a question takes while the server answers others, and gives up when it does not.
`within` is a limit for one block, whatever the server does.
"""

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

import psycopg

Result = TypeVar("Result")
Waiting = Generator[Any, Any, Result]

SILENCE = 0.5  # seconds without a byte after which the server is asked whether it lives
PROBE = 1.2  # seconds it has to answer that
CONNECTING = 3.0  # seconds without a byte that a new connection may take otherwise
AGAIN = 5.0  # seconds until it is asked again while the same question runs
BELIEVED = 3.0  # seconds that it is taken for frozen: a queue of requests must not find it out one by one
TICK = 0.1  # seconds a question may take meanwhile

_deadline: ContextVar[float | None] = ContextVar("database_deadline", default=None)
_watching = False
_frozen_until = 0.0


class Silent(psycopg.OperationalError):
    """PostgreSQL did not answer in the time that there was. Says nothing about where it is."""

    def __init__(self) -> None:
        super().__init__("PostgreSQL does not answer.")


def watch_the_server(*, on: bool = True) -> None:
    """From now on every thread of this process gives up when the server is frozen."""
    global _watching, _frozen_until
    _watching, _frozen_until = on, 0.0


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """In this block all waiting for the database together takes no longer, or raises `Silent`."""
    mine, outer = time.monotonic() + seconds, _deadline.get()
    token = _deadline.set(mine if outer is None else min(mine, outer))
    try:
        yield
    finally:
        _deadline.reset(token)


def limited() -> bool:
    """Whether this thread waits for a while only."""
    return _watching or _deadline.get() is not None


def limit(waiting: Waiting[Result], probe: Callable[[], None] | None = None) -> Waiting[Result]:
    """The same wait, given up in time. `probe` connects anew, or raises; without it this is a new connection itself."""
    global _frozen_until  # noqa: PLW0603 (one server a process, one memory of its silence)
    began = time.monotonic()
    due = began + (SILENCE if probe else CONNECTING)
    try:
        wanted = next(waiting)
        while True:
            ready = yield wanted
            if not ready:
                now = time.monotonic()
                _check(now, began)
                if _watching and now > due:
                    _ask(probe)
                    due = time.monotonic() + AGAIN
            wanted = waiting.send(ready)
    except StopIteration as done:
        _frozen_until = 0.0
        result: Result = done.value
        return result


def _check(now: float, began: float) -> None:
    deadline = _deadline.get()
    if deadline is not None and now > deadline:
        raise Silent
    if _watching and began + TICK < now < _frozen_until:
        raise Silent


def _no_answer() -> None:
    raise Silent


def _ask(probe: Callable[[], None] | None) -> None:
    """Whether the server answers others: if not, the whole process believes it for a while."""
    global _frozen_until  # noqa: PLW0603
    deadline = _deadline.get()
    if deadline is not None and deadline < time.monotonic() + PROBE:
        return  # there is no time to ask: the deadline comes first
    try:
        with within(PROBE):
            (probe or _no_answer)()
    except Silent:
        _frozen_until = time.monotonic() + BELIEVED
        raise
    except psycopg.Error:
        pass  # it answered, if only that it is full
