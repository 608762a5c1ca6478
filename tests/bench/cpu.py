"""CPU time and memory of processes, from /proc."""

import os
from pathlib import Path

from apps.core.embedded import postgres
from apps.core.embedded.layout import Layout, home

TICKS = os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """A process with all that it started."""
    found, todo = [], [pid]
    while todo:
        found.append(todo.pop())
        for task in Path(f"/proc/{found[-1]}/task").glob("*/children"):
            todo += [int(one) for one in task.read_text().split()]
    return found


def seconds(pid: int) -> float:
    """User and system time of a process, of all that it started, and of what of that has ended."""
    total = 0
    for one in family(pid):
        try:
            stat = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except FileNotFoundError:
            continue
        total += sum(int(stat[n]) for n in (11, 12, 13, 14))
    return total / TICKS


def memory(pid: int) -> float:
    """MB that the largest process of a family holds."""
    pages = [int(Path(f"/proc/{one}/statm").read_text().split()[1]) for one in family(pid)]
    return max(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20


def database() -> float:
    """Seconds that the embedded PostgreSQL has used, its background writers too; 0 if it is none of ours."""
    pid = postgres.running(Layout.of(home()))
    return seconds(pid) if pid else 0.0
