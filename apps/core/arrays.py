"""Many numbers as one parameter of a question. psycopg adapts a list number by number, which takes twenty times as long."""

from collections.abc import Iterable


def numbers(found: Iterable[int]) -> str:
    """An array as PostgreSQL reads it, for `%s::bigint[]`."""
    return f"{{{','.join(map(str, found))}}}"
