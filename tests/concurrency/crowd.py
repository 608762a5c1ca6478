"""Many who do things at the same instant: threads with a database connection each, released together."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Self, TypeVar

from django.db import connection

AT_ONCE = 40
PATIENCE = 30.0  # seconds after which somebody who does not come fails the test
Result = TypeVar("Result")


class Crowd:
    """Keeps its threads and their connections, so that only the first case pays for them."""

    def __init__(self, size: int = AT_ONCE) -> None:
        self.size = size
        self._barrier = Barrier(size)
        self._pool = ThreadPoolExecutor(size)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.run([lambda: connection.close()] * self.size)  # noqa: PLW0108 (each thread has its own)
        self._pool.shutdown()

    def alone(self, act: Callable[[], Result]) -> Result:
        """Do this in one of the threads, whose transactions commit; the test's own is rolled back."""
        return self._pool.submit(act).result(PATIENCE)

    def run(self, acts: Sequence[Callable[[], Result]]) -> list[Result]:
        """Do all of this at once; the results in its order. The first error is raised."""
        assert len(acts) == self.size
        return [future.result(PATIENCE) for future in [self._pool.submit(self._do, act) for act in acts]]

    def _do(self, act: Callable[[], Result]) -> Result:
        connection.ensure_connection()
        self._barrier.wait(PATIENCE)
        return act()
