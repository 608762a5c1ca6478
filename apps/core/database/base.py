"""The backend itself: Django's, with connections that can run out of patience."""

from typing import Any, TypeVar

import psycopg
from django.db.backends.postgresql import base
from psycopg import IsolationLevel

from apps.core.database import patience

Result = TypeVar("Result")


class Connection(psycopg.Connection[Any]):
    """Waits as `patience` allows. One that gave up is closed: what the server makes of its question is unknown."""

    @classmethod
    def _connect_gen(cls, conninfo: str = "") -> Any:
        waiting = super()._connect_gen(conninfo)
        return patience.limit(waiting) if patience.limited() else waiting

    def wait(self, gen: Any, interval: float = patience.TICK, timeout: float | None = None) -> Any:
        if not patience.limited():
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(patience.limit(gen, self._probe), interval, timeout)
        except patience.Silent:
            self.pgconn.finish()
            raise

    def _probe(self) -> None:
        type(self).connect(self.info.dsn, password=self.info.password, autocommit=True).close()


class DatabaseWrapper(base.DatabaseWrapper):
    """`django.db.backends.postgresql` with `Connection`. No pool: each thread keeps its own."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection:
        self.isolation_level = IsolationLevel.READ_COMMITTED
        return Connection.connect(**conn_params)
