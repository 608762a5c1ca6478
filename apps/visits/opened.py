"""How often something was opened: a mail with a pixel in it, above all."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from apps.visits.models import Hit

OPEN = "open"
"""The event that a pixel with an `id` counts."""
NO_OPENING = f"(h.kind <> {int(Hit.Kind.EVENT)} OR h.name <> '{OPEN}' OR h.detail->'params'->>'id' IS NULL)"
"""Of hits `h`, in SQL: an opened mail is an event, and no visit of the site."""
MOST = 1000


@dataclass(frozen=True, slots=True)
class Opened:
    """One thing, by the id that the pixel named."""

    id: str
    times: (
        int  # robots' too: the proxies of mail hosts, which fetch pictures for their readers, are among them
    )
    robots: int
    people: int  # identities; openings that name nobody have none
    first: datetime
    last: datetime


def opened(
    *, account_id: int, counter_id: int, since: datetime, until: datetime, what: str | None = None
) -> list[Opened]:
    """What was opened from `since` until before `until`, the latest first; `what` alone if it is named."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT detail->'params'->>'id' AS what, count(*), count(*) FILTER (WHERE robot),"
            " count(DISTINCT identity_id), min(time), max(time) FROM visits_hit"
            " WHERE account_id = %(account)s AND counter_id = %(counter)s AND time >= %(since)s AND time < %(until)s"
            " AND kind = %(event)s AND name = 'open' AND detail->'params'->>'id' IS NOT NULL"
            " AND (%(what)s::text IS NULL OR detail->'params'->>'id' = %(what)s)"
            " GROUP BY 1 ORDER BY max(time) DESC, what LIMIT %(most)s",
            {
                "account": account_id,
                "counter": counter_id,
                "since": since,
                "until": until,
                "event": int(Hit.Kind.EVENT),
                "what": what,
                "most": MOST,
            },
        )
        return [Opened(*row) for row in cursor.fetchall()]
