"""The spool from the reader's side: segments, what is whole in them, and whether more can come."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from apps.collect.frames import BODY, HEAD, MAX_BODY, Record, head_length, next_frame, scan
from apps.collect.spool import SUFFIX

CHUNK = 2 << 20
HEARTBEAT = "drain.json"
_LOCK, _ID = "drain.lock", "spool.id"


@dataclass(slots=True)
class Hole:
    """Bytes in a finished segment that are no record although records follow: a crash of the machine."""

    start: int
    end: int
    data: bytes
    hits: int = 0


@dataclass(slots=True)
class Segment:
    """One segment being read; `at` is how far."""

    path: Path
    at: int = 0
    final: bool = False  # its writer is done or dead
    fd: int = field(init=False)

    def __post_init__(self) -> None:
        self.fd = os.open(self.path, os.O_RDONLY)

    @property
    def name(self) -> str:
        return self.path.name

    def read(self) -> list[Record | Hole]:
        """The next whole records, about CHUNK bytes of them; moves `at` behind them."""
        self.final = self.final or self._writer_gone()
        data = os.pread(self.fd, CHUNK, self.at)
        records: list[Record | Hole] = list(scan(data, self.at))
        if records:
            self.at = records[-1].end
        elif data and self.final:
            return self._skip()
        return records

    def _skip(self) -> list[Record | Hole]:
        """Step over what is no record; at the end of a segment it is a write that was never acknowledged."""
        rest = os.pread(self.fd, os.fstat(self.fd).st_size - self.at, self.at)
        length = next_frame(rest)
        hole = Hole(self.at, self.at + (len(rest) if length is None else length), rest[:length])
        self.at = hole.end
        return [] if length is None else [hole]

    def _writer_gone(self) -> bool:
        try:
            fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    @property
    def finished(self) -> bool:
        """Whether nothing is left to read, now or ever."""
        return self.final and self.at >= os.fstat(self.fd).st_size

    def remove(self) -> None:
        """Delete the file."""
        self.path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        os.close(self.fd)


def names(folder: Path) -> list[str]:
    """The segments that there are, oldest first."""
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries if entry.name.endswith(SUFFIX))
    return []


def spool_id(folder: Path) -> str:
    """The folder's own random id: positions in the database belong to it, not to a path or a host name."""
    path = folder / _ID
    if not path.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = folder / f"{_ID}.{os.getpid()}"
        draft.write_text(secrets.token_hex(16), encoding="ascii")
        with suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_text(encoding="ascii").strip()


def elect(folder: Path) -> int | None:
    """Become the folder's one drain: a file descriptor that holds the office while it is open."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    fd = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return None
    return fd


def heads(path: Path, offset: int) -> Iterator[tuple[int, int]]:
    """`(arrived_us, hits)` of each record from an offset on, without reading the hits themselves."""
    with suppress(FileNotFoundError), path.open("rb", buffering=0) as file:
        while True:
            head = os.pread(file.fileno(), HEAD.size + BODY.size, offset)
            length = head_length(head)
            if length is None or len(head) < HEAD.size + BODY.size:
                return
            _counter, arrived_us, hits, _sender = BODY.unpack_from(head, HEAD.size)
            yield arrived_us, hits
            offset += length


assert HEAD.size + MAX_BODY < CHUNK, "a chunk holds at least one frame"
