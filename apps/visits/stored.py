"""Reading and writing stored visits: what there is of some streams, and the difference to what there should be."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from django.db import connection

from apps.core.clock import from_us, to_us
from apps.visits import sessions
from apps.visits.sessions import Before
from apps.visits.sources import Source


class Stream(NamedTuple):
    """What is cut into visits: a person's hits (or a day's visitor's, person 0) on a counter, robots' apart."""

    person: int
    visitor: str
    counter: int
    robot: bool


_VALUES = (
    "ended_at",
    "pages",
    "events",
    "landing_page",
    "referrer",
    *(f"{of}{part}" for of in ("", "first_", "significant_") for part in ("source", "name", "campaign")),
    "utm_source",
    "medium",
    "term",
    "content",
    "click_ids",
    "device",
    "browser",
    "os",
    "country",
    "city",
)
COLUMNS = ["source_name" if name == "name" else name for name in _VALUES]
_KEY = "person_id, visitor, counter_id, robot, started_at"
Values = tuple[Any, ...]
"""What a visit is, beside its key; click IDs as JSON."""
Rows = dict[tuple[Stream, datetime], tuple[int, Values]]
"""Stored visits by stream and start, each with its number."""


def values(visit: sessions.Visit) -> Values:
    """A visit as its columns."""
    said = visit.origin
    return (
        from_us(visit.ended),
        visit.pages,
        visit.events,
        visit.landing_page,
        visit.referrer,
        *visit.source,
        *visit.first,
        *visit.significant,
        said.utm_source,
        said.medium,
        said.term,
        said.content,
        dict(said.clicks),
        visit.device,
        visit.browser,
        visit.os,
        visit.country,
        visit.city,
    )


def hits_of(row: Values) -> int:
    """How many hits a visit has."""
    pages, events = row[1:3]
    return int(pages + events)


def starts(*, account_id: int, since: Mapping[tuple[int, str], int]) -> dict[Stream, datetime]:
    """For (person, visitor) and an instant: of each stream, the start of the first visit that the instant may touch."""
    if not since:
        return {}
    people, visitors, instants = _columns(
        (person, visitor, from_us(at - sessions.LONGEST_TIMEOUT_US))
        for (person, visitor), at in since.items()
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT v.person_id, v.visitor, v.counter_id, v.robot, min(v.started_at) FROM visits_visit v"
            " JOIN unnest(%s::bigint[], %s::text[], %s::timestamptz[]) AS n(person, visitor, since)"
            " ON v.account_id = %s AND v.person_id = n.person AND v.visitor = n.visitor AND v.ended_at >= n.since"
            " GROUP BY 1, 2, 3, 4",
            [people, visitors, instants, account_id],
        )
        return {Stream(*row[:4]): row[4] for row in cursor.fetchall()}


def rows(*, account_id: int, since: Mapping[Stream, datetime]) -> Rows:
    """The stored visits of these streams from these instants on."""
    if not since:
        return {}
    listed = ", ".join(f"v.{name}" for name in COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT v.person_id, v.visitor, v.counter_id, v.robot, v.started_at, v.id, {listed}"
            " FROM visits_visit v JOIN unnest(%s::bigint[], %s::text[], %s::bigint[], %s::boolean[],"
            " %s::timestamptz[]) AS n(person, visitor, counter, robot, since)"
            " ON v.account_id = %s AND v.person_id = n.person AND v.visitor = n.visitor"
            " AND v.counter_id = n.counter AND v.robot = n.robot AND v.started_at >= n.since",
            [*_columns((*stream, at) for stream, at in since.items()), account_id],
        )
        at = COLUMNS.index("click_ids")
        return {
            (Stream(*row[:4]), row[4]): (
                row[5],
                (*row[6 : 6 + at], msgspec.json.decode(row[6 + at]), *row[7 + at :]),
            )
            for row in cursor.fetchall()
        }


def before(*, account_id: int, since: Mapping[Stream, datetime]) -> dict[Stream, Before]:
    """The last visit of each stream that began before an instant, where there is one."""
    if not since:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n.person, n.visitor, n.counter, n.robot, v.* FROM unnest(%s::bigint[], %s::text[], %s::bigint[],"
            " %s::boolean[], %s::timestamptz[]) AS n(person, visitor, counter, robot, since)"
            " CROSS JOIN LATERAL (SELECT ended_at, first_source, first_name, first_campaign,"
            " significant_source, significant_name, significant_campaign, person_id, visitor, counter_id, robot"
            " FROM visits_visit v WHERE v.account_id = %s AND"
            # the visit before in the order of the key: no other index has it, whatever the planner knows of the table
            " (v.person_id, v.visitor, v.counter_id, v.robot, v.started_at)"
            " < (n.person, n.visitor, n.counter, n.robot, n.since)"
            " ORDER BY v.person_id DESC, v.visitor DESC, v.counter_id DESC, v.robot DESC, v.started_at DESC LIMIT 1) v"
            " WHERE v.person_id = n.person AND v.visitor = n.visitor AND v.counter_id = n.counter AND v.robot = n.robot",
            [*_columns((*stream, at) for stream, at in since.items()), account_id],
        )
        return {
            Stream(*row[:4]): Before(to_us(row[4]), Source(*row[5:8]), Source(*row[8:11]))
            for row in cursor.fetchall()
        }


def write(
    *, account_id: int, old: Rows, new: Mapping[tuple[Stream, datetime], Values]
) -> list[tuple[Stream, datetime]]:
    """Have stored what there should be instead of what there is; the visits that are not what they were."""
    gone = [key for key in old if key not in new]
    changed = [key for key in new if key in old and old[key][1] != new[key]]
    fresh = [key for key in new if key not in old]
    with connection.cursor() as cursor:
        if gone or changed:
            numbers = [old[key][0] for key in (*gone, *changed)]
            cursor.execute("DELETE FROM visits_visit WHERE id = ANY(%s)", [numbers])
    _copy(account_id, "", [(key, new[key], ()) for key in fresh])
    _copy(account_id, ", id", [(key, new[key], (old[key][0],)) for key in changed])
    return gone + changed + fresh


def _copy(
    account_id: int, more: str, visits: Sequence[tuple[tuple[Stream, datetime], Values, tuple[int, ...]]]
) -> None:
    if not visits:
        return
    at = COLUMNS.index("click_ids")
    statement = f"COPY visits_visit (account_id, {_KEY}, {', '.join(COLUMNS)}{more}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for (stream, started), row, number in visits:
            clicks = msgspec.json.encode(row[at]).decode()
            copy.write_row((account_id, *stream, started, *row[:at], clicks, *row[at + 1 :], *number))


def _columns(found: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*found, strict=True)]
