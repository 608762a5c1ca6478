"""Keeps a handful of programs running side by side in one terminal, and leaves none behind."""

import contextlib
import ctypes
import errno
import os
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from apps.core import env

PR_SET_PDEATHSIG = 1
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds before a program that died is started again
HEALTHY_AFTER = 30.0  # seconds of life after which the pause starts small again
POLITE, LAST_CALL = 6.0, 8.5  # seconds after the end was asked for: a second signal, and the last one
TICK = 0.5
LOG_LIMIT = 10 * 1024 * 1024

_libc = ctypes.CDLL(None, use_errno=True)  # loaded before any fork


class CannotListen(RuntimeError):
    """The web server cannot have this address; the message says why and what to do."""


def address_of(host: str, port: int) -> str:
    """The IP address to listen on for this host name or address; CannotListen if that is not to be had.

    Of several addresses of a name the first is taken, IPv4 before IPv6.
    """
    known = env.host_of(host)
    shown = f"{env.bracketed(known or host)}:{port}"
    if not 0 < port < 65536:
        raise CannotListen(f"{shown}: a port is a number from 1 to 65535, like PORT=8000.")
    try:
        found = socket.getaddrinfo(known or " ", port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise CannotListen(
            f"{shown}: {host!r} is no host name or IP address that is known here; HOST=0.0.0.0 listens on all addresses."
        ) from error
    family, _, _, _, address = min(found, key=lambda each: each[0] != socket.AF_INET)
    _check(family, address, shown, port)
    return str(address[0])


def _check(family: int, address: Any, shown: str, port: int) -> None:
    """Refuse early, and in words, an address that is taken or not ours."""
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            way_out = {
                errno.EADDRINUSE: f"Stop what listens there (ss -ltnp 'sport = {port}'), or choose another: "
                f"PORT={port + 1 if port < 65535 else 8000} make up",
                errno.EACCES: "Ports below 1024 are for root: choose another (PORT=8000) and put a proxy in front.",
                errno.EADDRNOTAVAIL: "This machine does not have that address; HOST=0.0.0.0 listens on all of them.",
            }.get(error.errno or 0, "Choose another: HOST=127.0.0.1 PORT=8000 make up")
            raise CannotListen(f"{shown} cannot be used: {error.strerror}. {way_out}") from error


@dataclass(frozen=True)
class Program:
    """What to run, under which name its lines appear."""

    name: str
    argv: Sequence[str]
    orphaned: signal.Signals = signal.SIGTERM
    """What the kernel sends it when the supervisor itself is killed."""


@dataclass
class Child:
    """A program with its process of the moment."""

    program: Program
    log: IO[bytes]
    process: subprocess.Popen[bytes] | None = None
    since: float = 0.0
    due: float = 0.0
    pause: float = FIRST_PAUSE
    partial: bytes = b""

    def signal(self, number: signal.Signals) -> None:
        """Signal the program itself; the last call goes to all that it started."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            if number is signal.SIGKILL:
                os.killpg(self.process.pid, number)
            elif self.process.poll() is None:
                self.process.send_signal(number)


@dataclass
class Supervisor:
    """Runs the programs until SIGINT or SIGTERM; `tick` is called about twice a second."""

    programs: Sequence[Program]
    logs: Path
    cwd: Path
    say: Callable[[str], None]
    env: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    tick: Callable[[], None] = lambda: None

    def run(self) -> None:
        """Start everything, keep it alive, and end it all within ten seconds once asked to."""
        self._stopping = False
        self._pipes = selectors.DefaultSelector()
        self.logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        children = [Child(program, self._log(program)) for program in self.programs]
        wanted = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, self._ask_to_stop) for number in wanted}
        try:
            while not self._stopping:
                self._revive(children)
                self.tick()
                self._read(TICK)
        finally:
            self._end(children)
            for number, handler in before.items():
                signal.signal(number, handler)
            self._pipes.close()

    def _ask_to_stop(self, *_: object) -> None:
        self._stopping = True

    def _log(self, program: Program) -> IO[bytes]:
        path = self.logs / f"{program.name}.log"
        if path.exists() and path.stat().st_size > LOG_LIMIT:
            path.replace(path.with_suffix(".log.1"))
        return path.open("ab", buffering=0)

    def _revive(self, children: Sequence[Child]) -> None:
        now = time.monotonic()
        for child in children:
            if child.process is not None and (code := child.process.poll()) is not None:
                self._bury(child, code, now)
            if child.process is None and now >= child.due:
                self._spawn(child, now)

    def _bury(self, child: Child, code: int, now: float) -> None:
        """Take note of a death, end what the dead one started, and choose when it comes back."""
        child.signal(signal.SIGKILL)
        child.process = None
        child.pause = (
            FIRST_PAUSE if now - child.since > HEALTHY_AFTER else min(child.pause * 2, LONGEST_PAUSE)
        )
        child.due = now + child.pause
        how = f"with code {code}" if code >= 0 else f"by signal {-code}"
        self.say(f"{child.program.name} ended {how}; it starts again in {child.pause:g} s")

    def _spawn(self, child: Child, now: float) -> None:
        mother, orphaned = os.getpid(), child.program.orphaned

        def tie_to_mother() -> None:
            _libc.prctl(PR_SET_PDEATHSIG, orphaned)
            if os.getppid() != mother:  # she died in between
                os._exit(1)

        child.process = subprocess.Popen(
            child.program.argv,
            cwd=self.cwd,
            env={**self.env, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches us alone
            preexec_fn=tie_to_mother,  # noqa: PLW1509 (there are no threads here)
        )
        child.since = now
        assert child.process.stdout
        os.set_blocking(child.process.stdout.fileno(), False)
        self._pipes.register(child.process.stdout, selectors.EVENT_READ, child)

    def _read(self, seconds: float) -> None:
        if not self._pipes.get_map():
            time.sleep(seconds)
            return
        for key, _ in self._pipes.select(seconds):
            pipe, child = key.fileobj, key.data
            assert not isinstance(pipe, int)
            data = os.read(key.fd, 65536)
            if data:
                self._show(child, data)
            else:
                self._pipes.unregister(pipe)
                pipe.close()  # type: ignore[attr-defined]

    def _show(self, child: Child, data: bytes) -> None:
        with contextlib.suppress(OSError):  # a full disk must not take the portal down
            child.log.write(data)
        *lines, child.partial = (child.partial + data).split(b"\n")
        for line in lines:
            self.say(f"{child.program.name:<7}| {line.decode('utf-8', errors='replace')}")

    def _end(self, children: Sequence[Child]) -> None:
        """Ask everybody to end, ask again, then make them."""
        begun = time.monotonic()
        steps = [(0.0, signal.SIGTERM), (POLITE, signal.SIGQUIT), (LAST_CALL, signal.SIGKILL)]
        while any(child.process and child.process.poll() is None for child in children):
            if steps and time.monotonic() - begun >= steps[0][0]:
                _, number = steps.pop(0)
                for child in children:
                    child.signal(number)
            self._read(0.05)
        for child in children:
            child.signal(signal.SIGKILL)
            child.log.close()
        for key in list(self._pipes.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
