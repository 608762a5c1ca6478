"""What people are called in lists, and who is called so."""

from collections.abc import Collection

from django.db.models import Q
from django.utils.translation import gettext as _

from apps.people.models import Identity

FOUND = 50


def names(*, account_id: int, people: Collection[int]) -> dict[int, str]:
    """`{person: name}`: a user ID, e-mail, phone or messenger name where there is one, else the end of a client ID."""
    wanted = list(set(people))
    mine = Q(owner_id__in=wanted) | Q(owner_id=0, person_id__in=wanted)
    rows = Identity.objects.filter(mine, account_id=account_id)
    found: dict[int, tuple[int, str]] = {}
    for owner, person, kind, value in rows.values_list("owner_id", "person_id", "kind", "value"):
        rank = (99 if kind == Identity.Kind.CLIENT_ID else kind, value)
        if (owner or person) not in found or rank < found[owner or person]:
            found[owner or person] = rank
    return {person: visitor(value) if rank == 99 else value for person, (rank, value) in found.items()}


def visitor(client_id: str) -> str:
    """Somebody known by a browser only."""
    return _("Visitor %s") % client_id[-6:]


def called(*, account_id: int, text: str) -> list[int]:
    """The people with exactly this identity: a user ID, client ID, e-mail, phone or messenger name."""
    rows = Identity.objects.filter(account_id=account_id, kind__in=Identity.Kind.values, value=text)
    return [owner or person for owner, person in rows.values_list("owner_id", "person_id")[:FOUND]]
