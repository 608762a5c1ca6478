"""Which identities' hits may be in whose visits."""

from collections.abc import Collection

from django.db import connection

from apps.core.arrays import numbers


def own_people(*, account_id: int, identities: Collection[int]) -> dict[int, int]:
    """{identity: the person it stands for while nothing links it}."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, person_id FROM people_identity WHERE account_id = %s AND id = ANY(%s::bigint[])",
            [account_id, numbers(identities)],
        )
        return dict(cursor.fetchall())


def own_identities(*, account_id: int, people: Collection[int]) -> dict[int, int]:
    """{identity: person} of those that stand for these people while nothing links them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, person_id FROM people_identity WHERE account_id = %s AND person_id = ANY(%s::bigint[])",
            [account_id, numbers(people)],
        )
        return dict(cursor.fetchall())


def holders(
    *, account_id: int, identities: Collection[int] = (), people: Collection[int] = ()
) -> list[tuple[int, int]]:
    """(identity, person) where visits have had hits of an identity that is not the person's own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT identity_id, person_id FROM visits_holder"
            " WHERE account_id = %s AND (identity_id = ANY(%s::bigint[]) OR person_id = ANY(%s::bigint[]))",
            [account_id, numbers(identities), numbers(people)],
        )
        found: list[tuple[int, int]] = cursor.fetchall()
        return found
