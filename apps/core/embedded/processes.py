"""Server processes: started detached, recognised beyond their number, waited for."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from apps.core.embedded.errors import EmbeddedError

LOG_LIMIT = 10 * 1024 * 1024

# The shell ends at once and the server is adopted by init: the caller never has it as a child, and so never
# keeps it as a zombie. The log takes the place of the pipe, which would otherwise stay open for ever.
DETACH = '"$@" </dev/null >&2 & echo $!'


def spawn(argv: Sequence[str], log: Path) -> int:
    """Start a server in a session of its own, its output appended to `log`; returns its process id."""
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.replace(log.with_suffix(".log.1"))
    with log.open("ab") as output:
        done = subprocess.run(
            ["/bin/sh", "-c", DETACH, "sh", *argv],
            stdout=subprocess.PIPE,
            stderr=output,
            start_new_session=True,
            cwd="/",
            check=True,
        )
    return int(done.stdout)


def state(pid: int) -> str:
    """The kernel's letter for this process (`S`, `R`, `Z`, ...), or nothing if there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[0]


def is_server(pid: int, program: str, folder: Path) -> bool:
    """Whether this number belongs to that program working in that folder, and not to whoever has it now."""
    if state(pid) in {"", "Z", "X"}:
        return False
    proc = Path(f"/proc/{pid}")
    try:
        if (proc / "comm").read_text(encoding="utf-8").strip() != program:
            return False
        return (proc / "cwd").samefile(folder)
    except PermissionError:
        return True  # another user's process of that name: better left alone
    except OSError:
        return False


def read_pid(path: Path) -> int | None:
    """The number in the first line of a pid file."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return None
    return int(lines[0]) if lines and lines[0].strip().isdigit() else None


def tail(log: Path, size: int = 4000) -> str:
    """The end of a log."""
    try:
        return log.read_bytes()[-size:].decode("utf-8", errors="replace")
    except FileNotFoundError:
        return ""


def wait_until(condition: Callable[[], bool], seconds: float, pause: float = 0.01) -> bool:
    """Whether the condition came true within that time; asks at once, then ever less often."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
        pause = min(pause * 1.3, 0.2)
    return True


def end(pid: int, steps: Sequence[tuple[signal.Signals, float]]) -> None:
    """Send each signal in turn and wait its seconds, until the process is gone."""
    for number, seconds in steps:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        except PermissionError as error:
            raise EmbeddedError(f"Process {pid} belongs to another user: stop it as that user.") from error
        if wait_until(lambda: state(pid) in {"", "Z", "X"}, seconds):
            return
    raise EmbeddedError(f"Process {pid} does not end. Look at it, and end it by hand: kill -9 {pid}")
