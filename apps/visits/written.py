"""Writing the difference between the visits that are stored and those that there should be."""

import struct
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache

from django.db import connection
from msgspec.json import encode

from apps.core.arrays import numbers
from apps.core.clock import INSTANT
from apps.core.copying import copying_in, jsonb, text
from apps.visits.stored import CHANGING, COLUMNS, Rows, Stream, Values

Key = tuple[Stream, int]
"""A stream and the instant at which a visit of it begins."""
_KEY = "account_id, person_id, visitor, counter_id, robot, started_at"
_COPY = f"COPY visits_visit ({_KEY}, {', '.join(COLUMNS)}{{more}}) FROM STDIN (FORMAT binary)"
_GO_ON = f"""
UPDATE visits_visit v SET pages = n.pages, events = n.events,
    ended_at = {INSTANT.format("n.ended")}
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[]) AS n(id, ended, pages, events) WHERE v.id = n.id
"""
AT = COLUMNS.index("click_ids")
_NOTHING = (0, None)

# Each field's length and bytes.
_owner = struct.Struct("!h iq iq").pack  # number of fields, account, person
_begun = struct.Struct("!iq i? iq iq ii ii").pack  # counter, robot, begun, ended, pages, events
_number = struct.Struct("!iq").pack
_text = lru_cache(maxsize=20_000)(text)


def write(*, account_id: int, old: Rows, new: Mapping[Key, Values]) -> list[Key]:
    """Have stored what there should be instead of what there is; the visits that are not what they were."""
    gone = [key for key in old if key not in new]
    fresh: list[Key] = []
    gone_on: list[Key] = []
    other: list[Key] = []
    for key, row in new.items():
        _, was = old.get(key, _NOTHING)
        if was is None:
            fresh.append(key)
        elif was != row:
            (gone_on if was[CHANGING:] == row[CHANGING:] else other).append(key)
    if gone or other:
        with connection.cursor() as cursor:
            ids = numbers(old[key][0] for key in (*gone, *other))
            cursor.execute("DELETE FROM visits_visit WHERE id = ANY(%s::bigint[])", [ids])
    _go_on(gone_on, old, new)
    _copy("", (_row(account_id, key, new[key]) for key in fresh), fresh)
    _copy(", id", (_row(account_id, key, new[key], old[key][0]) for key in other), other)
    return gone + gone_on + other + fresh


def _go_on(keys: Collection[Key], old: Rows, new: Mapping[Key, Values]) -> None:
    if not keys:
        return
    columns = zip(*((old[key][0], *new[key][:CHANGING]) for key in keys), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_GO_ON, [numbers(column) for column in columns])


def _copy(more: str, rows: Iterable[bytes], keys: Collection[Key]) -> None:
    if keys:
        with copying_in(_COPY.format(more=more)) as send:
            send(rows)


def _row(account_id: int, key: Key, row: Values, number: int | None = None) -> bytes:
    stream, started = key
    return b"".join(_fields(account_id, stream, started, row, number))


def _fields(
    account_id: int, stream: Stream, started: int, row: Values, number: int | None
) -> Iterator[bytes]:
    ended, pages, events, landing, referrer = row[:5]
    yield _owner(6 + len(row) + (number is not None), 8, account_id, 8, stream.person)
    yield text(stream.visitor)
    yield _begun(8, stream.counter, 1, stream.robot, 8, started, 8, ended, 4, pages, 4, events)
    yield text(landing)
    yield text(referrer)
    yield from map(_text, row[5:AT])
    yield jsonb(encode(row[AT]))
    yield from map(_text, row[AT + 1 :])
    if number is not None:
        yield _number(8, number)
