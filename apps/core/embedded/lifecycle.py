"""Start, stop and look at a home's two servers, safe against any number of callers."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from apps.core.embedded import postgres, valkey
from apps.core.embedded.errors import EmbeddedError, explain_os
from apps.core.embedded.layout import Endpoints, Layout, endpoints
from apps.core.embedded.privileges import runner

LOCK_PATIENCE = 300.0  # seconds
_holds: dict[Path, int] = {}  # open descriptors


@dataclass(frozen=True)
class Status:
    """Whether each server answers."""

    postgres: bool
    valkey: bool

    @property
    def running(self) -> bool:
        """Whether both do."""
        return self.postgres and self.valkey


def start(home: Path, *, fsync: bool = True) -> Endpoints:
    """Have both servers running and the database there; costs a millisecond when they do already.

    Without `fsync` a crash of the machine may cost the data: for tests.
    """
    urls = endpoints(home)
    layout = Layout.of(home)
    with _worded(layout):
        layout.check_base()
        if _status(layout).running:
            return urls
        with _locked(layout):
            now = _status(layout)
            if not now.running:
                _start(layout, now, fsync=fsync)
    return urls


def stop(home: Path) -> bool:
    """End both servers cleanly; whether any was running."""
    layout = Layout.of(home)
    if not layout.home.exists():
        return False
    with _worded(layout), _locked(layout):
        ended = [valkey.stop(layout), postgres.stop(layout)]
    return any(ended)


def status(home: Path) -> Status:
    """Whether the servers answer; starts and makes nothing."""
    return _status(Layout.of(home))


def _status(layout: Layout) -> Status:
    return Status(postgres=postgres.ready(layout), valkey=valkey.ready(layout))


def _start(layout: Layout, now: Status, *, fsync: bool) -> None:
    user = runner(layout)
    layout.logs.mkdir(mode=0o700, exist_ok=True)
    for folder in {layout.home, layout.base}:
        user.enter(folder)
        if not user.can("-x", folder):
            raise EmbeddedError(
                f"The servers' user (uid {user.uid}) cannot reach {folder}. Set GOALLINE_VAR to a folder that "
                "others may enter (chmod 711 on those above it), or work as an ordinary user."
            )
    user.folder(layout.run)
    if not now.valkey:
        valkey.start(layout, user, fsync=fsync)
    try:
        if not now.postgres:
            postgres.start(layout, user, fsync=fsync)
    except EmbeddedError:
        if not now.valkey:
            valkey.stop(layout)  # a refused start leaves nothing behind
        raise


def hold(home: Path) -> None:
    """Count this process among those that use the servers, until it ends: `stop_unused` leaves them to it.

    Call it before `start`: while somebody stops them, it waits.
    """
    endpoints(home)  # makes the folder
    layout = Layout.of(home)
    if layout.home not in _holds:
        with _worded(layout):
            descriptor = _open(layout, layout.users)
            _wait_for(descriptor, fcntl.LOCK_SH, layout.users)
        _holds[layout.home] = descriptor


def stop_unused(home: Path) -> bool:
    """End both servers, whoever started them, unless another process uses them; whether they are ended."""
    layout = Layout.of(home)
    with _worded(layout):
        descriptor = _holds.pop(layout.home, None) or _open(layout, layout.users)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            stop(home)
        except BlockingIOError:
            return False
        finally:
            os.close(descriptor)
    return True


@contextmanager
def _locked(layout: Layout) -> Iterator[None]:
    """Be the only process that starts or stops this home's servers; the kernel frees it if we die."""
    descriptor = _open(layout, layout.lock)
    try:
        _wait_for(descriptor, fcntl.LOCK_EX, layout.lock)
        yield
    finally:
        os.close(descriptor)


def _open(layout: Layout, path: Path) -> int:
    new = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    if new:
        layout.give(path)
    return descriptor


def _wait_for(descriptor: int, kind: int, path: Path) -> None:
    end = time.monotonic() + LOCK_PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                raise EmbeddedError(
                    f"Another process has held {path} for {LOCK_PATIENCE:.0f} s while starting or stopping the "
                    f"servers. Find it: fuser {path}"
                ) from None
            time.sleep(0.02)
        else:
            return


@contextmanager
def _worded(layout: Layout) -> Iterator[None]:
    """Turn a failed file operation into words."""
    try:
        yield
    except EmbeddedError:
        raise
    except OSError as error:
        who = os.geteuid()
        raise explain_os(f"The servers of {layout.home} cannot be handled as user {who}:", error) from error
