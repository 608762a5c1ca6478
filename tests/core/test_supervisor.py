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
from apps.core.supervisor import PortTaken, check_port

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
        with pytest.raises(PortTaken, match=rf"127.0.0.1:{port} .*in use.*PORT={port + 1} make up"):
            check_port("127.0.0.1", port)
    check_port("127.0.0.1", port)
