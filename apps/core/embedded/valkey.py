"""Valkey: the broker and the cache, its list of tasks kept in an append-only file."""

import signal
import socket

from apps.core.embedded import processes
from apps.core.embedded.binaries import valkey_server
from apps.core.embedded.errors import EmbeddedError, explain
from apps.core.embedded.layout import Layout
from apps.core.embedded.privileges import Runner, reachable

PATIENCE = 60.0  # seconds; a large append-only file is read at the start
PROGRAM = "valkey-server"


def ready(layout: Layout) -> bool:
    """Whether the server answers and has read its data."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(2)
            connection.connect(str(layout.valkey_socket))
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
    except OSError:
        return False


def start(layout: Layout, runner: Runner, *, fsync: bool) -> None:
    """Bring the server up, unless one is there already."""
    _await_other(layout)
    if ready(layout):
        return
    log = layout.logs / "valkey.log"
    program = reachable(valkey_server(), layout, runner)
    runner.folder(layout.valkey_data)
    before = log.stat().st_size if log.exists() else 0
    pid = processes.spawn(runner.command(program, *_options(layout, fsync=fsync)), log)
    processes.wait_until(lambda: ready(layout) or processes.state(pid) in {"", "Z", "X"}, PATIENCE)
    if not ready(layout):
        said = processes.tail(log, max(log.stat().st_size - before, 1))
        raise explain(f"Valkey did not start (log: {log}).", said)


def stop(layout: Layout) -> bool:
    """End the server, its data written; whether there was one."""
    pid = running(layout)
    if pid is None:
        return False
    processes.end(pid, [(signal.SIGTERM, 20), (signal.SIGKILL, 5)])
    return True


def running(layout: Layout) -> int | None:
    """The server's process id, if it lives."""
    pid = processes.read_pid(layout.valkey_pid)
    return pid if pid and processes.is_server(pid, PROGRAM, layout.valkey_data) else None


def _await_other(layout: Layout) -> None:
    """Let a server that is reading its data finish, or one that is stopping end; two would spoil the file."""
    pid = running(layout)
    if pid and not layout.valkey_socket.exists():
        stop(layout)  # it left the socket behind, or somebody deleted it: nobody can reach it any more
    elif pid and not processes.wait_until(lambda: ready(layout) or running(layout) is None, PATIENCE):
        raise EmbeddedError(
            f"Valkey runs as process {pid} but does not answer on {layout.valkey_socket}. "
            "Stop it first: python -m apps.core.embedded stop"
        )


def _options(layout: Layout, *, fsync: bool) -> list[str]:
    options = {
        "port": "0",
        "unixsocket": str(layout.valkey_socket),
        "unixsocketperm": "700",
        "pidfile": str(layout.valkey_pid),
        "dir": str(layout.valkey_data),
        "daemonize": "no",
        "save": "",
        "appendonly": "yes",
        "appendfsync": "everysec" if fsync else "no",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    return [part for name, value in options.items() for part in (f"--{name}", value)]
