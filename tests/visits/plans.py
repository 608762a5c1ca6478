"""Which partitions a query reads, by its plan."""

import json
import re
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext


class Plans(CaptureQueriesContext):
    """Collects the queries of the hits' table that run inside it."""

    def __init__(self) -> None:
        super().__init__(connection)

    def tables(self) -> list[set[str]]:
        """For each of these queries the partitions that its plan reads."""
        found = [re.sub(r"^DECLARE .*? FOR ", "", one["sql"]) for one in self.captured_queries]
        return [tables(sql) for sql in found if "visits_hit" in sql and "SELECT" in sql]


def tables(sql: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
        (plan,) = cursor.fetchone()
    return set(_relations(json.loads(plan) if isinstance(plan, str) else plan))


def _relations(node: Any) -> Any:
    if isinstance(node, list):
        for one in node:
            yield from _relations(one)
    elif isinstance(node, dict):
        if str(node.get("Relation Name", "")).startswith("visits_hit"):
            yield node["Relation Name"]
        for one in node.values():
            if isinstance(one, list | dict):
                yield from _relations(one)
