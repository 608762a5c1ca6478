"""Storing hits: identities, links, reaches and marks with them."""

from collections import Counter as Letters
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import msgspec
from django.utils.translation import gettext as _

from apps.accounts.models import Account
from apps.core import clock
from apps.core.errors import Problem, Refused
from apps.core.locks import Lock, share
from apps.core.retry import transactional
from apps.counters.models import Counter
from apps.goals import chat_reaches, reaches
from apps.goals.windows import Span
from apps.intake import clocks
from apps.intake.decode import decode_hit, item_id
from apps.intake.erased import without_erased
from apps.intake.lenient import KINDS
from apps.intake.links import Sighting, link, of_hits
from apps.intake.models import Tally
from apps.intake.records import MAX_BATCH, Arrival, HitIn, Outcome, Rejected
from apps.intake.rows import PAGEVIEW, Found, rows
from apps.intake.services.arriving import Arrivals
from apps.intake.services.clocks import corrected, settle
from apps.people.models import Mark
from apps.people.selectors import owners
from apps.people.services import hold, leave_marks
from apps.visits.services import HitKey, HitRow, insert_hits, prepare_days, touch


@dataclass(frozen=True, slots=True)
class HitsStored:
    """How many hits of a batch are new, and how many were there already."""

    stored: int
    duplicates: int


def prepare(*, arrivals: Sequence[Arrival]) -> None:
    """What has to happen outside the storing transaction: partitions of days that have none yet."""
    prepare_days(times=[corrected(one) if one.shift_us else one.hit.time for one in arrivals])


@transactional
def store_hits(*, arrivals: Sequence[Arrival]) -> HitsStored:
    """Store checked hits with their identities, links, reaches and marks; the first of each key counts."""
    ordered = sorted(settle(arrivals=arrivals), key=lambda arrival: arrival.account_id)
    accounts = [(account, list(group)) for account, group in groupby(ordered, lambda one: one.account_id)]
    found: list[Found] = []
    for account, group in accounts:
        share(Lock.GOALS, account)
        if kept := without_erased(account, [one for one in group if not one.refused]):
            found += _judge(account, rows(account, kept))
    fresh = insert_hits(rows=[one.row for one in found]) if found else None
    new = found if fresh is None else list(_first_of_each(found, fresh))
    for account, stored in groupby(new, lambda one: one.row.account):
        _follow(account, list(stored))
    _tally(accounts, new)
    taken = sum(not one.refused for one in ordered)
    return HitsStored(len(new), taken - len(new))  # what was erased is as if it were known


def _judge(account: int, found: list[Found]) -> list[Found]:
    """Note at each hit which goal versions it is a reach of. Hits that arrive closed make no results."""
    days = Account.objects.values_list("closing_days", flat=True).get(pk=account)
    open_since = clock.now() - timedelta(days=days)
    for one in found:
        if one.row.time < open_since:
            one.closed = True
    open_ones = [one for one in found if not one.row.robot and not one.closed]
    if not open_ones:
        return found
    times = [one.row.time for one in open_ones]
    judging = reaches.judging(account_id=account, first=min(times), last=max(times))
    for index, span in judging.find_hits([_matchable(one.row) for one in open_ones]):
        if isinstance(span, Span):
            open_ones[index].spans += (span,)
        elif open_ones[index].row.identity is not None:
            open_ones[index].chats += (span,)
    return found


def _matchable(row: HitRow) -> reaches.Matchable:
    """URL conditions look at page views, event conditions at events."""
    return (row.time, row.url, None) if row.kind == PAGEVIEW else (row.time, None, row.name)


def _first_of_each(found: Iterable[Found], fresh: set[HitKey]) -> Iterable[Found]:
    for one in found:
        key = (one.row.account, one.row.counter, one.row.id, one.row.time)
        if key in fresh:
            fresh.discard(key)
            yield one


def _follow(account: int, stored: Sequence[Found]) -> None:
    """What follows from hits that are new: visits to be made, links, reaches, marks."""
    touch(account_id=account, identities=_first_times(stored), visitors=_first_sights(stored))
    reached = [one for one in stored if one.spans or one.chats]
    sightings = [
        Sighting(one.client, one.row.identity, one.row.time)
        for one in stored
        if one.client is not None and one.row.identity is not None
    ]
    identities = {one.row.identity for one in reached if one.row.identity is not None}
    if not (sightings or reached):
        return
    unlinked = {one.row.identity for one in reached if one.row.identity is not None and one.client is None}
    hold(account_id=account, linked={one.client for one in sightings}, others=unlinked)
    link(account_id=account, seen=of_hits(sightings), source="hit")
    who = owners(account_id=account, identities=identities)
    new = [
        reaches.NewReach(span.goal, row.time, row.counter, row.id, span.version, row.identity, person)
        for one in reached
        for row in [one.row]
        for person in [0 if row.identity is None else who.person(row.identity, row.time)]
        for span in one.spans
    ]
    reaches.write(account_id=account, reaches=new)
    leave_marks(account_id=account, marks=[(row.person, row.time) for row in new], reason=Mark.Reason.HIT)
    chats = [
        chat_reaches.NewChatReach(
            span.version, row.time, row.counter, row.id, row.identity, who.person(row.identity, row.time)
        )
        for one in reached
        if (row := one.row).identity is not None
        for span in one.chats
    ]
    chat_reaches.write(account_id=account, found=chats)


