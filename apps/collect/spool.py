"""Where acknowledged hits lie until they are stored: each web worker appends to a segment of its own.

A segment is open for writing as long as its writer holds a lock on it, which the kernel frees if the writer
dies; so the drain knows from the lock alone whether more can come (`segments.py`).
"""

import fcntl
import logging
import os
import secrets
import threading
import time
from contextlib import suppress
from pathlib import Path

from apps.core import clock

log = logging.getLogger(__name__)
SUFFIX = ".seg"
SEGMENT_BYTES = 64 << 20
SEGMENT_AGE = 60.0  # seconds
SYNC_EVERY = 1.0  # seconds: what a crash of the machine (not of a process) may cost unless `strict`


class Unwritable(Exception):
    """The record is not safe and must not be acknowledged."""


class _Sync:
    """One fdatasync that any number of requests may wait for."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.error: OSError | None = None


class Spool:
    """Appends frames; safe from any number of threads of one process.

    With `strict` an append returns only after the frame is on the disk. `most` bounds the whole folder, bytes.
    """

    def __init__(
        self, folder: Path, *, strict: bool = False, most: int = 10 << 30, segment_bytes: int = SEGMENT_BYTES
    ) -> None:
        self.folder, self.strict, self.most, self.segment_bytes = folder, strict, most, segment_bytes
        self._lock = threading.Lock()
        self._fd = -1
        self._size = 0
        self._opened = 0.0
        self._retired: list[int] = []
        self._next = _Sync()
        self._unsynced = threading.Event()
        self._syncing = threading.Lock()
        self._stop = threading.Event()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._over = False
        self._measure()
        threading.Thread(target=self._keep, name="spool", daemon=True).start()

    def append(self, frame: bytes) -> None:
        """Have the frame in the segment, or raise `Unwritable` and leave nothing of it there."""
        if self._over:
            raise Unwritable(f"{self.folder} holds more than {self.most} bytes that wait to be stored")
        with self._lock:
            self._write(frame)
            sync = self._next
        if not self._unsynced.is_set():
            self._unsynced.set()
        if self.strict:
            sync.done.wait()
            if sync.error:
                raise Unwritable(f"fdatasync: {sync.error}")

    def _write(self, frame: bytes) -> None:
        try:
            fd = self._fd if self._fd >= 0 else self._open()
            written = os.write(fd, frame)
        except OSError as error:
            raise Unwritable(str(error)) from error
        if written < len(frame):
            self._take_back()
            raise Unwritable(f"only {written} of {len(frame)} bytes could be written")
        self._size += written
        if self._size >= self.segment_bytes:
            self._retire()

    def _open(self) -> int:
        """Begin a segment: locked before it has its name, lest the drain takes it for a dead writer's."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{clock.to_us(clock.now()):016x}-{os.getpid()}-{secrets.token_hex(4)}"
        draft = self.folder / f"{name}.new"
        fd = os.open(draft, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            draft.rename(self.folder / f"{name}{SUFFIX}")
            _sync_folder(self.folder)
        except OSError:
            os.close(fd)
            raise
        self._fd, self._size, self._opened = fd, 0, time.monotonic()
        return fd

    def _take_back(self) -> None:
        try:
            os.ftruncate(self._fd, self._size)
        except OSError:
            self._retire()  # the torn end stays the end: nothing is written behind it

    def _retire(self) -> None:
        """Write no more to this segment; the keeper syncs and closes it."""
        self._retired.append(self._fd)
        self._fd = -1

    def _keep(self) -> None:
        while not self._stop.is_set():
            (self._unsynced if self.strict else self._stop).wait(SYNC_EVERY)
            if self._unsynced.is_set():
                self._unsynced.clear()
                self.sync()
            self._retire_old()
            self._measure()

    def sync(self) -> None:
        """Have everything appended so far on the disk."""
        with self._syncing:
            with self._lock:
                retired, self._retired = self._retired, []
                fd, sync, self._next = self._fd, self._next, _Sync()
            try:
                for one in (*retired, fd):
                    if one >= 0:
                        os.fdatasync(one)
            except OSError as error:
                log.critical("The spool cannot be synced: %s", error)
                sync.error = error
            for one in retired:
                os.close(one)
            sync.done.set()

    def _retire_old(self) -> None:
        with self._lock:
            if self._fd >= 0 and self._size and time.monotonic() - self._opened > SEGMENT_AGE:
                self._retire()
                self._unsynced.set()

    def _measure(self) -> None:
        over = folder_bytes(self.folder) > self.most
        if over and not self._over:
            log.error("The spool %s is over its bound of %d bytes: hits are refused", self.folder, self.most)
        self._over = over

    def close(self) -> None:
        """End the segment, on the disk."""
        self._stop.set()
        self._unsynced.set()
        with self._lock:
            if self._fd >= 0:
                self._retire()
        self.sync()


def folder_bytes(folder: Path) -> int:
    """The size of all segments."""
    total = 0
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith(SUFFIX):
                    with suppress(FileNotFoundError):  # the drain was quicker
                        total += entry.stat().st_size
    except OSError:
        return 0  # an append will tell
    return total


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
