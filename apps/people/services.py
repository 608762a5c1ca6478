"""Identities, links and marks are written here."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction

from apps.core import clock
from apps.people import known_names
from apps.people.models import Identity, Mark

__all__ = ["NewLink", "add_links", "ensure_identities", "hold", "leave_marks"]

CLIENT, USER = int(Identity.Kind.CLIENT_ID), int(Identity.Kind.USER_ID)
Name = tuple[int, str]
"""(kind, value) of an identity."""


class NewLink(NamedTuple):
    """A client ID seen with a user ID; both are ids of identities."""

    client: int
    user: int
    at: datetime


def ensure_identities(*, account_id: int, names: Collection[Name]) -> dict[Name, int]:
    """`{(kind, value): identity}`, made with persons of their own where unknown. Must be in a transaction."""
    found, unknown = known_names.look_up(account_id, names)
    found |= _identities(account_id, unknown)
    # in one order everywhere, so that two who insert the same names never wait for each other in a ring
    missing = sorted(set(names) - found.keys())
    if missing:
        _make(account_id, missing)
        found |= _identities(account_id, missing)
    if unknown:
        # rows that others committed or that this transaction will: none is remembered that may be rolled back
        learnt = {name: found[name] for name in unknown}
        transaction.on_commit(lambda: known_names.remember(account_id, learnt))
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


def _make(account_id: int, names: Sequence[Name]) -> None:
    kinds, values = zip(*names, strict=True)
    with connection.cursor() as cursor:
        # A name that somebody else inserts first leaves a person without identity behind: harmless and rare.
        cursor.execute(
            "WITH wanted AS (SELECT kind, value, nextval(pg_get_serial_sequence('people_person', 'id')) AS person"
            " FROM unnest(%(kinds)s::smallint[], %(values)s::text[]) AS n(kind, value)),"
            " made AS (INSERT INTO people_person (id, account_id, created_at) OVERRIDING SYSTEM VALUE"
            " SELECT person, %(account)s, %(now)s FROM wanted RETURNING id)"
            " INSERT INTO people_identity (account_id, kind, value, person_id)"
            " SELECT %(account)s, kind, value, person FROM wanted"
            ' ORDER BY kind, value COLLATE "C" ON CONFLICT DO NOTHING',
            {"kinds": list(kinds), "values": list(values), "account": account_id, "now": clock.now()},
        )


def hold(*, account_id: int, linked: Collection[int], others: Collection[int]) -> None:
    """Keep who owns these identities from changing until the transaction's end: alone where links come."""
    with connection.cursor() as cursor:
        for ids, how in (
            (sorted(set(linked)), "FOR NO KEY UPDATE"),
            (sorted(set(others) - set(linked)), "FOR SHARE"),
        ):
            if ids:
                cursor.execute(
                    "SELECT 1 FROM people_identity WHERE account_id = %s AND id = ANY(%s) ORDER BY id " + how,
                    [account_id, ids],
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
