"""Reading people: whom identities belong to."""

from bisect import bisect_right
from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from django.db import connection
from django.db.models import BigIntegerField, Case, Exists, OuterRef, Q, QuerySet, Subquery, Value, When

from apps.accounts.models import Account, AccountSettings
from apps.core.arrays import numbers
from apps.core.clock import BEGINNING
from apps.people.models import Identity, Person, Tie
from apps.people.owners import LinkAt, NameBytes, Owners, TieAt

__all__ = ["around", "contact_ends", "identities_of", "named", "number_now", "owner_of", "owners", "people"]

_NOT_UNDONE = (  # a merge by a member is taken back by itself only
    " ({row}.source LIKE 'merge:%%' OR NOT EXISTS (SELECT FROM people_undone x WHERE x.account_id = {row}.account_id"
    " AND x.one_id = LEAST({one}, {other}) AND x.other_id = GREATEST({one}, {other}) AND x.until >= {row}.at))"
)
_LINKS = (
    "SELECT l.client_id, l.at, u.value, u.person_id FROM people_link l"
    " JOIN people_identity u ON u.id = l.user_id WHERE l.account_id = %s AND l.client_id = ANY(%s::bigint[]) AND"
    + _NOT_UNDONE.format(row="l", one="l.client_id", other="l.user_id")
)
_TIES = (
    "SELECT t.at, t.one_id, t.other_id, t.source LIKE 'merge:%%' FROM people_tie t"
    " WHERE t.account_id = %s AND t.one_id = ANY(%s::bigint[]) AND"
    + _NOT_UNDONE.format(row="t", one="t.one_id", other="t.other_id")
)
_NO_MERGE = " AND {row}.source NOT LIKE 'merge:%%'"
_NEIGHBOURS = (
    "SELECT other_id FROM people_tie WHERE account_id = %s AND one_id = ANY(%s::bigint[])"
    " UNION SELECT one_id FROM people_tie WHERE account_id = %s AND other_id = ANY(%s::bigint[])"
)


def owners(*, account_id: int, identities: Collection[int], merges: bool = True) -> Owners:
    """Who owns these identities, through time; without `merges`: if no member had made people one."""
    known = _rows(account_id, set(identities))
    loose = {identity for identity, row in known.items() if row.kind != Identity.Kind.USER_ID}
    if not loose:
        return Owners(own={identity: row.person for identity, row in known.items()}, links=[], users=known)
    ends = _walk(account_id, loose)
    known |= _rows(account_id, ends - known.keys())
    with connection.cursor() as cursor:
        cursor.execute(
            _LINKS + ("" if merges else _NO_MERGE.format(row="l")), [account_id, numbers(loose | ends)]
        )
        links = [
            LinkAt(client, at, value.encode(), person) for client, at, value, person in cursor.fetchall()
        ]
    return Owners(
        own={identity: row.person for identity, row in known.items()},
        links=links,
        ties=_ties(account_id, ends, known, merges=merges),
        users={identity for identity, row in known.items() if row.kind == Identity.Kind.USER_ID},
    )


class _Row(NamedTuple):
    person: int
    kind: int
    value: str

    @property
    def name(self) -> NameBytes:
        return self.kind, self.value.encode()


def _rows(account_id: int, identities: set[int]) -> dict[int, _Row]:
    if not identities:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, person_id, kind, value FROM people_identity WHERE account_id = %s AND id = ANY(%s::bigint[])",
            [account_id, numbers(identities)],
        )
        return {identity: _Row(*rest) for identity, *rest in cursor.fetchall()}


def around(*, account_id: int, identities: Collection[int]) -> set[int]:
    """These identities, no user IDs, and all whose owner may change with theirs: what ties lead to."""
    reached = _walk(account_id, set(identities)) - set(identities)
    return set(identities) | (reached - _users(account_id, reached))


def identities_of(*, account_id: int, person_id: int) -> QuerySet[Identity]:
    """The identities that are this person's now."""
    mine = Q(owner_id=person_id) | Q(owner_id=0, person_id=person_id)
    return Identity.objects.filter(mine, account_id=account_id).order_by("kind", "pk")


