"""What links a person's identities, pair by pair, for those who look at it or take it back."""

from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from apps.people.models import Identity

MOST = 500


class KnownPair(NamedTuple):
    """Two identities that were named together: how often, from when to when, and by whom; undone, if it was."""

    one: int
    other: int
    times: int
    first_at: datetime
    last_at: datetime
    sources: list[str]
    undone_until: datetime | None


_PAIRS = (
    "WITH said AS (SELECT client_id AS one, user_id AS other, at, source FROM people_link"
    " WHERE account_id = %(account)s AND client_id = ANY(%(ids)s)"
    " UNION ALL SELECT client_id, user_id, at, source FROM people_link"
    " WHERE account_id = %(account)s AND user_id = ANY(%(users)s) AND NOT client_id = ANY(%(ids)s)"
    " UNION ALL SELECT one_id, other_id, at, source FROM people_tie"
    " WHERE account_id = %(account)s AND (one_id = ANY(%(ids)s) OR other_id = ANY(%(ids)s)))"
    " SELECT s.one, s.other, count(*), min(s.at), max(s.at), array_agg(DISTINCT split_part(s.source, ':', 1)),"
    " max(x.until) FROM said s LEFT JOIN people_undone x ON x.account_id = %(account)s"
    " AND x.one_id = LEAST(s.one, s.other) AND x.other_id = GREATEST(s.one, s.other)"
    " GROUP BY 1, 2 ORDER BY 4, 1, 2 LIMIT %(most)s"
)


def pairs_of(*, account_id: int, identities: list[Identity]) -> list[KnownPair]:
    """All pairs that one of these identities is in, the first said first."""
    users = [one.pk for one in identities if one.kind == Identity.Kind.USER_ID]
    given: dict[str, Any] = {
        "account": account_id,
        "ids": [one.pk for one in identities],
        "users": users,
        "most": MOST,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PAIRS, given)
        return [KnownPair(*row) for row in cursor.fetchall()]
