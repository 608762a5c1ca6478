"""What people are called in lists, and who is called so."""

from collections.abc import Collection

from django.utils.translation import gettext as _

from apps.people.models import Identity

FOUND = 50


def names(*, account_id: int, people: Collection[int]) -> dict[int, str]:
    """`{person: name}`: the user ID where there is one, else the end of a client ID."""
    rows = Identity.objects.filter(account_id=account_id, person_id__in=set(people))
    found: dict[int, tuple[int, str]] = {}
    for person, kind, value in rows.values_list("person_id", "kind", "value"):
        rank = (0 if kind == Identity.Kind.USER_ID else 1, value)
        if person not in found or rank < found[person]:
            found[person] = rank
    return {person: value if not rank else visitor(value) for person, (rank, value) in found.items()}


def visitor(client_id: str) -> str:
    """Somebody known by a browser only."""
    return _("Visitor %s") % client_id[-6:]


def called(*, account_id: int, text: str) -> list[int]:
    """The people with exactly this identity."""
    rows = Identity.objects.filter(account_id=account_id, kind__in=Identity.Kind.values, value=text)
    return list(rows.values_list("person_id", flat=True)[:FOUND])
