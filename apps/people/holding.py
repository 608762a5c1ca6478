"""Which identities are a person's, and when: what a person's hits are found by."""

from datetime import UTC, datetime
from typing import NamedTuple

from django.db.models import Q

from apps.people.models import Identity, Link, Tie
from apps.people.selectors import identities_of, owners

MOST = 1_000  # identities of one person that are looked at
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


class Held(NamedTuple):
    """An identity that is a person's from an instant, inclusive, until another, exclusive."""

    identity: Identity
    since: datetime
    until: datetime


def held_by(*, account_id: int, person_id: int) -> list[Held]:
    """A person's identities with the stretches in which they are theirs; a browser that two share has its parts."""
    found = {one.pk: one for one in identities_of(account_id=account_id, person_id=person_id)[:MOST]}
    users = [pk for pk, one in found.items() if one.kind == Identity.Kind.USER_ID]
    if users:
        clients = Link.objects.filter(account_id=account_id, user_id__in=users).values("client_id")
        shared = Identity.objects.filter(account_id=account_id, pk__in=clients).order_by("pk")[:MOST]
        found |= {one.pk: one for one in shared}
    who = owners(account_id=account_id, identities=list(found))
    return [
        Held(one, since or ALWAYS[0], until or ALWAYS[1])
        for pk, one in found.items()
        for since, until in who.stretches(pk, person_id)
    ]


def named_beside(*, account_id: int, identities: list[int]) -> list[Identity]:
    """E-mails and phones that were named beside these and make nobody one person: the account does not link by them."""
    ends = Tie.objects.filter(
        Q(one_id__in=identities) | Q(other_id__in=identities), account_id=account_id
    ).values_list("one_id", "other_id")
    others = {end for pair in ends for end in pair} - set(identities)
    return list(
        Identity.objects.filter(
            account_id=account_id, pk__in=others, kind__in=Identity.CONTACTS, owner_id=0
        ).order_by("pk")
    )
