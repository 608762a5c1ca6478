"""Erased identities: their names become unknown at once, and what was said of them before is not stored again."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection
from django.db.models import Max, Q
from django.utils.crypto import salted_hmac

from apps.people.holding import ALWAYS, Held
from apps.people.models import Erased, Identity, Link, Mark, Merge, Person, Tie, Undone
from apps.people.selectors import identities_of

__all__ = ["Stone", "Stones", "delete_people", "detach", "digest", "epoch", "put_stones", "stones"]

TICKET = 0
"""The kind under which conversations are remembered as erased; their value is `<channel>\\0<ticket>`."""
GONE = "erased:"  # what a name becomes until its row is deleted; no name that comes from outside is refused for it


class Stone(NamedTuple):
    """A name that is erased between two instants."""

    kind: int
    value: str
    since: datetime
    until: datetime
    whole: bool


def digest(account_id: int, kind: int, value: str) -> bytes:
    """What is kept of an erased name: useless without the installation's secret key."""
    return salted_hmac("goalline.erased", f"{account_id}:{kind}:{value}", algorithm="sha256").digest()


def epoch(*, account_id: int) -> int:
    """Grows with each erasure in the account."""
    return Erased.objects.filter(account_id=account_id).aggregate(last=Max("id"))["last"] or 0


class Stones:
    """What is erased of an account and may concern a batch."""

    def __init__(
        self, account_id: int, rows: Iterable[tuple[bytes | memoryview, datetime, datetime, bool]]
    ) -> None:
        self._account_id = account_id
        self._rows: dict[bytes, list[tuple[datetime, datetime, bool]]] = {}
        for key, since, until, whole in rows:
            self._rows.setdefault(bytes(key), []).append((since, until, whole))

    def __bool__(self) -> bool:
        return bool(self._rows)

    def covers(self, names: Collection[tuple[int, str]], at: datetime, arrived_at: datetime) -> bool:
        """Whether a fact that names one of these must not be stored."""
        return any(
            since <= at < until or (whole and arrived_at < until)
            for kind, value in names
            for since, until, whole in self._rows.get(digest(self._account_id, kind, value), ())
        )


def stones(*, account_id: int, earliest: datetime) -> Stones:
    """Those that may concern facts of this instant or later. Nearly always there are none."""
    rows = Erased.objects.filter(account_id=account_id, until__gt=earliest)
    return Stones(account_id, rows.values_list("digest", "since", "until", "whole"))


def put_stones(*, account_id: int, of: Iterable[Stone]) -> None:
    """Have facts that name these not be stored any more."""
    Erased.objects.bulk_create(
        Erased(
            account_id=account_id,
            digest=digest(account_id, one.kind, one.value),
            since=one.since,
            until=one.until,
            whole=one.whole,
        )
        for one in of
    )


def detach(*, account_id: int, person_id: int, held: Sequence[Held], at: datetime) -> list[int]:
    """Make a person's names unknown; the identities that are this person's alone, to be deleted in the end.

    Whoever comes with one of these names from now on is somebody new. A browser that another user ID had too stays
    known. The caller keeps all others from storing facts (`Lock.GOALS`).
    """
    alone = [one for one in held if (one.since, one.until) == ALWAYS]
    put_stones(
        account_id=account_id,
        of=[
            Stone(one.identity.kind, one.identity.value, one.since, min(one.until, at), one in alone)
            for one in held
        ],
    )
    ids = [one.identity.pk for one in alone]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE people_identity SET value = %s || id, written = '' WHERE account_id = %s AND id = ANY(%s)",
            [GONE, account_id, ids],
        )
    return ids


def delete_people(*, account_id: int, person_id: int, identities: Collection[int]) -> int:
    """Delete a person with identities, links, ties, merges and marks; how many rows."""
    ids = list(identities)
    users = list(
        Identity.objects.filter(account_id=account_id, pk__in=ids, kind=Identity.Kind.USER_ID).values_list(
            "pk", flat=True
        )
    )
    mine = {"account_id": account_id}
    rows = [
        Link.objects.filter(Q(user_id__in=users) | Q(client_id__in=ids), **mine),
        Tie.objects.filter(Q(one_id__in=ids) | Q(other_id__in=ids), **mine),
        Undone.objects.filter(Q(one_id__in=ids) | Q(other_id__in=ids), **mine),
        Merge.objects.filter(Q(kept_id=person_id) | Q(gone_id=person_id), **mine),
        Mark.objects.filter(person_id=person_id, **mine),
        Identity.objects.filter(pk__in=ids, **mine),
    ]
    own = set(Identity.objects.filter(pk__in=ids, **mine).values_list("person_id", flat=True)) | {person_id}
    count = sum(row._raw_delete(row.db) for row in rows)
    empty = Person.objects.filter(pk__in=own, **mine).filter(~Q(identities__isnull=False))
    if identities_of(account_id=account_id, person_id=person_id).exists():
        empty = empty.exclude(pk=person_id)
    return count + empty.delete()[0]
