"""Many values as one parameter of a question. psycopg adapts a list one by one, which takes twenty times as long."""

from collections.abc import Iterable
from functools import lru_cache


def numbers(found: Iterable[int]) -> str:
    """An array as PostgreSQL reads it, for `%s::bigint[]`."""
    return f"{{{','.join(map(str, found))}}}"


def texts(found: Iterable[str]) -> str:
    """The same for `%s::text[]`."""
    return f"{{{','.join(map(_quoted, found))}}}"


@lru_cache(maxsize=1000)
def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
