"""Reading and writing stored visits: what there is of some streams, and the difference to what there should be."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.db import connection
from msgspec.json import decode

from apps.core.arrays import numbers, texts
from apps.core.clock import INSTANT
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
CHANGING = 3  # the first columns, which a visit that goes on changes
COLUMNS = ["source_name" if name == "name" else name for name in _VALUES]
Values = tuple[Any, ...]
"""What a visit is, beside its key; its end in microseconds since 2000, click IDs as JSON."""
Rows = dict[tuple[Stream, int], tuple[int, Values]]
"""Stored visits by stream and start, each with its number."""
_SINCE = INSTANT.format("n.since")
_KEY = "v.person_id, v.visitor, v.counter_id, v.robot"
_LISTED = ", ".join(f"v.{name}" for name in COLUMNS[1:])
CLICKS = 6 + COLUMNS.index("click_ids")  # in a row
_ROWS = f"""
SELECT {_KEY}, timestamptz_send(v.started_at), v.id, timestamptz_send(v.ended_at), {_LISTED}
FROM visits_visit v JOIN unnest(%s::bigint[], %s::text[], %s::bigint[]) AS n(person, visitor, since)
    ON v.account_id = %s AND v.person_id = n.person AND v.visitor = n.visitor AND v.ended_at >= {_SINCE}
"""
# The visit before in the order of the key: no other index has it, whatever the planner knows of the table.
_BEFORE = f"""
SELECT n.person, n.visitor, n.counter, n.robot, v.*
FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::boolean[], %s::bigint[])
    AS n(person, visitor, counter, robot, since)
CROSS JOIN LATERAL (
    SELECT timestamptz_send(v.ended_at), v.first_source, v.first_name, v.first_campaign,
        v.significant_source, v.significant_name, v.significant_campaign, {_KEY}
    FROM visits_visit v
    WHERE v.account_id = %s AND ({_KEY}, v.started_at) < (n.person, n.visitor, n.counter, n.robot, {_SINCE})
    ORDER BY v.person_id DESC, v.visitor DESC, v.counter_id DESC, v.robot DESC, v.started_at DESC LIMIT 1
) v WHERE v.person_id = n.person AND v.visitor = n.visitor AND v.counter_id = n.counter AND v.robot = n.robot
"""


def values(visit: sessions.Visit) -> Values:
    """A visit as its columns."""
    said = visit.origin
    return (
        visit.ended,
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


def rows(*, account_id: int, since: Mapping[tuple[int, str], int]) -> Rows:
    """For (person, visitor) and an instant: the stored visits that the instant may touch, and all after them."""
    if not since:
        return {}
    people, visitors = zip(*since, strict=True)
    instants = (at - sessions.LONGEST_TIMEOUT_US for at in since.values())
    with connection.cursor() as cursor:
        cursor.execute(
            _ROWS,
            [numbers(people), texts(visitors), numbers(instants), account_id],
        )
        return {
            (Stream(*row[:4]), _us(row[4])): (
                row[5],
                (_us(row[6]), *row[7:CLICKS], decode(row[CLICKS]), *row[CLICKS + 1 :]),
            )
            for row in cursor.fetchall()
        }


def _us(sent: bytes) -> int:
    """An instant as PostgreSQL has it: to read one from its words takes ten times as long."""
    return int.from_bytes(sent, "big", signed=True)


def before(*, account_id: int, since: Mapping[Stream, int]) -> dict[Stream, Before]:
    """The last visit of each stream that began before an instant, where there is one."""
    if not since:
        return {}
    people, visitors, counters, robots = zip(*since, strict=True)
    asked = [numbers(people), texts(visitors), numbers(counters), numbers(map(int, robots))]
    with connection.cursor() as cursor:
        cursor.execute(_BEFORE, [*asked, numbers(since.values()), account_id])
        return {
            Stream(*row[:4]): Before(_us(row[4]), Source(*row[5:8]), Source(*row[8:11]))
            for row in cursor.fetchall()
        }
