"""The two doors of the portal: a real web server on a free port, and the API in this process."""

import contextlib
import ctypes
import http.client
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler

PROJECT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
PATIENCE = 60.0  # seconds until the web server must answer
_libc = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


class NotTaken(Exception):
    """The portal did not do what the demo asked; the message is its answer."""


class Door(Protocol):
    """Sends one request; `(status, body)`."""

    def __call__(self, method: str, path: str, body: bytes, secret: str) -> tuple[int, bytes]: ...


class Client:
    """Speaks JSON through a door, with a token."""

    def __init__(self, door: Door, secret: str) -> None:
        self._door, self._secret = door, secret

    def ask(self, method: str, path: str, said: Any = None) -> Any:
        """The answer's JSON, if it has any; `NotTaken` for every refusal."""
        body = b"" if said is None else json.dumps(said).encode()
        status, answer = self._door(method, path, body, self._secret)
        if not 200 <= status < 300:
            raise NotTaken(f"{method} {path} answered {status}: {answer.decode(errors='replace')[:2000]}")
        return json.loads(answer) if answer else None

    def every(self, path: str) -> list[Any]:
        """All results of a list."""
        results: list[Any] = []
        following: str | None = path
        while following:
            page = self.ask("GET", following)
            results += page["results"]
            following = page["next"] and "/" + page["next"].split("/", 3)[-1]
        return results


class Wire:
    """A door over HTTP, on one connection."""

    def __init__(self, port: int) -> None:
        self._link = http.client.HTTPConnection(HOST, port, timeout=60)

    def __call__(self, method: str, path: str, body: bytes, secret: str) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
        self._link.request(method, path, body or None, headers)
        answer = self._link.getresponse()
        return answer.status, answer.read()

    def close(self) -> None:
        self._link.close()


class Here:
    """The same portal inside this process, where the demo may set the clock back."""

    def __init__(self) -> None:
        settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns where there is none
        self._portal = WSGIHandler()

    def __call__(self, method: str, path: str, body: bytes, secret: str) -> tuple[int, bytes]:
        path, _, query = path.partition("?")
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": HOST,
            "HTTP_HOST": "localhost",
            "HTTP_AUTHORIZATION": f"Bearer {secret}",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        told: list[str] = []
        response = self._portal(environ, lambda status, headers, error=None: told.append(status))  # type: ignore[arg-type]
        try:
            return int(told[0].split()[0]), b"".join(response)
        finally:
            response.close()


@contextlib.contextmanager
def web(log: Path) -> Iterator[Wire]:
    """The portal's real web server, for as long as the block lasts; what it says goes into `log`."""
    port = _free_port()
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with log.open("ab") as out:
        process = subprocess.Popen(
            _argv(port),
            cwd=PROJECT,
            env={**os.environ, "GOALLINE_SERVICES": "running", "PORT": str(port)},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            preexec_fn=_die_with_mother,  # noqa: PLW1509 (there are no threads here)
        )
    try:
        _wait(process, port, log)
        with contextlib.closing(Wire(port)) as wire:
            yield wire
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _argv(port: int) -> list[str]:
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", HOST, "--port", str(port)),
        *("--workers", "1", "--blocking-threads", "2", "--no-ws", "--log-level", "warning"),
        *("--workers-kill-timeout", "5", "config.wsgi:application"),
    ]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _die_with_mother() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise NotTaken(f"The web server ended with code {process.returncode}; see {log}.")
        with contextlib.suppress(OSError):
            socket.create_connection((HOST, port), timeout=0.5).close()
            return
        time.sleep(0.05)
    raise NotTaken(f"The web server did not answer within {PATIENCE:.0f} s; see {log}.")
