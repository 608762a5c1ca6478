"""Writing the reaches of chat goals. Hits without a person are nobody's: they are left out."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from apps.goals import chat_marks, reaches
from apps.people.selectors import owners
from apps.people.services import hold
from apps.visits.selectors import matchable


class NewChatReach(NamedTuple):
    """A reach to be written."""

    version: int
    time: datetime
    counter: int
    hit: str
    identity: int
    person: int


def write(*, account_id: int, found: Iterable[NewChatReach]) -> None:
    """Write reaches that are not there yet, and have the conversations of their persons looked at."""
    rows = list(found)
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO goals_chatreach (account_id, version_id, time, counter_id, hit_id, identity_id, person_id)"
            " SELECT %s, * FROM unnest(%s::bigint[], %s::timestamptz[], %s::bigint[], %s::text[], %s::bigint[],"
            " %s::bigint[])",
            [account_id, *(list(column) for column in zip(*rows, strict=True))],
        )
    chat_marks.mark_people(account_id=account_id, people={row.person for row in rows})


def match_stored(*, account_id: int, version: int, since: datetime) -> None:
    """Match the stored hits whose time is at or after the version's first instant."""
    for hits in matchable(account_id=account_id, since=since):
        judging = reaches.chat_judging(
            account_id=account_id,
            version=version,
            first=min(hit.time for hit in hits),
            last=max(hit.time for hit in hits),
        )
        matched = judging.find_hits([(hit.time, hit.url, hit.name) for hit in hits])
        found = [hits[index] for index, _ in matched]
        identities = {hit.identity for hit in found if hit.identity is not None}
        hold(account_id=account_id, linked=(), others=identities)
        who = owners(account_id=account_id, identities=identities)
        write(
            account_id=account_id,
            found=[
                NewChatReach(
                    version, hit.time, hit.counter, hit.id, hit.identity, who.person(hit.identity, hit.time)
                )
                for hit in found
                if hit.identity is not None
            ],
        )
