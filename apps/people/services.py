"""Identities, links and marks are written here."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction

from apps.core import clock
from apps.people import known_names
from apps.people.erasing import epoch
from apps.people.models import Identity, Mark, Undone
from apps.people.owners import Owners
from apps.people.selectors import around

__all__ = [
    "NewLink",
    "NewTie",
    "add_links",
    "add_ties",
    "drop_source",
    "ensure_identities",
    "hold",
    "keep_owners",
    "leave_marks",
    "redo",
    "undo",
]

CLIENT, USER = int(Identity.Kind.CLIENT_ID), int(Identity.Kind.USER_ID)
Name = tuple[int, str]
"""(kind, value) of an identity."""


class NewLink(NamedTuple):
    """A client ID seen with a user ID; both are ids of identities."""

    client: int
    user: int
    at: datetime


class NewTie(NamedTuple):
    """Two identities that were said to be one person's; at least one of them is no user ID."""

    one: int
    other: int
    at: datetime


def ensure_identities(
    *, account_id: int, names: Collection[Name], written: Mapping[Name, str] | None = None
) -> dict[Name, int]:
    """`{(kind, value): identity}`, made with persons of their own where unknown. Must be in a transaction.

    `written`: how new ones were written where that differs from the value.
    """
    now = epoch(account_id=account_id)
    found, unknown = known_names.look_up(account_id, names, now)
    found |= _identities(account_id, unknown)
    # in one order everywhere, so that two who insert the same names never wait for each other in a ring
    missing = sorted(set(names) - found.keys())
    if missing:
        _make(account_id, missing, written or {})
        found |= _identities(account_id, missing)
    if unknown:
        # rows that others committed or that this transaction will: none is remembered that may be rolled back
        learnt = {name: found[name] for name in unknown}
        transaction.on_commit(lambda: known_names.remember(account_id, learnt, now))
    return found


def _identities(account_id: int, names: Collection[Name]) -> dict[Name, int]:
    if not names:
        return {}
    kinds, values = zip(*names, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.kind, i.value, i.id FROM people_identity i"
            " JOIN unnest(%s::smallint[], %s::text[]) AS n(kind, value)"
            " ON i.account_id = %s AND i.kind = n.kind AND i.value = n.value",
            [list(kinds), list(values), account_id],
        )
        return {(kind, value): identity for kind, value, identity in cursor.fetchall()}


def _make(account_id: int, names: Sequence[Name], written: Mapping[Name, str]) -> None:
    kinds, values = zip(*names, strict=True)
    texts = [written.get(name, "")[:255] for name in names]
    with connection.cursor() as cursor:
        # A name that somebody else inserts first leaves a person without identity behind: harmless and rare.
        cursor.execute(
            "WITH wanted AS (SELECT kind, value, written, nextval(pg_get_serial_sequence('people_person', 'id')) AS person"
            " FROM unnest(%(kinds)s::smallint[], %(values)s::text[], %(texts)s::text[]) AS n(kind, value, written)),"
            " made AS (INSERT INTO people_person (id, account_id, created_at) OVERRIDING SYSTEM VALUE"
            " SELECT person, %(account)s, %(now)s FROM wanted RETURNING id)"
            " INSERT INTO people_identity (account_id, kind, value, person_id, written)"
            " SELECT %(account)s, kind, value, person, written FROM wanted"
            ' ORDER BY kind, value COLLATE "C" ON CONFLICT DO NOTHING',
            {
                "kinds": list(kinds),
                "values": list(values),
                "texts": texts,
                "account": account_id,
                "now": clock.now(),
            },
        )


def hold(*, account_id: int, linked: Collection[int], others: Collection[int]) -> set[int]:
    """Keep who owns these identities from changing until the transaction's end; the ones that may change hands in it.

    What is tied to the linked ones may change hands with them, so those are held too. Where links come, all are held
    alone, in one statement and by number, so that nobody waits for another in a ring. User IDs are their person's
    for ever and need not be held.
    """
    if not linked:
        _lock(account_id, set(others), "FOR SHARE")
        return set()
    wanted = set(linked) | around(account_id=account_id, identities=linked)
    held = wanted | set(others)
    _lock(account_id, held, "FOR NO KEY UPDATE")
    # Whoever adds a tie holds both its ends, so the first look after the lock is the last one, unless something
    # was tied before it. To wait for that would be out of turn: if it is not free the transaction starts again.
    while more := around(account_id=account_id, identities=wanted) - wanted:
        _lock(account_id, more - held, "FOR NO KEY UPDATE NOWAIT")
        wanted |= more
        held |= more
    return wanted


