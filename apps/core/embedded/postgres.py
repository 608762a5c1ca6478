"""PostgreSQL: made once, started, asked, stopped."""

import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
from pathlib import Path

from apps.core.embedded import processes
from apps.core.embedded.binaries import postgres_bin
from apps.core.embedded.errors import EmbeddedError, explain
from apps.core.embedded.layout import DATABASE, PORT, USER, Layout
from apps.core.embedded.privileges import Runner, reachable

PATIENCE = 120.0  # seconds; recovery after a crash replays up to max_wal_size
# Written to postgresql.conf when the database is made: an operator may change them there.
SETTINGS = {
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # texts of visitors stand in statements and in the details of errors: logs keep neither
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
LEAST_VERSION = 17  # the first with a builtin C.UTF-8
UNUSABLE_IN_COMMANDS = set('"$`\\')  # initdb puts its path between quotation marks and asks a shell
UNSAFE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
# What a postmaster says while the processes of a killed one are still ending.
PASSING = ("pre-existing shared memory block", 'lock file "postmaster.pid" already exists')


def answers(layout: Layout) -> bool:
    """Whether the server takes connections: what pg_isready asks, without a process."""
    words = b"".join(text.encode() + b"\0" for text in ("user", USER, "database", DATABASE)) + b"\0"
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(2)
            connection.connect(str(layout.pg_socket))
            connection.sendall(struct.pack("!ii", 8 + len(words), 3 << 16) + words)
            reply = connection.recv(512)
    except OSError:
        return False
    return bool(reply) and b"57P03" not in reply  # cannot_connect_now: starting or stopping


def ready(layout: Layout) -> bool:
    """Whether the server answers and the database is there."""
    return answers(layout) and layout.created.exists()


def start(layout: Layout, runner: Runner, *, fsync: bool) -> None:
    """Bring the server up, whatever an earlier one left behind."""
    programs = reachable(postgres_bin() / "postgres", layout, runner).parent
    if UNUSABLE_IN_COMMANDS.intersection(str(programs)):
        raise EmbeddedError(
            f"{programs}: initdb cannot run programs from a path with a quotation mark, a dollar sign, a backquote or "
            "a backslash. Rename that folder, or name other programs by PG_BIN."
        )
    version = _version(programs, runner)
    if (layout.data / "PG_VERSION").exists():
        _check_version(layout, programs, version)
    else:
        if version < LEAST_VERSION:
            raise EmbeddedError(
                f"{programs} holds PostgreSQL {version}; for the embedded server {LEAST_VERSION} is the least (it "
                "brings its own collation). Name a newer one by PG_BIN. A server of your own may be 15 or later: "
                "set DATABASE_URL."
            )
        _initdb(layout, programs, runner)
    if not answers(layout):
        _launch(layout, programs, runner, fsync=fsync)
    if not layout.created.exists():
        _createdb(layout, programs)


def stop(layout: Layout) -> bool:
    """End the server, its transactions rolled back; whether there was one."""
    pid = running(layout)
    if pid is None:
        return False
    processes.end(pid, [(signal.SIGINT, 60), (signal.SIGQUIT, 10)])
    return True


def running(layout: Layout) -> int | None:
    """The postmaster's process id, if it lives."""
    pid = processes.read_pid(layout.data / "postmaster.pid")
    return pid if pid and processes.is_server(pid, "postgres", layout.data) else None


def _launch(layout: Layout, programs: Path, runner: Runner, *, fsync: bool) -> None:
    log = layout.logs / "postgres.log"
    options = {"listen_addresses": "", "port": str(PORT), "unix_socket_permissions": "0700"}
    options |= {"unix_socket_directories": f'"{layout.run}"'} | ({} if fsync else UNSAFE)
    switches = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    end = time.monotonic() + PATIENCE
    while True:
        _await_other(layout)
        if answers(layout):
            return
        _clear_stale_pids(layout)
        before = log.stat().st_size if log.exists() else 0
        pid = processes.spawn(runner.command(programs / "postgres", "-D", layout.data, *switches), log)
        if _wait(layout, pid):
            return
        said = processes.tail(log, max(log.stat().st_size - before, 1))
        if time.monotonic() > end or not any(words in said for words in PASSING):
            raise explain(f"PostgreSQL did not start (log: {log}).", said)
        time.sleep(0.1)


def _wait(layout: Layout, pid: int) -> bool:
    """Whether this new server came to answer; not if it ended."""

    def settled() -> bool:
        return answers(layout) or processes.state(pid) in {"", "Z", "X"}

    if not processes.wait_until(settled, PATIENCE):
        raise EmbeddedError(f"PostgreSQL (process {pid}) runs, but does not answer after {PATIENCE:.0f} s.")
    return answers(layout)


def _await_other(layout: Layout) -> None:
    """Let a server that is starting come up, or one that is stopping end; end one whose socket was deleted."""
    pid = running(layout)
    if pid and not layout.pg_socket.exists() and "ready" in _pid_file(layout):
        stop(layout)
    elif pid and not processes.wait_until(lambda: running(layout) is None or answers(layout), PATIENCE):
        raise EmbeddedError(
            f"PostgreSQL runs as process {pid} but does not answer on {layout.pg_socket}. "
            "Stop it first: python -m apps.core.embedded stop"
        )


def _pid_file(layout: Layout) -> str:
    try:
        return (layout.data / "postmaster.pid").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""


def _clear_stale_pids(layout: Layout) -> None:
    """Remove the pid files of a server that is gone while its number is not.

    A killed postmaster that nobody buries stays a zombie, and after a restart of the machine its number may
    be another program's: PostgreSQL takes both for a living postmaster. Its own check of the shared memory
    still protects a folder in use.
    """
    for path in (layout.data / "postmaster.pid", layout.pg_socket.with_name(f"{layout.pg_socket.name}.lock")):
        pid = processes.read_pid(path)
        if pid and not processes.is_server(pid, "postgres", layout.data) and _taken(pid):
            path.unlink(missing_ok=True)


def _taken(pid: int) -> bool:
    """Whether something has this number for good. Where nothing has, PostgreSQL sees that by itself."""
    return not processes.wait_until(lambda: processes.state(pid) != "Z", 2) or processes.state(pid) != ""


def _initdb(layout: Layout, programs: Path, runner: Runner) -> None:
    """Make the database folder beside its place, then move it there whole."""
    draft = layout.data.with_name("pg.new")
    shutil.rmtree(draft, ignore_errors=True)
    runner.folder(draft)
    settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
    with tempfile.NamedTemporaryFile("w", dir=layout.run) as secret:
        secret.write(layout.password_file.read_text(encoding="ascii"))
        secret.flush()
        if os.geteuid() == 0:
            os.fchown(secret.fileno(), runner.uid, runner.gid)
        made = subprocess.run(
            runner.command(
                programs / "initdb", "-D", draft, "-U", USER, f"--pwfile={secret.name}", "--auth=scram-sha-256",
                "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C",
                "--no-instructions", *settings,
            ),
            capture_output=True, text=True, errors="replace", check=False, cwd="/",
        )  # fmt: skip
    if made.returncode:
        shutil.rmtree(draft, ignore_errors=True)
        raise explain("initdb could not make the database.", made.stdout + made.stderr)
    draft.rename(layout.data)


def _createdb(layout: Layout, programs: Path) -> None:
    made = subprocess.run(
        [programs / "createdb", "-h", layout.run, "-p", str(PORT), "-U", USER, "-w", DATABASE],
        env={"PGPASSWORD": layout.password_file.read_text(encoding="ascii").strip(), "LC_ALL": "C"},
        capture_output=True, text=True, errors="replace", check=False, cwd="/",
    )  # fmt: skip
    if made.returncode and "already exists" not in made.stderr:
        raise explain(f"The database {DATABASE} could not be made.", made.stderr)
    layout.created.touch(mode=0o600)


def _version(programs: Path, runner: Runner) -> int:
    """The major version of these programs."""
    shown = subprocess.run(
        runner.command(programs / "postgres", "-V"), capture_output=True, text=True, check=False, cwd="/"
    )
    found = re.search(r"\) (\d+)", shown.stdout)
    if found is None:
        raise explain(f"{programs}/postgres does not run.", shown.stdout + shown.stderr)
    return int(found[1])


def _check_version(layout: Layout, programs: Path, version: int) -> None:
    """Refuse a database folder of another major version, with the commands that carry it over."""
    has = (layout.data / "PG_VERSION").read_text(encoding="ascii").strip()
    if str(version) == has:
        return
    start, url = "python -m apps.core.embedded", "$(python -m apps.core.embedded url)"
    raise EmbeddedError(
        f"{layout.data} was made by PostgreSQL {has}; the programs here are version {version}. Carry it over, "
        f"OLD being the bin folder of a PostgreSQL {has}:\n"
        f"    PG_BIN=OLD {start} start && OLD/pg_dump --format=custom --file=goalline.dump {url}\n"
        f"    {start} stop && mv '{layout.data}' '{layout.data}.{has}' && {start} start\n"
        f"    {programs}/pg_restore --no-owner --dbname={url} goalline.dump"
    )
