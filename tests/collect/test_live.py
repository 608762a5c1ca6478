"""The edge behind granian: what only a real server and real sockets show."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from apps.collect import segments
from apps.collect.bodies import read
from apps.collect.frames import scan
from apps.collect.requests import MAX_BODY
from tests.collect.conftest import SHOP, hit

ROOT = Path(__file__).parents[2]


class Web:
    """A granian of two processes with four threads each."""

    def __init__(self, folder, **env):
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(self.port), "--workers", "2",
                "--blocking-threads", "4", "--no-ws", "--log-level", "warning", "--workers-kill-timeout", "3",
                "tests.collect.served:application",
            ],
            cwd=ROOT, start_new_session=True,
            env={**os.environ, "COLLECT_SPOOL": str(folder), "DJANGO_SETTINGS_MODULE": "config.settings", **env},
        )  # fmt: skip
        self._wait()

    def _wait(self):
        end = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError):
                if self.send("GET").status == 405:
                    return
            assert time.monotonic() < end
            time.sleep(0.1)

    @contextlib.contextmanager
    def link(self):
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            yield link
        finally:
            link.close()

    def send(self, method="POST", body=None, **headers):
        with self.link() as link:
            link.request(
                method, "/collect/7", body, headers, encode_chunked=not isinstance(body, bytes | None)
            )
            answer = link.getresponse()
            answer.body = answer.read()
            return answer

    @property
    def kept(self):
        paths = [self.folder / name for name in segments.names(self.folder)]
        records = [record for path in paths for record in scan(path.read_bytes())]
        return [hit.id for record in records for hit in read(record.json)]

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    made = Web(tmp_path_factory.mktemp("live") / "spool")
    yield made
    made.kill()


def body(*ids):
    return json.dumps({"hits": [hit(one) for one in ids]}).encode()


def test_one_connection_serves_many_requests(web):
    with web.link() as link:
        for n in range(50):
            link.request("POST", "/collect/7", body(f"keep{n}"), {"Origin": SHOP})
            answer = link.getresponse()
            assert (answer.status, answer.read()) == (202, b"")
            assert answer.headers["Access-Control-Allow-Origin"] == SHOP
    assert {f"keep{n}" for n in range(50)} <= set(web.kept)


def test_a_body_in_chunks_is_taken(web):
    whole = body("chunked")
    answer = web.send(body=iter([whole[:7], whole[7:20], whole[20:]]))
    assert answer.status == 202
    assert "chunked" in web.kept


def test_a_body_in_chunks_that_is_too_long_is_refused(web):
    assert web.send(body=iter([b" " * 1000] * (MAX_BODY // 1000 + 1))).status == 413


def test_a_long_body_is_refused_and_the_server_lives(web):
    for size in (MAX_BODY + 1, 3_000_000):
        with contextlib.suppress(ConnectionError):  # it need not listen to the end
            assert web.send(body=b" " * size).status == 413
    assert web.send(body=body("after")).status == 202


def test_no_body_at_all_is_a_bad_request(web):
    assert web.send(body=b"").status == 400
    assert web.send("HEAD").status == 405
    assert web.send("OPTIONS", Origin=SHOP).status == 204


def test_a_body_that_is_cut_off_leaves_nothing(web):
    whole = body("cut")
    with socket.create_connection(("127.0.0.1", web.port)) as link:
        link.sendall(
            b"POST /collect/7 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(whole) + whole[:-5]
        )
    time.sleep(0.3)
    assert "cut" not in web.kept
    assert web.send(body=body("whole")).status == 202


def test_senders_that_stop_half_way_keep_nobody_waiting(web):
    """Fewer than the web has threads: what reads a body holds one."""
    slow = [socket.create_connection(("127.0.0.1", web.port)) for _ in range(6)]
    for n, link in enumerate(slow):
        head = b"POST /collect/7 HTTP/1.1\r\nHost: x\r\n"
        link.sendall([head, head + b"Content-Length: 500\r\n\r\n{", b""][n % 3])
    begin = time.monotonic()
    for n in range(20):
        assert web.send(body=body(f"beside{n}")).status == 202
    assert time.monotonic() - begin < 3
    for link in slow:
        link.close()


@pytest.mark.parametrize("strict", ["0", "1"])
def test_what_was_acknowledged_before_a_kill_is_in_the_spool(tmp_path, strict):
    web = Web(tmp_path / "spool", COLLECT_STRICT=strict)
    acknowledged = []

    def work(thread):
        with contextlib.suppress(OSError, http.client.HTTPException), web.link() as link:
            for n in range(100_000):
                link.request("POST", "/collect/7", body(f"{thread}-{n}"))
                answer = link.getresponse()
                answer.read()
                assert answer.status == 202
                acknowledged.append(f"{thread}-{n}")

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    web.kill()
    for thread in threads:
        thread.join()
    assert len(acknowledged) > 20
    kept = web.kept
    assert set(acknowledged) <= set(kept)
    assert len(kept) <= len(acknowledged) + len(threads)  # taken, and killed before the answer