def _lock(account_id: int, identities: Collection[int], how: str) -> None:
    if identities:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM people_identity WHERE account_id = %s AND id = ANY(%s) ORDER BY id " + how,
                [account_id, sorted(identities)],
            )


def add_links(*, account_id: int, links: Iterable[NewLink], source: str) -> list[int]:
    """Record links; the client IDs for which one of them is new. The caller holds those identities alone."""
    rows = sorted(set(links))
    if not rows:
        return []
    clients, users, instants = zip(*rows, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO people_link (account_id, client_id, at, user_id, source)"
            " SELECT %s, n.client, n.at, n.account_user, %s"
            " FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[]) AS n(client, account_user, at)"
            " ON CONFLICT DO NOTHING RETURNING client_id",
            [account_id, source, list(clients), list(users), list(instants)],
        )
        return sorted({client for (client,) in cursor.fetchall()})


def add_ties(*, account_id: int, ties: Iterable[NewTie], source: str) -> list[int]:
    """Record ties; the identities for which one of them is new. The caller holds those alone."""
    rows = sorted({NewTie(min(tie[:2]), max(tie[:2]), tie.at) for tie in ties if tie.one != tie.other})
    if not rows:
        return []
    ones, others, instants = zip(*rows, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO people_tie (account_id, one_id, at, other_id, source)"
            " SELECT %s, n.one, n.at, n.other, %s"
            " FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[]) AS n(one, other, at)"
            " ON CONFLICT DO NOTHING RETURNING one_id, other_id",
            [account_id, source, list(ones), list(others), list(instants)],
        )
        return sorted({identity for row in cursor.fetchall() for identity in row})


def keep_owners(*, account_id: int, identities: Collection[int], who: Owners) -> None:
    """Write whose these identities are after their last link. The caller holds them alone."""
    owners = [who.latest(identity) for identity in identities]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE people_identity i SET owner_id = n.owner FROM (SELECT n.id, CASE i.person_id WHEN n.owner"
            " THEN 0 ELSE n.owner END AS owner FROM unnest(%s::bigint[], %s::bigint[]) AS n(id, owner)"
            " JOIN people_identity i ON i.id = n.id WHERE i.account_id = %s) n"
            " WHERE i.account_id = %s AND i.id = n.id AND i.owner_id <> n.owner",
            [list(identities), owners, account_id, account_id],
        )


def drop_source(*, account_id: int, source: str, identities: Collection[int]) -> None:
    """Take back all links and ties of a source that these identities have. The caller holds them alone."""
    ids = list(identities)
    with connection.cursor() as cursor:
        for table, column in (("people_link", "client_id"), ("people_tie", "one_id")):
            cursor.execute(
                f"DELETE FROM {table} WHERE account_id = %s AND source = %s AND {column} = ANY(%s)",
                [account_id, source, ids],
            )


def undo(*, account_id: int, one: int, other: int, until: datetime) -> None:
    """Have what was said of two identities until an instant count no more. The caller holds them alone."""
    low, high = sorted((one, other))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO people_undone (account_id, one_id, other_id, until) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (account_id, one_id, other_id)"
            " DO UPDATE SET until = GREATEST(people_undone.until, EXCLUDED.until)",
            [account_id, low, high, until],
        )


def redo(*, account_id: int, one: int, other: int) -> bool:
    """Take an undoing back; whether there was one. The caller holds the identities alone."""
    low, high = sorted((one, other))
    rows = Undone.objects.filter(account_id=account_id, one_id=low, other_id=high)
    return bool(rows.delete()[0])


def leave_marks(*, account_id: int, marks: Iterable[tuple[int, datetime]], reason: Mark.Reason) -> None:
    """Have these people's results judged again from these instants on (person 0: hits without a person)."""
    earliest: dict[int, datetime] = {}
    for person, since in marks:
        if person not in earliest or since < earliest[person]:
            earliest[person] = since
    if not earliest:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO people_mark (account_id, person_id, since, reason)"
            " SELECT %s, n.person, n.since, %s FROM unnest(%s::bigint[], %s::timestamptz[]) AS n(person, since)",
            [account_id, int(reason), list(earliest), list(earliest.values())],
        )
