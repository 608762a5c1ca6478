"""Visits in which more is reached than may count: rare, so the judge asks for nothing but visits with many hits."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from django.db import connection
from psycopg import Cursor

from apps.conversions.attribution import Limits, beyond_limit, same_second
from apps.core import clock
from apps.goals.models import MAX_ACTIVE
from apps.visits.models import MANY_HITS

Key = tuple[int, int, int, str]
"""(goal, instant in microseconds, counter, hit) of a reach."""

_VISITS = """
SELECT v.person_id, v.counter_id, v.started_at, v.ended_at FROM visits_visit v
WHERE v.account_id = %s AND NOT v.robot AND v.person_id > 0 AND v.pages > ({many} - v.events) AND v.ended_at >= %s
"""
_REACHES = """
SELECT n.visit, n.person, r.counter_id,
    (extract(epoch FROM r.time - timestamptz '2000-01-01 00:00+00') * 1000000)::bigint, r.hit_id, r.goal_id
FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::timestamptz[])
    WITH ORDINALITY AS n(person, counter, started_at, ended_at, visit)
CROSS JOIN LATERAL (
    SELECT r.*, count(*) OVER () AS many FROM goals_reach r JOIN goals_messaginggoal g ON g.id = r.goal_id
    WHERE r.account_id = %s AND r.person_id = n.person AND r.counter_id = n.counter
    AND r.time BETWEEN n.started_at AND n.ended_at AND g.deleted_at IS NULL
) r WHERE r.many > %s
ORDER BY n.visit, r.time, r.hit_id, r.goal_id
"""
Row = tuple[int, int, int, int, str, int]


Visit = tuple[int, int, datetime, datetime]
"""(person, counter, begun, ended) of a visit with many hits."""
Beyond = Mapping[int, Collection[Key]]
"""Of each person the reaches that the limit of a visit drops."""


def ask_visits(*, account_id: int, since: int, limits: Limits) -> "Cursor[Visit]":
    """The visits with many hits that go on at or after an instant; asked, for the cursor to be read later."""
    many = min(MANY_HITS, limits.online // MAX_ACTIVE)  # as the index says, which knows the real limit only
    cursor: Cursor[Visit] = Cursor(connection.connection)
    cursor.execute(_VISITS.format(many=many), [account_id, clock.from_us(since)])
    return cursor


def beyond(*, account_id: int, visits: Collection[Visit], limits: Limits) -> Beyond:
    """The reaches that the limit of these visits drops."""
    found: dict[int, set[Key]] = defaultdict(set)
    if visits:
        for person, key in _dropped(_reaches(account_id, visits, limits), limits):
            found[person].add(key)
    return found


def _reaches(account_id: int, visits: Collection[Visit], limits: Limits) -> list[Row]:
    """All reaches of the visits that have more than count; in order."""
    columns = [list(column) for column in zip(*visits, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(_REACHES, [*columns, account_id, limits.online])
        found: list[Row] = cursor.fetchall()
        return found


def _dropped(rows: Iterable[Row], limits: Limits) -> Iterable[tuple[int, Key]]:
    for visit, group in groupby(rows, itemgetter(0)):
        reaches = list(group)
        again = same_second((goal, counter, t) for _, _, counter, t, _, goal in reaches)
        left = [row for row, drop in zip(reaches, again, strict=True) if not drop]
        over = beyond_limit([(visit, False)] * len(left), limits)
        for (_, person, counter, t, hit, goal), drop in zip(left, over, strict=True):
            if drop:
                yield person, (goal, t, counter, hit)
