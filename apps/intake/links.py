"""Identities are named together, or what was said of them is undone: whose they are changes, and with it
reaches and conversations.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from apps.conversations import services as conversations
from apps.core.clock import BEGINNING
from apps.goals import chat_marks, reaches
from apps.intake.named import Kind, Name, Pair
from apps.people.models import Mark
from apps.people.selectors import around, owners
from apps.people.services import NewLink, NewTie, add_links, add_ties, keep_owners, leave_marks
from apps.visits.services import touch_moved


class Sighting(NamedTuple):
    """A client ID that was named together with a user ID."""

    client: int
    user: int
    at: datetime


class Sightings(NamedTuple):
    """What a batch says of identities."""

    links: Sequence[Sighting]
    ties: Sequence[NewTie]
    ends: set[int]  # the identities that may change hands by it


def of_hits(links: Sequence[Sighting]) -> Sightings:
    """Client IDs that came with user IDs."""
    return Sightings(links, (), {one.client for one in links})


def sightings(pairs: Sequence[Pair], identities: dict[Name, int]) -> Sightings:
    """Pairs of names as what is recorded: a client ID with a user ID is a link, all others are ties."""
    links: list[Sighting] = []
    ties: list[NewTie] = []
    for one, other, at in pairs:
        client, user = sorted((one, other))  # of these two kinds the client ID's comes first
        if (client[0], user[0]) == (Kind.CLIENT_ID, Kind.USER_ID):
            links.append(Sighting(identities[client], identities[user], at))
        else:
            ties.append(NewTie(identities[one], identities[other], at))
    ends = {identities[name] for pair in pairs for name in pair[:2] if name[0] != Kind.USER_ID}
    return Sightings(links, ties, ends)


def link(*, account_id: int, seen: Sightings, source: str) -> bool:
    """Record links and ties and give what the identities did to whom they belong now; whether any was new.

    The caller is in a transaction, shares the account's goal lock and holds `seen.ends` alone
    (`people.services.hold`).
    """
    links = [NewLink(*sighting) for sighting in seen.links]
    changed = add_links(account_id=account_id, links=links, source=source)
    changed += add_ties(account_id=account_id, ties=seen.ties, source=source)
    if changed:
        settle(account_id=account_id, identities=changed)
    return bool(changed)


def settle(*, account_id: int, identities: Collection[int]) -> None:
    """Give what these identities, and those tied to them, did to whom they belong now.

    The caller is in a transaction, shares the account's goal lock and holds them alone.
    """
    concerned = sorted(around(account_id=account_id, identities=identities))
    who = owners(account_id=account_id, identities=concerned)
    keep_owners(account_id=account_id, identities=concerned, who=who)
    moved = reaches.reown(account_id=account_id, identities=concerned, who=who)
    moved |= conversations.reown(account_id=account_id, identities=concerned, who=who)
    chats_moved = reaches.reown_chats(account_id=account_id, identities=concerned, who=who)
    chat_marks.mark_people(account_id=account_id, people=moved | chats_moved)
    touch_moved(account_id=account_id, identities=concerned)
    leave_marks(
        account_id=account_id, marks=[(person, BEGINNING) for person in moved], reason=Mark.Reason.LINK
    )
