"""The supervisor, in a process of its own, with small programs in the portal's place."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.core.embedded.processes import state, wait_until
from apps.core.supervisor import CannotListen, address_of

ROOT = Path(__file__).resolve().parents[2]
SLEEPER = "import os, time; print('I am', os.getpid(), flush=True); time.sleep(60)"
STUBBORN = (
    "import os, signal, subprocess, sys, time\n"
    "for number in (signal.SIGTERM, signal.SIGQUIT, signal.SIGINT): signal.signal(number, signal.SIG_IGN)\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
    "print('I am', os.getpid(), child.pid, flush=True)\n"
    "time.sleep(60)\n"
)


class Running:
    """A supervisor with these programs, and what it says."""

    def __init__(self, folder: Path, **programs: str) -> None:
        self.logs = folder / "log"
        listed = [(name, [sys.executable, "-c", code]) for name, code in programs.items()]
        script = textwrap.dedent(f"""
            from pathlib import Path
            from apps.core.supervisor import Program, Supervisor
            Supervisor(
                programs=[Program(*each) for each in {listed!r}],
                logs=Path({str(self.logs)!r}), cwd=Path("/"), say=lambda line: print(line, flush=True),
            ).run()
            print("all ended", flush=True)
        """)
        self.said = (folder / "said").open("w+")
        self.process = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=self.said)

    def lines(self, words: str, *, atleast: int = 1) -> list[str]:
        """The lines with these words, once there are that many."""
        path = Path(self.said.name)

        def found() -> list[str]:
            return [line for line in path.read_text(encoding="utf-8").splitlines() if words in line]

        assert wait_until(lambda: len(found()) >= atleast, 10), path.read_text(encoding="utf-8")
        return found()

    def pids(self, name: str, *, atleast: int = 1) -> list[int]:
        """The processes that this program named in its last line."""
        return [int(word) for word in self.lines(f"{name:<7}| I am", atleast=atleast)[-1].split()[4:]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[type]:
    begun: list[Running] = []

    def starter(**programs: str) -> Running:
        begun.append(Running(tmp_path, **programs))
        return begun[-1]

    yield starter  # type: ignore[misc]
    for running in begun:
        running.process.kill()
        running.process.wait()
        running.said.close()


def gone(*pids: int) -> bool:
    return wait_until(lambda: all(state(pid) in {"", "Z"} for pid in pids), 5)


def test_starts_a_program_again_when_it_dies_and_keeps_its_words(start) -> None:
    running = start(web=SLEEPER, beat=SLEEPER)
    first, other = running.pids("web"), running.pids("beat")
    os.kill(first[0], signal.SIGKILL)
    second = running.pids("web", atleast=2)
    assert first != second
    assert "ended by signal 9; it starts again in 1 s" in running.lines("web ended")[0]
    assert running.pids("beat") == other
    assert (running.logs / "web.log").read_text(encoding="utf-8") == f"I am {first[0]}\nI am {second[0]}\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ends_everything_when_asked(start, number: signal.Signals) -> None:
    running = start(web=SLEEPER, beat=SLEEPER)
    pids = running.pids("web") + running.pids("beat")
    running.process.send_signal(number)
    assert running.process.wait(timeout=5) == 0
    assert gone(*pids)
    running.lines("all ended")


def test_ends_the_stubborn_and_their_children_within_ten_seconds(start) -> None:
    running = start(web=STUBBORN)
    pids = running.pids("web")
    begun = time.monotonic()
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(timeout=10) == 0
    assert 8 < time.monotonic() - begun < 10
    assert gone(*pids)


def test_nothing_outlives_a_killed_supervisor(start) -> None:
    running = start(web=SLEEPER, beat=SLEEPER)
    pids = running.pids("web") + running.pids("beat")
    running.process.kill()
    running.process.wait()
    assert gone(*pids)


def test_a_taken_port_is_said_with_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(CannotListen, match=rf"127.0.0.1:{port} .*in use.*PORT={port + 1} make up"):
            address_of("127.0.0.1", port)
    assert address_of("127.0.0.1", port) == "127.0.0.1"


@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_ipv6_addresses_are_taken_bare_and_in_brackets_and_shown_in_brackets(host: str) -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(CannotListen, match=rf"^\[::1\]:{port} cannot be used: .*in use"):
            address_of(host, port)
    assert address_of(host, port) == "::1"


def test_a_host_name_becomes_its_address() -> None:
    assert address_of("localhost", 54321) == "127.0.0.1"


@pytest.mark.parametrize(
    ("host", "port", "words"),
    [
        ("127.0.0.1", 0, "a number from 1 to 65535"),
        ("127.0.0.1", 99999, "a number from 1 to 65535"),
        ("127.0.0.1", -1, "a number from 1 to 65535"),
        ("no such name", 54321, "no host name or IP address that is known here"),
        ("127.0.0.1:8000", 54321, "no host name or IP address that is known here"),
        ("127.0.0.300", 54321, "no host name or IP address that is known here"),
        ("fe80::1%lo", 54321, "no host name or IP address that is known here"),
        ("", 54321, "no host name or IP address that is known here"),
        ("192.0.2.1", 54321, "This machine does not have that address"),
    ],
)
def test_an_address_that_cannot_be_had_is_refused_in_words(host: str, port: int, words: str) -> None:
    with pytest.raises(CannotListen, match=words):
        address_of(host, port)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a user who may not have port 80")
def test_a_port_that_is_not_permitted_is_told_from_one_that_is_taken() -> None:
    code = "from apps.core.supervisor import address_of; address_of('127.0.0.1', 80)"
    # an ordinary user where every port below 1024 is root's, as it is unless the kernel is told otherwise
    command = ["setpriv", "--bounding-set=-net_bind_service", sys.executable, "-c", code]
    threshold = int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text(encoding="ascii"))
    if threshold <= 80:
        pytest.skip("the kernel lets everybody have port 80 here")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "127.0.0.1:80 cannot be used: Permission denied. Ports below 1024 are for root" in done.stderr
