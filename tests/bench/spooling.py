"""Spool folders for the drain, and the drain over one of them."""

import tempfile
from pathlib import Path

from apps.collect.drain import Drain
from apps.collect.spool import Spool
from tests.bench import shop


def spooled(counter: int, count: int, seed: int) -> Path:
    """A folder with that many records."""
    folder = Path(tempfile.mkdtemp(prefix="goalline-bench-"))
    workers = [Spool(folder), Spool(folder)]  # as two web processes leave them
    for number, record in enumerate(shop.records(counter, count, seed)):
        workers[number % 2].append(record)
    for one in workers:
        one.close()
    return folder


def drain(folder: Path) -> None:
    """Store all that lies there."""
    Drain(folder).run(once=True)
