"""What one erasure concerns; kept with its row until it is done, since names become unknown at its beginning."""

from datetime import datetime
from typing import Any, NamedTuple

from apps.conversations import erasing as conversations
from apps.core import clock
from apps.people.holding import ALWAYS, Held
from apps.visits.of_person import Stretch, person_hits

MOST_NEEDLES = 20_000
_TEXTS = ("name", "client_name", "display_name", "phone", "email", "description", "last_message")


class Scope(NamedTuple):
    """The person's identities with their stretches (microseconds), those to delete, and texts to look for."""

    stretches: list[list[int]]
    identities: list[int]
    needles: list[str]
    tickets: list[str]
    conversations: list[int]

    def of_hits(self) -> list[Stretch]:
        """The stretches as the hits are asked for."""
        return [
            Stretch(identity, clock.from_us(since), clock.from_us(until))
            for identity, since, until in self.stretches
        ]


def scope_of(*, account_id: int, person_id: int, held: list[Held]) -> Scope:
    """What there is of a person. Must be in a transaction."""
    stretches = [[one.identity.pk, _us(one.since), _us(one.until)] for one in held]
    alone = [one.identity.pk for one in held if (one.since, one.until) == ALWAYS]
    chats = conversations.tickets(account_id=account_id, person_id=person_id)
    tickets = [ticket for _, ticket in chats.values()]
    mine = Scope(stretches, alone, [], tickets, list(chats))
    needles = {
        text
        for one in held
        for text in (one.identity.value, one.identity.written)
        if one.identity.pk in alone
    }
    needles |= set(tickets)
    needles |= set(conversations.event_ids(account_id=account_id, person_id=person_id, most=MOST_NEEDLES))
    needles |= _of_hits(account_id, mine.of_hits())
    return mine._replace(needles=sorted(text for text in needles if text)[:MOST_NEEDLES])


def _us(at: datetime) -> int:
    return clock.to_us(at)


def _of_hits(account_id: int, stretches: list[Stretch]) -> set[str]:
    """Ids of hits, purchases and clicks, and what a chat widget knew of the person."""
    found: set[str] = set()
    for hits in person_hits(account_id=account_id, stretches=stretches):
        for hit in hits:
            found.add(hit.id)
            detail = hit.detail or {}
            found |= {str(text) for text in (detail.get("click_ids") or {}).values()}
            found.add(str(detail.get("purchase_id") or ""))
            found |= set(_known(detail.get("params")))
        if len(found) > MOST_NEEDLES:
            break
    return found


def _known(params: Any) -> list[str]:
    jivo = params.get("jivo") if isinstance(params, dict) else None
    if not isinstance(jivo, dict):
        return []
    return [str(jivo[name]) for name in _TEXTS if isinstance(jivo.get(name), str)]
