"""The one process of a host that takes the spool into the database."""

import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec
from django.db import connection

from apps.collect import segments, services
from apps.collect.segments import Hole, Segment
from apps.collect.selectors import DrainState, positions, unstored
from apps.collect.services import TROUBLE, Item
from apps.core import clock

log = logging.getLogger(__name__)
FULL = 10_000  # hits a batch: larger ones gain nothing more
PACE = 0.2  # seconds between batches that are not full
BEAT = 2.0
LONGEST_PAUSE = 5.0
Result = TypeVar("Result")


class Feed:
    """The segments of a folder, read on from where they are stored."""

    def __init__(self, folder: Path, stored: dict[str, int]) -> None:
        self.folder, self._stored = folder, stored
        self._open: dict[str, Segment] = {}
        self._left: list[Item] = []

    def gather(self) -> list[Item]:
        """What has come, up to about FULL hits of it."""
        self._look()
        items, self._left = self._left, []
        hits = _count(items)
        for name, segment in self._open.items():
            while hits < FULL and (found := segment.read()):
                items += [Item(name, one) for one in found]
                hits += _count(items[-len(found) :])
        return self._cut(items)

    def _cut(self, items: list[Item]) -> list[Item]:
        hits = 0
        for index, item in enumerate(items):
            hits += _count([item])
            if hits >= FULL:
                self._left = items[index + 1 :]
                return items[: index + 1]
        return items

    def _look(self) -> None:
        for name in segments.names(self.folder):
            if name not in self._open:
                with suppress(FileNotFoundError):
                    self._open[name] = Segment(self.folder / name, self._stored.get(name, 0))

    def tidy(self) -> list[str]:
        """Delete what is read to its end and will not grow. Everything gathered must be stored."""
        held = {item.segment for item in self._left}
        done = [name for name, one in self._open.items() if name not in held and one.finished]
        for name in done:
            self._open.pop(name).remove()
        return done

    def close(self) -> None:
        """Let go of the files."""
        for segment in self._open.values():
            segment.close()
        self._open.clear()


def _count(items: list[Item]) -> int:
    return sum(1 if isinstance(item.found, Hole) else item.found.hits for item in items)


class Drain:
    """Gathers, stores, tidies up; `stop` ends it after the batch at hand."""

    def __init__(self, folder: Path, *, stop: threading.Event | None = None) -> None:
        self.folder = folder
        self.stop = stop or threading.Event()
        self._state = DrainState(os.getpid(), clock.now(), clock.now())
        self._beaten = 0.0

    def run(self, *, once: bool = False) -> DrainState:
        """Drain until `stop`, or `once`: until nothing is left. Waits while another process is the drain."""
        office = self._wait_for_office(once=once)
        if office is None:
            return self._state
        try:
            self._run(segments.spool_id(self.folder), once=once)
        finally:
            self._beat(force=True)
            connection.close()
            os.close(office)
        return self._state

    def _wait_for_office(self, *, once: bool) -> int | None:
        while (office := segments.elect(self.folder)) is None:
            if self.stop.wait(0.2) or (once and not unstored(self.folder)):
                return None
        return office

    def _run(self, spool: str, *, once: bool) -> None:
        stored = self._patiently(lambda: positions(spool=spool))
        if stored is None:
            return
        feed = Feed(self.folder, stored)
        try:
            while not self.stop.is_set():
                began = time.monotonic()
                items = feed.gather()
                if not self._store(spool, items, feed) or (once and not items):
                    return
                if _count(items) < FULL and not once:
                    self.stop.wait(max(0.0, began + PACE - time.monotonic()))
        finally:
            feed.close()

    def _store(self, spool: str, items: list[Item], feed: Feed) -> bool:
        """Whether it is done; if not, the end was asked for while the database was away."""
        if items:
            done = self._patiently(lambda: services.store(spool=spool, items=items))
            if done is None:
                return False
            hits, letters = done
            self._add(hits.stored, hits.duplicates, letters)
        gone = feed.tidy()
        if gone and self._patiently(lambda: services.forget(spool=spool, segments=gone)) is None:
            return False
        self._beat()
        return True

    def _patiently(self, work: Callable[[], Result]) -> Result | None:
        """Do it, again and again while the database is in trouble; None if the end is asked for meanwhile."""
        pause = 0.1
        while True:
            try:
                result = work()
            except TROUBLE as error:
                self._grumble(str(error).strip() or type(error).__name__)
                connection.close()
                if self.stop.wait(pause):
                    return None
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                self._grumble("")
                return result

    def _grumble(self, trouble: str) -> None:
        if trouble != self._state.trouble:
            log.log(
                logging.WARNING if trouble else logging.INFO, "Storing hits: %s", trouble or "works again"
            )
            self._state = msgspec.structs.replace(self._state, trouble=trouble[:500])
            self._beat(force=True)

    def _add(self, stored: int, duplicates: int, letters: int) -> None:
        state = self._state
        self._state = msgspec.structs.replace(
            state,
            stored=state.stored + stored,
            duplicates=state.duplicates + duplicates,
            letters=state.letters + letters,
        )
        if letters:
            log.error("%d records could not be stored and are kept as dead letters", letters)

    def _beat(self, *, force: bool = False) -> None:
        """Leave a sign of life beside the spool: it must work without the database."""
        if not force and time.monotonic() < self._beaten + BEAT:
            return
        self._beaten = time.monotonic()
        self._state = msgspec.structs.replace(self._state, at=clock.now())
        draft = self.folder / f"{segments.HEARTBEAT}.new"
        with suppress(OSError):  # a full disk must not keep hits from being stored and so freed
            draft.write_bytes(msgspec.json.encode(self._state))
            draft.replace(self.folder / segments.HEARTBEAT)