def contact_ends(*, account_id: int, since: datetime) -> set[int]:
    """Identities, no user IDs, that ties with an e-mail or a phone from an instant on concern."""
    ties = Tie.objects.filter(
        Q(one__kind__in=Identity.CONTACTS) | Q(other__kind__in=Identity.CONTACTS),
        account_id=account_id,
        at__gte=since,
    )
    ends = {end for pair in ties.values_list("one_id", "other_id") for end in pair}
    return ends - _users(account_id, ends)


def _walk(account_id: int, start: set[int]) -> set[int]:
    """The ends of all ties that lead to or from `start`, not passing through user IDs; empty if there is none."""
    step = _neighbours(account_id, start)
    found = start | step if step else set()
    step -= start
    while step:
        step = _neighbours(account_id, step - _users(account_id, step)) - found
        found |= step
    return found


def _neighbours(account_id: int, identities: set[int]) -> set[int]:
    if not identities:
        return set()
    ids = numbers(identities)
    with connection.cursor() as cursor:
        cursor.execute(_NEIGHBOURS, [account_id, ids, account_id, ids])
        return {identity for (identity,) in cursor.fetchall()}


def _users(account_id: int, identities: set[int]) -> set[int]:
    if not identities:
        return set()
    users = Identity.objects.filter(account_id=account_id, pk__in=identities, kind=Identity.Kind.USER_ID)
    return set(users.values_list("pk", flat=True))


def _ties(account_id: int, ends: set[int], known: Mapping[int, _Row], *, merges: bool) -> list[TieAt]:
    """The ties among these identities that count."""
    if not ends:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_TIES, [account_id, numbers(ends)])
        rows = [row for row in cursor.fetchall() if row[2] in ends and (merges or not row[3])]
    allowed = _ContactsLink(account_id)
    return [
        TieAt(at, _in_order(known[one].name, known[other].name), one, other)
        for at, one, other, merge in rows
        if merge or not {known[one].kind, known[other].kind} & set(Identity.CONTACTS) or allowed.at(at)
    ]


def _in_order(one: NameBytes, other: NameBytes) -> tuple[NameBytes, NameBytes]:
    return (one, other) if one <= other else (other, one)


class _ContactsLink:
    """Whether the account lets e-mails and phones link, through time."""

    def __init__(self, account_id: int) -> None:
        self._account_id = account_id

    @cached_property
    def _steps(self) -> list[tuple[datetime, bool]]:
        steps = AccountSettings.objects.filter(account_id=self._account_id).order_by("at")
        now = Account.objects.filter(pk=self._account_id).values_list("link_contacts", flat=True)
        return list(steps.values_list("at", "link_contacts")) or [(BEGINNING, now.get())]

    def at(self, instant: datetime) -> bool:
        """The value in force; before the first recorded one, the first."""
        position = bisect_right(self._steps, instant, key=lambda step: step[0]) - 1
        return self._steps[max(position, 0)][1]


def people(*, account_id: int) -> QuerySet[Person]:
    """The account's people that some identity is now; those that others were linked into are not there."""
    mine = Identity.objects.filter(
        Q(owner_id=OuterRef("pk")) | Q(owner_id=0, person_id=OuterRef("pk")),
        account_id=OuterRef("account_id"),
    )
    return Person.objects.filter(Exists(mine), account_id=account_id)


def owner_of(*, account_id: int, person_id: int) -> int | None:
    """Who this person is now: itself, or whom its first identity was linked to; None for nobody of the account."""
    number = number_now(account_id=account_id, person_id=person_id)
    mine = Account.objects.filter(pk=account_id).annotate(number=number)
    return mine.values_list("number", flat=True).first()


def number_now(*, account_id: int, person_id: int) -> Case:
    """The same as part of a statement: asked for and used in one, since people may be merged between two."""
    own = Identity.objects.filter(account_id=account_id, person_id=person_id).order_by("pk")
    return Case(
        When(Exists(identities_of(account_id=account_id, person_id=person_id)), then=Value(person_id)),
        default=Subquery(own.values("owner_id")[:1]),
        output_field=BigIntegerField(),
    )


def named(*, account_id: int, kind: int, value: str) -> int | None:
    """The person whose this identity is now."""
    one = Identity.objects.filter(account_id=account_id, kind=kind, value=value).first()
    return (one.owner_id or one.person_id) if one else None
