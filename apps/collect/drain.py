"""The one process of a host that takes the spool into the database."""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import msgspec
from django.db import connection

from apps.collect import segments, services
from apps.collect.segments import Segment
from apps.collect.selectors import DrainState, positions, unstored
from apps.collect.services import TROUBLE, Portion, Stored
from apps.core import clock
from apps.core.memory import without_collecting
from apps.counters import directory

log = logging.getLogger(__name__)
FULL = 10_000  # hits a batch: larger ones gain nothing more
PACE = 0.2  # seconds between batches that are not full
BEAT = 2.0
LONGEST_PAUSE = 1.0  # seconds between looks whether the database is back
LANES = 2
SWITCH = (
    0.001  # seconds a lane may hold Python up; five times that costs a lane that waits for answers a third
)
Result = TypeVar("Result")


class Deal:
    """Which lane reads which segment: a new one goes to the lane that has fewest."""

    def __init__(self, folder: Path, lanes: int, stored: dict[str, int]) -> None:
        self.folder, self.stored = folder, stored
        self._hands: list[list[str]] = [[] for _ in range(lanes)]
        self._lock = threading.Lock()

    def hand(self, lane: int) -> list[str]:
        """The segments of this lane, oldest first."""
        with self._lock:
            there = segments.names(self.folder)
            self._hands = [[name for name in hand if name in there] for hand in self._hands]
            dealt = {name for hand in self._hands for name in hand}
            for name in there:
                if name not in dealt:
                    min(self._hands, key=len).append(name)
            return self._hands[lane]


class Feed:
    """A lane's segments, read on from where they are stored."""

    def __init__(self, deal: Deal, lane: int = 0) -> None:
        self._deal, self._lane = deal, lane
        self._open: dict[str, Segment] = {}

    def gather(self) -> list[Portion]:
        """What has come: about FULL hits of it if there are more."""
        self._look()
        portions: list[Portion] = []
        hits = 0
        for name, segment in self._open.items():
            while hits < FULL and (found := segment.read()):
                portions.append(Portion(name, found))
                hits += count(portions[-1:])
        return portions

    def _look(self) -> None:
        for name in self._deal.hand(self._lane):
            if name not in self._open:
                with suppress(FileNotFoundError):
                    self._open[name] = Segment(self._deal.folder / name, self._deal.stored.get(name, 0))

    def tidy(self) -> list[str]:
        """Delete what is read to its end and will not grow. Everything gathered must be stored."""
        done = [name for name, one in self._open.items() if one.finished]
        for name in done:
            self._open.pop(name).remove()
        return done

    def close(self) -> None:
        """Let go of the files."""
        for segment in self._open.values():
            segment.close()
        self._open.clear()


@contextmanager
def _directory() -> Iterator[None]:
    """Beside the lanes, the counters' directory is kept up to date."""
    over = threading.Event()
    thread = threading.Thread(target=directory.keep, args=[over.wait], name="directory", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=5)  # a database that is frozen must not keep the drain from ending


def count(portions: list[Portion]) -> int:
    """How many hits they hold."""
    return sum(one.hits for part in portions for one in part.found)


class Drain:
    """Gathers, stores, tidies up; `stop` ends it after the batches at hand.

    Each lane has its own segments, so its own positions, and its own connection: while PostgreSQL works for one,
    Python works for the other.
    """

    def __init__(self, folder: Path, *, lanes: int = LANES, stop: threading.Event | None = None) -> None:
        self.folder, self.lanes = folder, lanes
        self.stop = stop or threading.Event()
        self._state = DrainState(os.getpid(), clock.now(), clock.now())
        self._state_lock = threading.RLock()
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
            os.close(office)
        return self._state

    def _wait_for_office(self, *, once: bool) -> int | None:
        while (office := segments.elect(self.folder)) is None:
            if self.stop.wait(0.2) or (once and not unstored(folder=self.folder)):
                return None
        return office

    def _run(self, spool: str, *, once: bool) -> None:
        stored = self._patiently(lambda: positions(spool=spool))
        if stored is None:
            return
        deal = Deal(self.folder, self.lanes, stored)
        if self.lanes == 1:
            self._run_lane(spool, Feed(deal), once=once)
            return
        sys.setswitchinterval(SWITCH)
        with _directory(), ThreadPoolExecutor(self.lanes, thread_name_prefix="lane") as pool:
            lanes = [pool.submit(self._own, spool, Feed(deal, lane), once=once) for lane in range(self.lanes)]
        for lane in lanes:
            lane.result()

    def _own(self, spool: str, feed: Feed, *, once: bool) -> None:
        """A lane in a thread of its own; if it breaks, all end, and whoever started the drain starts it again."""
        try:
            self._run_lane(spool, feed, once=once)
        except BaseException:
            self.stop.set()
            raise
        finally:
            connection.close()

    def _run_lane(self, spool: str, feed: Feed, *, once: bool) -> None:
        try:
            while not self.stop.is_set():
                began = time.monotonic()
                with without_collecting():
                    portions = feed.gather()
                    if not self._store(spool, portions, feed) or (once and not portions):
                        return
                if not once and count(portions) < FULL:
                    self.stop.wait(max(0.0, began + PACE - time.monotonic()))
        finally:
            feed.close()

    def _store(self, spool: str, portions: list[Portion], feed: Feed) -> bool:
        """Whether it is done; if not, the end was asked for while the database was in trouble."""
        if portions:
            done = self._patiently(lambda: services.store(spool=spool, portions=portions))
            if done is None:
                return False
            self._add(done)
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

    def _add(self, done: Stored) -> None:
        with self._state_lock:
            state = self._state
            self._state = msgspec.structs.replace(
                state,
                stored=state.stored + done.hits,
                duplicates=state.duplicates + done.duplicates,
                letters=state.letters + done.letters,
            )
        if done.letters:
            log.error("%d records could not be stored and are kept as dead letters", done.letters)

    def _beat(self, *, force: bool = False) -> None:
        """Leave a sign of life beside the spool: it must work without the database."""
        with self._state_lock:
            if not force and time.monotonic() < self._beaten + BEAT:
                return
            self._beaten = time.monotonic()
            self._state = msgspec.structs.replace(self._state, at=clock.now())
            draft = self.folder / f"{segments.HEARTBEAT}.new"
            with suppress(OSError):  # a full disk must not keep hits from being stored and so freed
                draft.write_bytes(msgspec.json.encode(self._state))
                draft.replace(self.folder / segments.HEARTBEAT)
