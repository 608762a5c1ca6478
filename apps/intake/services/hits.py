"""Storing hits: identities, links, reaches and marks with them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import msgspec
from django.db import transaction

from apps.accounts.models import Account
from apps.core import clock
from apps.core.errors import Problem
from apps.core.locks import Lock, share
from apps.core.retry import retrying
from apps.counters.models import Counter
from apps.goals import reaches
from apps.goals.windows import Span
from apps.intake.decode import decode_hit, item_id
from apps.intake.links import Sighting, link
from apps.intake.models import Tally
from apps.intake.records import MAX_BATCH, Arrival, HitIn, Outcome, Rejected, check_hit
from apps.intake.robots import is_robot
from apps.people.selectors import owners
from apps.people.services import CLIENT, USER, Name, ensure_identities, hold, leave_marks
from apps.visits.models import Hit
from apps.visits.services import HitKey, HitRow, insert_hits, prepare_days

_ENCODE = msgspec.json.Encoder().encode
_DETAIL = ("click_ids", "purchase_id", "referrer", "title", "value", "currency", "params")


@dataclass(frozen=True, slots=True)
class HitsStored:
    """How many hits of a batch are new, and how many were there already."""

    stored: int
    duplicates: int


@dataclass(slots=True)
class _Found:
    """A hit of the batch on its way: its row, and the versions that it is a reach of."""

    arrival: Arrival
    row: HitRow
    client: int | None
    spans: tuple[Span, ...] = ()


def prepare(*, arrivals: Sequence[Arrival]) -> None:
    """What has to happen outside the storing transaction: partitions of days that have none yet."""
    prepare_days(times=[arrival.hit.time for arrival in arrivals])


@transaction.atomic
def store_hits(*, arrivals: Sequence[Arrival]) -> HitsStored:
    """Store checked hits with their identities, links, reaches and marks; the first of each key counts."""
    ordered = sorted(arrivals, key=lambda arrival: arrival.account_id)
    accounts = [(account, list(group)) for account, group in groupby(ordered, lambda one: one.account_id)]
    found: list[_Found] = []
    for account, group in accounts:
        share(Lock.GOALS, account)
        found += _judge(account, _rows(account, group))
    fresh = insert_hits(rows=[one.row for one in found])
    new = found if fresh is None else list(_first_of_each(found, fresh))
    for account, stored in groupby(new, lambda one: one.row.account):
        _follow(account, list(stored))
    _tally(accounts, new)
    return HitsStored(len(new), len(found) - len(new))


def _rows(account: int, arrivals: Sequence[Arrival]) -> list[_Found]:
    names: set[Name] = set()
    for arrival in arrivals:
        names.update(_names(arrival))
    ids = ensure_identities(account_id=account, names=names)
    return [_row(account, arrival, ids) for arrival in arrivals]


def _names(arrival: Arrival) -> Iterable[Name]:
    if arrival.hit.client_id:
        yield CLIENT, arrival.hit.client_id
    if arrival.hit.user_id and arrival.user_ids:
        yield USER, arrival.hit.user_id


def _row(account: int, arrival: Arrival, ids: dict[Name, int]) -> _Found:
    hit = arrival.hit
    client = ids[CLIENT, hit.client_id] if hit.client_id else None
    user = ids[USER, hit.user_id] if hit.user_id and arrival.user_ids else None
    kind = Hit.Kind.PAGEVIEW if hit.type == "pageview" else Hit.Kind.EVENT
    robot = bool(hit.user_agent) and is_robot(hit.user_agent or "")
    row = HitRow(
        account,
        arrival.counter_id,
        hit.id,
        hit.time,
        client if user is None else user,
        int(kind),
        robot,
        hit.url,
        hit.name,
        _detail(hit, client if user is not None else None),
    )
    return _Found(arrival, row, client if user is not None else None)


def _detail(hit: HitIn, client: int | None) -> str | None:
    """What is only read back, as JSON; `client` is the client ID of a hit that goes by its user ID."""
    detail: dict[str, Any] = {name: value for name in _DETAIL if (value := getattr(hit, name)) is not None}
    if client is not None:
        detail["client"] = client
    return _ENCODE(detail).decode() if detail else None


def _judge(account: int, found: list[_Found]) -> list[_Found]:
    """Note at each hit which goal versions it is a reach of. Hits that arrive closed make no results."""
    days = Account.objects.values_list("closing_days", flat=True).get(pk=account)
    closed = clock.now() - timedelta(days=days)
    views = [
        one
        for one in found
        if one.row.kind == Hit.Kind.PAGEVIEW and one.row.url and not one.row.robot and one.row.time >= closed
    ]
    if not views:
        return found
    times = [one.row.time for one in views]
    judging = reaches.judging(account_id=account, first=min(times), last=max(times))
    urls = [(clock.to_us(one.row.time), one.row.url or "") for one in views]
    for index, span in judging.find(urls):
        views[index].spans += (span,)
    return found


def _first_of_each(found: Iterable[_Found], fresh: set[HitKey]) -> Iterable[_Found]:
    for one in found:
        key = (one.row.account, one.row.counter, one.row.id, one.row.time)
        if key in fresh:
            fresh.discard(key)
            yield one


def _follow(account: int, stored: Sequence[_Found]) -> None:
    """What follows from hits that are new: links, reaches, marks."""
    reached = [one for one in stored if one.spans]
    sightings = [
        Sighting(one.client, one.row.identity, one.row.time)
        for one in stored
        if one.client is not None and one.row.identity is not None
    ]
    identities = {one.row.identity for one in reached if one.row.identity is not None}
    if not (sightings or reached):
        return
    hold(account_id=account, linked={one.client for one in sightings}, others=identities)
    link(account_id=account, sightings=sightings, source="hit")
    who = owners(account_id=account, identities=identities)
    rows = [
        reaches.NewReach(span.goal, row.time, row.counter, row.id, span.version, row.identity, person)
        for one in reached
        for row in [one.row]
        for person in [0 if row.identity is None else who.person(row.identity, row.time)]
        for span in one.spans
    ]
    reaches.write(account_id=account, reaches=rows)
    leave_marks(account_id=account, marks=[(row.person, row.time) for row in rows], reason="hit")


def _tally(accounts: Sequence[tuple[int, list[Arrival]]], new: Sequence[_Found]) -> None:
    now = clock.now()
    closing = dict(
        Account.objects.filter(pk__in=[account for account, _ in accounts]).values_list("pk", "closing_days")
    )
    Tally.objects.bulk_create(
        _count(account, arrivals, [one for one in new if one.row.account == account], now, closing[account])
        for account, arrivals in accounts
    )


def _count(
    account: int, arrivals: list[Arrival], new: list[_Found], now: datetime, closing_days: int
) -> Tally:
    closed = now - timedelta(days=closing_days)
    return Tally(
        account_id=account,
        at=now,
        stored=len(new),
        duplicates=len(arrivals) - len(new),
        robots=sum(one.row.robot for one in new),
        closed=sum(one.row.time < closed for one in new),
        reaches=sum(len(one.spans) for one in new),
        last_arrival=max(arrival.arrived_at for arrival in arrivals),
    )


def take_hits(*, counter: Counter, raw: Sequence[Any]) -> Outcome:
    """Check and store a batch of hits that a server sent."""
    arrived_at = clock.now()
    arrivals, rejected = _checked(counter, raw, arrived_at)
    if not arrivals:
        return Outcome(rejected=rejected)
    prepare(arrivals=arrivals)
    stored = retrying(lambda: store_hits(arrivals=arrivals))
    return Outcome(stored.stored, stored.duplicates, rejected)


def _checked(
    counter: Counter, raw: Sequence[Any], arrived_at: datetime
) -> tuple[list[Arrival], tuple[Rejected, ...]]:
    arrivals: list[Arrival] = []
    rejected: list[Rejected] = []
    for index, item in enumerate(raw):
        hit = decode_hit(item)
        if index >= MAX_BATCH:
            problem: Problem | None = Problem("", "too_many", f"A batch has at most {MAX_BATCH} items.")
        else:
            problem = hit if isinstance(hit, Problem) else check_hit(hit, arrived_at=arrived_at)
        if problem is not None or isinstance(hit, Problem):
            shown = problem or Problem("", "invalid", "")
            rejected.append(Rejected(index, item_id(item), shown.code, str(shown.detail)))
        else:
            arrivals.append(Arrival(counter.account_id, counter.pk, counter.user_ids, arrived_at, hit))
    return arrivals, tuple(rejected)