def _first_times(stored: Iterable[Found]) -> dict[int, datetime]:
    """When each identity has its first hit among these."""
    first: dict[int, datetime] = {}
    for one in stored:
        identity, time = one.row.identity, one.row.time
        if identity is not None and (identity not in first or time < first[identity]):
            first[identity] = time
    return first


def _first_sights(stored: Iterable[Found]) -> dict[tuple[int, str], datetime]:
    """When each day's visitor of a counter has the first hit among these."""
    first: dict[tuple[int, str], datetime] = {}
    for one in stored:
        if one.visitor is not None:
            key = one.row.counter, one.visitor
            first[key] = min(one.row.time, first.get(key, one.row.time))
    return first


def _tally(accounts: Sequence[tuple[int, list[Arrival]]], new: Sequence[Found]) -> None:
    now = clock.now()
    stored = {account: list(group) for account, group in groupby(new, lambda one: one.row.account)}
    Tally.objects.bulk_create(
        _count(account, arrivals, stored.get(account, []), now) for account, arrivals in accounts
    )


def _count(account: int, arrivals: list[Arrival], new: list[Found], now: datetime) -> Tally:
    refused = sum([arrival.refused is not None for arrival in arrivals])
    return Tally(
        account_id=account,
        at=now,
        stored=len(new),
        duplicates=len(arrivals) - refused - len(new),
        cookieless=sum([arrival.visitor is not None for arrival in arrivals]),
        refused=refused,
        robots=sum([one.row.robot for one in new]),
        closed=sum([one.closed for one in new]),
        reaches=sum([len(one.spans) for one in new if one.spans]),
        mended=_mended(arrivals),
        last_arrival=max([arrival.arrived_at for arrival in arrivals]),
    )


def _mended(arrivals: Sequence[Arrival]) -> dict[str, int] | None:
    letters = Letters("".join([arrival.mended for arrival in arrivals]))
    return {KINDS[letter]: count for letter, count in letters.items() if letter in KINDS} or None


def take_hits(*, counter: Counter, raw: Sequence[Any], sent_at: str | None = None) -> Outcome:
    """Check and store a batch of hits that a server sent; `sent_at` is when it did so by its own clock, ISO 8601."""
    arrived_at = clock.now()
    shift_us = _shift(sent_at, arrived_at) if sent_at is not None else None
    arrivals, rejected = _checked(counter, raw, arrived_at, shift_us)
    if not arrivals:
        return Outcome(rejected=rejected)
    prepare(arrivals=arrivals)
    stored = store_hits(arrivals=arrivals)
    return Outcome(stored.stored, stored.duplicates, rejected)


def _shift(sent_at: str, arrived_at: datetime) -> int:
    try:
        told = msgspec.convert(sent_at, datetime)
    except msgspec.ValidationError as error:
        raise Refused.one(
            "sent_at", "invalid", f"sent_at {sent_at[:40]!r} is no instant: {error}."
        ) from error
    shift_us = clocks.shift_us(sent_at=told, arrived_at=arrived_at)
    if isinstance(shift_us, Problem):
        raise Refused(shift_us)
    return shift_us


def _checked(
    counter: Counter, raw: Sequence[Any], arrived_at: datetime, shift_us: int | None
) -> tuple[list[Arrival], tuple[Rejected, ...]]:
    arrivals: list[Arrival] = []
    rejected: list[Rejected] = []
    arriving = Arrivals([counter])
    for index, item in enumerate(raw):
        hit = _hit(index, item, arrived_at, shift_us)
        if isinstance(hit, Problem):
            rejected.append(Rejected(index, item_id(item), hit.code, str(hit.detail)))
            continue
        arrival = arriving.of(counter, hit, arrived_at, shift_us=shift_us)
        arrivals.append(arrival)
        if arrival.refused:
            rejected.append(Rejected(index, hit.id, arrival.refused, _("The visitor has not agreed.")))
    return arrivals, tuple(rejected)


def _hit(index: int, item: Any, arrived_at: datetime, shift_us: int | None) -> HitIn | Problem:
    if index >= MAX_BATCH:
        return Problem("", "too_many", f"A batch has at most {MAX_BATCH} items.")
    hit = decode_hit(item)
    if isinstance(hit, Problem):
        return hit
    return clocks.check_hit(hit, arrived_at=arrived_at, shift_us=shift_us) or hit
