"""Pages of conversations, newest activity first. Each reads a bounded number of rows, whatever there is.

Without a filter a page is a range of an index. With one, the newest `LOOKED_THROUGH` conversations before the cursor
are looked through; where they hold too few that match, the page says how far back it has looked, and the next one
goes on from there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.conversations import changes
from apps.conversations.models import Conversation
from apps.conversations.unanswered import UNANSWERED
from apps.conversions.chat_selectors import shows
from apps.conversions.models import ChatStates
from apps.conversions.selectors import credited
from apps.workspace import persons
from apps.workspace.sight import Holder, Sight, held_by, visible_conversations

LOOKED_THROUGH = 1000
FOUND = 200  # of a search
Place = tuple[datetime, int]
"""Where a page ends: (latest event, or latest change, number) of a conversation."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to list: `whose` is "all", "mine" or "groups", `state` what the chat goal shows."""

    whose: str = "all"
    state: ChatStates | None = None
    reached: bool = False
    unanswered: bool = False
    agent_id: int | None = None
    channel_id: int | None = None
    ticket: str = ""
    search: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A page. `after`: where the next one begins; `looked_until`: it was looked through only so far."""

    rows: list[Conversation]
    after: Place | None = None
    looked_until: datetime | None = None


def page(*, sight: Sight, wanted: Wanted, after: Place | None = None, limit: int = 30) -> Listed:
    """The conversations that match, from a place on."""
    if wanted.until is not None and (after is None or after[0] > wanted.until):
        after = (wanted.until, 0)
    if wanted.search or wanted.ticket:
        return _found(sight, wanted, after, limit)
    holders, checks = _stream(sight, wanted)
    rest = _filters(sight, wanted) & checks
    size = LOOKED_THROUGH if rest else limit + 1
    near = _newest(sight.account_id, holders, after, size)
    rows = _matching(sight.account_id, rest, [number for _, number in near], limit)
    if len(rows) > limit:
        return Listed(rows[:limit], _place(rows[limit - 1]))
    if len(near) < size or _beyond(wanted, near[-1]):
        return Listed(rows)
    return Listed(rows, near[-1], near[-1][0])


def changed_page(
    *, sight: Sight, wanted: Wanted, since: datetime, after: Place | None = None, limit: int = 30
) -> Listed:
    """The conversations that match and changed since an instant, the earliest change first.

    One that changes meanwhile comes again at the end; `after` is the place of the last that was looked at.
    """
    near = changes.changed(account_id=sight.account_id, since=since, after=after, size=LOOKED_THROUGH)
    holders, checks = _stream(sight, wanted)
    if holders is not None:
        checks &= Q(Exists(held_by(holders)))
    rest = _filters(sight, wanted) & checks
    if wanted.ticket:
        rest &= Q(ticket=wanted.ticket)
    if wanted.until is not None:
        rest &= Q(last_at__lt=wanted.until)
    rows = _rows(sight.account_id).filter(rest, pk__in=[number for _, number in near])
    found = list(rows.order_by("changed_at", "pk")[: limit + 1])
    if len(found) > limit:
        last = found[limit - 1]
        return Listed(found[:limit], (last.changed_at, last.pk))
    return Listed(found, near[-1] if len(near) == LOOKED_THROUGH else None)


def _place(one: Conversation) -> Place:
    return one.last_at, one.pk


def _beyond(wanted: Wanted, place: Place) -> bool:
    return wanted.since is not None and place[0] < wanted.since


def _stream(sight: Sight, wanted: Wanted) -> tuple[list[Holder] | None, Q]:
    """Whose conversations to walk through (None: the account's), and what each of them must pass beside."""
    if wanted.agent_id is not None:
        allowed = Q() if sight.everything else Q(Exists(held_by(sight.holders)))
        return [(False, wanted.agent_id)], allowed
    if wanted.whose == "mine":
        return [holder for holder in sight.holders if not holder[0]], Q()
    if wanted.whose == "groups":
        return [holder for holder in sight.holders if holder[0]], Q()
    return (None if sight.everything else sight.holders), Q()


def _filters(sight: Sight, wanted: Wanted) -> Q:
    rest = Q()
    if wanted.unanswered:
        rest &= UNANSWERED
    if wanted.reached:
        of_it = credited(account_id=sight.account_id).filter(conversation_id=OuterRef("pk"))
        rest &= Q(Exists(of_it))
    if wanted.state is not None:
        rest &= shows(account_id=sight.account_id, state=wanted.state)
    if wanted.channel_id is not None:
        rest &= Q(channel_id=wanted.channel_id)
    if wanted.since is not None:
        rest &= Q(last_at__gte=wanted.since)
    return rest


def _newest(account_id: int, holders: list[Holder] | None, after: Place | None, size: int) -> list[Place]:
    """The newest conversations behind a place, of the account or of these holders."""
    if holders is None:
        rows = Conversation.objects.filter(account_id=account_id)
        if after:
            rows = rows.filter(Q(last_at__lte=after[0]) & (Q(last_at__lt=after[0]) | Q(pk__lt=after[1])))
        return list(rows.order_by("-last_at", "-pk").values_list("last_at", "pk")[:size])
    behind = "" if after is None else "AND (h.last_at, h.conversation_id) < (%(at)s, %(number)s)"
    at, number = after or (None, None)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT n.last_at, n.conversation_id FROM"
            " unnest(%(kinds)s::boolean[], %(ids)s::bigint[]) AS k(by_group, holder_id) CROSS JOIN LATERAL ("
            "   SELECT h.last_at, h.conversation_id FROM conversations_held h"
            "   WHERE h.account_id = %(account)s AND h.by_group = k.by_group AND h.holder_id = k.holder_id "
            + behind
            + " ORDER BY h.last_at DESC, h.conversation_id DESC LIMIT %(size)s"
            ") n ORDER BY n.last_at DESC, n.conversation_id DESC LIMIT %(size)s",
            {
                "kinds": [by_group for by_group, _ in holders],
                "ids": [holder for _, holder in holders],
                "account": account_id,
                "at": at,
                "number": number,
                "size": size,
            },
        )
        return list(cursor.fetchall())


