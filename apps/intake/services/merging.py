"""Two people that a member makes one, and one that is made two again."""

from typing import NamedTuple

from django.utils.translation import gettext as _

from apps.accounts.services import audit
from apps.core import clock
from apps.core.clock import BEGINNING
from apps.core.errors import NotThere, Outdated, Problem, Refused
from apps.core.locks import Lock, share
from apps.core.retry import Overtaken, transactional
from apps.intake.links import link, settle, sightings
from apps.intake.named import Kind, Pair
from apps.intake.services.people import person_now
from apps.people import services as people
from apps.people.models import Identity, Merge
from apps.people.selectors import owners
from apps.people.services import hold


class Party(NamedTuple):
    """A person who is to be merged."""

    number: int
    identities: list[Identity]

    @property
    def has_user_id(self) -> bool:
        """Whether somebody signed in."""
        return self.identities[0].kind == Kind.USER_ID

    @property
    def first(self) -> Identity:
        """The identity whose person all the others are: a user ID, else the oldest."""
        return self.identities[0] if self.has_user_id else min(self.identities, key=lambda row: row.pk)

    @property
    def loose(self) -> set[int]:
        """The identities that may change hands."""
        return set() if self.has_user_id else {row.pk for row in self.identities}


@transactional
def merge_people(*, account_id: int, kept: int, gone: int, user_id: int | None) -> Merge:
    """Make two people one, since ever. Whoever has a user ID is kept, else the older one, whichever was named."""
    share(Lock.GOALS, account_id)
    if kept == gone:
        raise Refused(_same_person())
    parties = _parties(account_id, kept, gone)
    held = hold(account_id=account_id, linked=parties[0].loose | parties[1].loose, others=())
    one, other = _parties(account_id, kept, gone)  # again, now that nothing changes any more
    _not_merged_yet(account_id, one, other)
    if not one.loose | other.loose <= held:
        raise Overtaken
    own = _own(account_id, other)
    merge = Merge.objects.create(
        account_id=account_id,
        at=clock.now(),
        kept_id=one.number,
        gone_id=other.number,
        identities=[one.first.pk, *(row.pk for row in own)],
    )
    names = {(row.kind, row.value): row.pk for row in (one.first, *own)}
    pairs = [Pair((row.kind, row.value), (one.first.kind, one.first.value), BEGINNING) for row in own]
    link(account_id=account_id, seen=sightings(pairs, names), source=_source(merge))
    target = f"person {merge.gone_id} into {merge.kept_id}"
    audit(account_id=account_id, user=user_id, action="person.merged", target=target)
    return merge


def _parties(account_id: int, kept: int, gone: int) -> tuple[Party, Party]:
    """Who these two are now, the one that is kept first. Outdated if they cannot be one, or are."""
    one, other = (Party(*person_now(account_id=account_id, person_id=number)) for number in (kept, gone))
    if one.number == other.number:
        raise Outdated(_same_person())
    if one.has_user_id and other.has_user_id:
        text = _("Both have a user ID, and a person has at most one.")
        raise Outdated.one("person", "two_user_ids", text)
    if one.has_user_id or other.has_user_id:
        return (one, other) if one.has_user_id else (other, one)
    return (one, other) if one.first.pk < other.first.pk else (other, one)


def _same_person() -> Problem:
    return Problem("person", "same_person", _("This is the same person."))


def _not_merged_yet(account_id: int, one: Party, other: Party) -> None:
    """A merge may say nothing any more, since both signed in later: it is taken back before another is made."""
    numbers = (one.number, other.number)
    made = Merge.objects.filter(account_id=account_id, kept_id__in=numbers, gone_id__in=numbers)
    if made.filter(undone_at=None).exists():
        text = _("These two were merged already; take that merge back first.")
        raise Outdated.one("person", "merged_already", text)


def _own(account_id: int, party: Party) -> list[Identity]:
    """A party's identities but those that other merges brought: they stay with it, or leave, with those merges."""
    who = owners(account_id=account_id, identities=[row.pk for row in party.identities], merges=False)
    return [row for row in party.identities if who.latest(row.pk) == party.number]


def _source(merge: Merge) -> str:
    return f"merge:{merge.pk}"


@transactional
def undo_merge(*, account_id: int, merge_id: int, user_id: int | None) -> Merge:
    """Take a merge back: its links and ties go, and whatever they decided is judged again."""
    share(Lock.GOALS, account_id)
    made = Merge.objects.filter(account_id=account_id, pk=merge_id)
    if not (merge := made.first()):
        raise NotThere
    loose = Identity.objects.filter(account_id=account_id, pk__in=merge.identities).exclude(kind=Kind.USER_ID)
    held = hold(account_id=account_id, linked=set(loose.values_list("pk", flat=True)), others=())
    now = clock.now()
    if not made.filter(undone_at=None).update(undone_at=now):
        raise Outdated.one("merge", "undone", _("This was taken back already."))
    people.drop_source(account_id=account_id, source=_source(merge), identities=merge.identities)
    settle(account_id=account_id, identities=held)
    merge.undone_at = now
    audit(
        account_id=account_id,
        user=user_id,
        action="person.merge_undone",
        target=f"person {merge.gone_id} out of {merge.kept_id}",
    )
    return merge
