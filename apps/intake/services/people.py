"""What callers and members know of people: links of identities, undone and done again."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext as _

from apps.accounts.models import Account
from apps.accounts.services import audit
from apps.core import clock
from apps.core.errors import NotThere, Outdated, Problem, Refused
from apps.core.locks import Lock, share
from apps.core.retry import Overtaken, transactional
from apps.intake.links import link, settle, sightings
from apps.intake.named import Kind, Name, Named, Pair, named
from apps.people import selectors
from apps.people import services as people
from apps.people.models import Identity
from apps.people.pairs import pairs_of
from apps.people.services import CLIENT, USER, ensure_identities, hold


class KnownLink(NamedTuple):
    """A client ID that belongs to a user ID from an instant on."""

    client_id: str
    user_id: str
    at: datetime


def take_links(*, account_id: int, links: Sequence[KnownLink]) -> None:
    """Record that these client IDs were these user IDs' and have what it changes judged again."""
    pairs = [Pair((CLIENT, one.client_id), (USER, one.user_id), one.at) for one in links]
    take_pairs(account_id=account_id, pairs=pairs)


@transactional
def take_pairs(
    *, account_id: int, pairs: Sequence[Pair], written: dict[Name, str] | None = None, source: str = "api"
) -> None:
    """Record that these identities are one person's and have what it changes judged again."""
    share(Lock.GOALS, account_id)
    names = {name for pair in pairs for name in pair[:2]}
    ids = ensure_identities(account_id=account_id, names=names, written=written)
    seen = sightings(pairs, ids)
    hold(account_id=account_id, linked=seen.ends, others=())
    link(account_id=account_id, seen=seen, source=source)


@transactional
def link_identity(
    *, account_id: int, person_id: int, kind: str, value: str, at: datetime | None = None
) -> bool:
    """Say that an identity, in any writing, is this person's since `at` (now); whether that is new.

    Refused names what is wrong.
    """
    share(Lock.GOALS, account_id)
    new = _new_identity(account_id, kind, value)
    first, _mine = _may_have(account_id, person_id, new)
    written = {new.name: new.written} if new.written else {}
    identity = ensure_identities(account_id=account_id, names={new.name}, written=written)[new.name]
    ends = [pk for pk, of_kind in ((identity, new.kind), (first.pk, first.kind)) if of_kind != Kind.USER_ID]
    held = hold(account_id=account_id, linked=ends, others=())
    first, mine = _may_have(account_id, person_id, new)  # again, now that nothing changes any more
    if first.kind != Kind.USER_ID and first.pk not in held:
        raise Overtaken
    if at is None and identity in mine:
        return False
    pair = Pair(new.name, (first.kind, first.value), at or clock.now())
    seen = sightings([pair], {new.name: identity, (first.kind, first.value): first.pk})
    return link(account_id=account_id, seen=seen, source="api")


def _new_identity(account_id: int, kind: str, value: str) -> Named:
    account = Account.objects.get(pk=account_id)
    new = named(kind, value, country=account.phone_country)
    if isinstance(new, Problem):
        raise Refused(Problem("value", new.code, new.detail))
    if new.kind in Identity.CONTACTS and not account.link_contacts:
        text = _("This account does not link by e-mail or phone; its settings say so.")
        raise Refused.one("kind", "not_allowed", text)
    return new


def _may_have(account_id: int, person_id: int, new: Named) -> tuple[Identity, set[int]]:
    """The identity of the person that a new one is linked with, and all that the person has."""
    _number, rows = person_now(account_id=account_id, person_id=person_id)
    first = rows[0]
    if new.kind == Kind.USER_ID == first.kind and new.value != first.value:
        raise Outdated.one("kind", "two_user_ids", _("This person has a user ID, and can have one only."))
    return first, {row.pk for row in rows}


def person_now(*, account_id: int, person_id: int) -> tuple[int, list[Identity]]:
    """Who the person of this number is now, and their identities: a user ID first, then client IDs."""
    number = selectors.owner_of(account_id=account_id, person_id=person_id)
    if number is None:
        raise NotThere
    rows = list(selectors.identities_of(account_id=account_id, person_id=number))
    if not rows:
        raise Overtaken  # merged between the two readings
    return number, sorted(rows, key=lambda row: (row.kind != Kind.USER_ID, row.kind, row.pk))


def unlink_identity(*, account_id: int, identity_id: int, user_id: int | None) -> None:
    """Undo all that links an identity with others; what is seen later links again."""
    _change_pairs(account_id, identity_id, user_id, undone=True)


def relink_identity(*, account_id: int, identity_id: int, user_id: int | None) -> None:
    """Take the undoing back."""
    _change_pairs(account_id, identity_id, user_id, undone=False)


@transactional
def _change_pairs(account_id: int, identity_id: int, user_id: int | None, *, undone: bool) -> None:
    """Undo, or restore, each pair that the identity is in."""
    share(Lock.GOALS, account_id)
    known = Identity.objects.filter(account_id=account_id, pk=identity_id).first()
    if known is None:
        raise NotThere
    pairs = [
        pair
        for pair in pairs_of(account_id=account_id, identities=[known])
        if bool(pair.undone_until) != undone
    ]
    held = _hold_loose(account_id, {end for pair in pairs for end in pair[:2]})
    for pair in pairs:
        _change(account_id, pair.one, pair.other, user_id, clock.now() if undone else None)
    if pairs:
        settle(account_id=account_id, identities=held)


def undo_link(
    *, account_id: int, one: int, other: int, user_id: int | None = None, until: datetime | None = None
) -> None:
    """Have all that was said of two identities until now (or `until`) count no more; what is seen later does."""
    _change_pair(account_id, one, other, user_id, until or clock.now())


def redo_link(*, account_id: int, one: int, other: int, user_id: int | None = None) -> None:
    """Take an undoing back."""
    _change_pair(account_id, one, other, user_id, None)


@transactional
def _change_pair(account_id: int, one: int, other: int, user_id: int | None, until: datetime | None) -> None:
    share(Lock.GOALS, account_id)
    if Identity.objects.filter(account_id=account_id, pk__in={one, other}).count() != 2:
        raise NotThere
    held = _hold_loose(account_id, {one, other})
    if not _change(account_id, one, other, user_id, until):
        raise NotThere
    settle(account_id=account_id, identities=held)


def _hold_loose(account_id: int, ends: set[int]) -> set[int]:
    """Hold those of the identities that may change hands, with what is tied to them; which they are."""
    rows = Identity.objects.filter(account_id=account_id, pk__in=ends).exclude(kind=Kind.USER_ID)
    return hold(account_id=account_id, linked=set(rows.values_list("pk", flat=True)), others=())


def _change(account_id: int, one: int, other: int, user_id: int | None, until: datetime | None) -> bool:
    """Undo what was said of two identities until an instant, or (None) take that back; False: nothing was undone."""
    if until:
        people.undo(account_id=account_id, one=one, other=other, until=until)
    elif not people.redo(account_id=account_id, one=one, other=other):
        return False
    audit(
        account_id=account_id,
        user=user_id,
        action="link.undone" if until else "link.restored",
        target=f"identities {min(one, other)} and {max(one, other)}",  # their values are the person's own
    )
    return True