def _matching(account_id: int, rest: Q, numbers: Sequence[int], limit: int) -> list[Conversation]:
    rows = _rows(account_id).filter(rest, pk__in=numbers)
    return list(rows.order_by("-last_at", "-pk")[: limit + 1])


def _rows(account_id: int) -> QuerySet[Conversation]:
    return Conversation.objects.filter(account_id=account_id).select_related("channel")


def _found(sight: Sight, wanted: Wanted, after: Place | None, limit: int) -> Listed:
    """A search: what its bounded look-ups name, as far as it is there for whoever asks."""
    named = Q(pk__in=_named(sight.account_id, wanted))
    holders, checks = _stream(sight, wanted)
    if holders is not None:
        checks &= Q(Exists(held_by(holders)))
    rows = visible_conversations(sight=sight).filter(named, checks, _filters(sight, wanted))
    if after:
        rows = rows.filter(Q(last_at__lt=after[0]) | Q(last_at=after[0], pk__lt=after[1]))
    found = list(rows.select_related("channel").order_by("-last_at", "-pk")[: limit + 1])
    return Listed(found[:limit], _place(found[limit - 1]) if len(found) > limit else None)


def _named(account_id: int, wanted: Wanted) -> list[int]:
    """The newest conversations whose ticket begins so, and those of people who are called so."""
    rows = Conversation.objects.filter(account_id=account_id)
    if wanted.ticket:
        return list(rows.filter(ticket=wanted.ticket).values_list("pk", flat=True)[:FOUND])
    beginning = rows.filter(ticket__startswith=wanted.search)
    people = persons.called(account_id=account_id, text=wanted.search)
    of_people = rows.filter(person_id__in=people).order_by("-last_at", "-pk")
    return [
        *beginning.values_list("pk", flat=True)[:FOUND],
        *of_people.values_list("pk", flat=True)[:FOUND],
    ]
