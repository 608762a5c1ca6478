"""Reading people: whom identities belong to."""

from collections.abc import Collection

from django.db import connection

from apps.people.owners import LinkAt, Owners

__all__ = ["owners"]


def owners(*, account_id: int, identities: Collection[int]) -> Owners:
    """Who owns these identities, through time."""
    ids = list(set(identities))
    if not ids:
        return Owners(own={}, links=[])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, person_id FROM people_identity WHERE account_id = %s AND id = ANY(%s)",
            [account_id, ids],
        )
        own = dict(cursor.fetchall())
        cursor.execute(
            "SELECT l.client_id, l.at, u.value, u.person_id FROM people_link l"
            " JOIN people_identity u ON u.id = l.user_id WHERE l.account_id = %s AND l.client_id = ANY(%s)",
            [account_id, ids],
        )
        links = [
            LinkAt(client, at, value.encode(), person) for client, at, value, person in cursor.fetchall()
        ]
    return Owners(own=own, links=links)
