"""A person's hits: those of their identities, in the stretches in which these are theirs."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Q

from apps.visits.models import Holder, Visit


class Stretch(NamedTuple):
    """An identity from an instant, inclusive, until another, exclusive."""

    identity: int
    since: datetime
    until: datetime


class KeptHit(NamedTuple):
    """A stored hit."""

    counter: int
    id: str
    time: datetime
    identity: int
    kind: int
    robot: bool
    url: str | None
    name: str | None
    detail: dict[str, Any] | None


OF_STRETCHES = (
    " FROM unnest(%(identities)s::bigint[], %(since)s::timestamptz[], %(until)s::timestamptz[])"
    " AS s(identity, since, until) JOIN visits_hit h ON h.account_id = %(account)s"
    " AND h.identity_id = s.identity AND h.time >= s.since AND h.time < s.until"
)


def arguments(account_id: int, stretches: Sequence[Stretch]) -> dict[str, Any]:
    """What `OF_STRETCHES` asks for."""
    columns = [list(column) for column in zip(*stretches, strict=True)] or [[], [], []]
    return {"account": account_id, "identities": columns[0], "since": columns[1], "until": columns[2]}


def person_hits(
    *, account_id: int, stretches: Sequence[Stretch], chunk: int = 2_000
) -> Iterator[list[KeptHit]]:
    """All of them in chunks, each identity's in order. Must be in a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DECLARE person_hits NO SCROLL CURSOR FOR SELECT h.counter_id, h.id, h.time, h.identity_id, h.kind,"
            " h.robot, h.url, h.name, h.detail::text" + OF_STRETCHES + " ORDER BY h.time",
            arguments(account_id, stretches),
        )
        while True:
            cursor.execute(f"FETCH {chunk} FROM person_hits")
            rows = cursor.fetchall()
            if not rows:
                break
            yield [KeptHit._make((*row[:-1], json.loads(row[-1]) if row[-1] else None)) for row in rows]
        cursor.execute("CLOSE person_hits")


def delete_hits(*, account_id: int, stretches: Sequence[Stretch]) -> int:
    """Delete them; how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM visits_hit d USING (SELECT h.account_id, h.counter_id, h.id, h.time"
            + OF_STRETCHES
            + ") g WHERE d.account_id = g.account_id AND d.counter_id = g.counter_id AND d.id = g.id"
            " AND d.time = g.time",
            arguments(account_id, stretches),
        )
        return int(cursor.rowcount)


def delete_visits(*, account_id: int, person_id: int, identities: Sequence[int]) -> int:
    """Delete what was made of a person's hits; how many rows."""
    visits = Visit.objects.filter(account_id=account_id, person_id=person_id)
    holders = Holder.objects.filter(
        Q(person_id=person_id) | Q(identity_id__in=identities), account_id=account_id
    )
    return visits._raw_delete(visits.db) + holders._raw_delete(holders.db)
