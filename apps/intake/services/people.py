"""What callers and members know of people: links of identities, undone and done again, and people made one."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import Account
from apps.accounts.services import audit
from apps.core import clock
from apps.core.clock import BEGINNING
from apps.core.errors import NotThere, Problem, Refused
from apps.core.locks import Lock, share
from apps.core.retry import retrying
from apps.intake.links import link, settle, sightings
from apps.intake.named import Kind, Name, Pair, named
from apps.people import selectors
from apps.people import services as people
from apps.people.models import Identity, Merge
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


def take_pairs(
    *, account_id: int, pairs: Sequence[Pair], written: dict[Name, str] | None = None, source: str = "api"
) -> None:
    """Record that these identities are one person's and have what it changes judged again."""
    retrying(lambda: _take_pairs(account_id, pairs, written or {}, source))


@transaction.atomic
def _take_pairs(account_id: int, pairs: Sequence[Pair], written: dict[Name, str], source: str) -> None:
    share(Lock.GOALS, account_id)
    names = {name for pair in pairs for name in pair[:2]}
    ids = ensure_identities(account_id=account_id, names=names, written=written)
    seen = sightings(pairs, ids)
    hold(account_id=account_id, linked=seen.ends, others=())
    link(account_id=account_id, seen=seen, source=source)


def link_identity(
    *, account_id: int, person_id: int, kind: str, value: str, at: datetime | None = None
) -> None:
    """Say that an identity, in any writing, is this person's since `at` (now). Refused names what is wrong."""
    account = Account.objects.get(pk=account_id)
    new = named(kind, value, country=account.phone_country)
    if isinstance(new, Problem):
        raise Refused(Problem("value", new.code, new.detail))
    if new.kind in Identity.CONTACTS and not account.link_contacts:
        text = _("This account does not link by e-mail or phone; its settings say so.")
        raise Refused.one("kind", "not_allowed", text)
    first = _of(account_id, person_id)[0]
    if new.kind == Kind.USER_ID == first.kind and new.value != first.value:
        raise Refused.one("kind", "two_user_ids", _("This person has a user ID, and can have one only."))
    written = {new.name: new.written} if new.written else {}
    pair = Pair(new.name, (first.kind, first.value), at or clock.now())
    take_pairs(account_id=account_id, pairs=[pair], written=written)


def unlink_identity(*, account_id: int, identity_id: int, user_id: int | None) -> None:
    """Undo all that links an identity with others; what is seen later links again."""
    for one, other in _pairs(account_id, identity_id, undone=False):
        undo_link(account_id=account_id, one=one, other=other, user_id=user_id)


def relink_identity(*, account_id: int, identity_id: int, user_id: int | None) -> None:
    """Take the undoing back."""
    for one, other in _pairs(account_id, identity_id, undone=True):
        redo_link(account_id=account_id, one=one, other=other, user_id=user_id)


def _pairs(account_id: int, identity_id: int, *, undone: bool) -> list[tuple[int, int]]:
    known = Identity.objects.filter(account_id=account_id, pk=identity_id).first()
    if known is None:
        raise NotThere
    pairs = pairs_of(account_id=account_id, identities=[known])
    return [(pair.one, pair.other) for pair in pairs if bool(pair.undone_until) == undone]


def undo_link(
    *, account_id: int, one: int, other: int, user_id: int | None = None, until: datetime | None = None
) -> None:
    """Have all that was said of two identities until now (or `until`) count no more; what is seen later does."""
    _change_pair(account_id, one, other, user_id, until or clock.now())


def redo_link(*, account_id: int, one: int, other: int, user_id: int | None = None) -> None:
    """Take an undoing back."""
    _change_pair(account_id, one, other, user_id, None)


@transaction.atomic
def _change_pair(account_id: int, one: int, other: int, user_id: int | None, until: datetime | None) -> None:
    share(Lock.GOALS, account_id)
    ends = Identity.objects.filter(account_id=account_id, pk__in={one, other})
    if len(ends) != 2:
        raise NotThere
    loose = {end.pk for end in ends if end.kind != Kind.USER_ID}
    hold(account_id=account_id, linked=loose, others=())
    if until:
        people.undo(account_id=account_id, one=one, other=other, until=until)
    elif not people.redo(account_id=account_id, one=one, other=other):
        raise NotThere
    settle(account_id=account_id, identities=loose)
    audit(
        account_id=account_id,
        user=user_id,
        action="link.undone" if until else "link.restored",
        target=f"identities {min(one, other)} and {max(one, other)}",  # their values are the person's own
    )


@transaction.atomic
def merge_people(*, account_id: int, kept: int, gone: int, user_id: int | None) -> Merge:
    """Make two people one, since ever. The one that has a user ID is kept, whichever was named."""
    if kept == gone:
        raise Refused.one("person", "same_person", _("This is the same person."))
    mine, others = _of(account_id, kept), _of(account_id, gone)
    if any(one.kind == Kind.USER_ID for one in others):
        kept, gone, mine, others = gone, kept, others, mine
    if any(one.kind == Kind.USER_ID for one in others):
        text = _("Both have a user ID, and a person has at most one.")
        raise Refused.one("person", "two_user_ids", text)
    ends = [one.pk for one in (mine[0], *others)]
    merge = Merge.objects.create(account_id=account_id, kept_id=kept, gone_id=gone, identities=ends)
    pairs = [Pair((one.kind, one.value), (mine[0].kind, mine[0].value), BEGINNING) for one in others]
    _take_pairs(account_id, pairs, {}, f"merge:{merge.pk}")
    audit(account_id=account_id, user=user_id, action="person.merged", target=f"person {gone} into {kept}")
    return merge


def _of(account_id: int, person: int) -> list[Identity]:
    """A person's identities, a user ID first, then client IDs."""
    found = list(selectors.identities_of(account_id=account_id, person_id=person))
    if not found:
        raise NotThere
    return sorted(found, key=lambda one: (one.kind != Kind.USER_ID, one.kind, one.pk))


@transaction.atomic
def undo_merge(*, account_id: int, merge_id: int, user_id: int | None) -> Merge:
    """Take a merge back: its links and ties go, and whatever they decided is judged again."""
    share(Lock.GOALS, account_id)
    merge = Merge.objects.select_for_update().filter(account_id=account_id, pk=merge_id).first()
    if merge is None:
        raise NotThere
    if merge.undone_at:
        raise Refused.one("merge", "undone", _("This was taken back already."))
    ends = merge.identities
    hold(account_id=account_id, linked=ends, others=())
    people.drop_source(account_id=account_id, source=f"merge:{merge.pk}", identities=ends)
    settle(account_id=account_id, identities=ends)
    merge.undone_at = clock.now()
    merge.save(update_fields=["undone_at"])
    audit(
        account_id=account_id,
        user=user_id,
        action="person.merge_undone",
        target=f"person {merge.gone_id} out of {merge.kept_id}",
    )
    return merge
