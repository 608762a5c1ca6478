"""Clocks of senders: a hit is stored at its corrected time, and one sent again at the time of its first arrival.

A hit's key has the time as it was sent. Where the sender's clock was wrong the stored time is another one, and each
attempt to send would be corrected by a little more or less; so what key was moved to what time is remembered
(`Moved`), and the first stored wins. See docs/decisions/0016.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec
from django.db import connection

from apps.core import clock
from apps.intake.models import Moved
from apps.intake.records import Arrival

MOVED_KEPT = timedelta(days=400)
Key = tuple[int, int, str, datetime]
"""(account, counter, id, time as sent)"""


def corrected(arrival: Arrival) -> datetime:
    """When it happened, by our clock."""
    return arrival.hit.time + timedelta(microseconds=arrival.shift_us or 0)


def settle(*, arrivals: Sequence[Arrival]) -> list[Arrival]:
    """The arrivals at the times at which they are stored. Must be in the storing transaction."""
    moved = [one for one in arrivals if one.shift_us]
    told = {one.account_id for one in arrivals if one.shift_us == 0}
    if not moved and not any(Moved.objects.filter(account_id=account).exists() for account in told):
        return list(arrivals)  # as nearly always
    plain = {_key(one) for one in arrivals if one.shift_us == 0}
    times = _known_among(plain)
    if moved:
        times |= _move(moved, plain)
    return [_at(one, times) for one in arrivals] if times else list(arrivals)


def _key(arrival: Arrival) -> Key:
    return arrival.account_id, arrival.counter_id, arrival.hit.id, arrival.hit.time


def _at(arrival: Arrival, times: dict[Key, datetime]) -> Arrival:
    time = times.get(_key(arrival)) if arrival.shift_us is not None else None
    if time is None or time == arrival.hit.time:
        return arrival
    return msgspec.structs.replace(arrival, hit=msgspec.structs.replace(arrival.hit, time=time))


def _known_among(keys: Iterable[Key]) -> dict[Key, datetime]:
    """Of hits whose sender's clock is right now: those that came before, when it was wrong."""
    found: dict[Key, datetime] = {}
    for account, ids in _ids(keys).items():
        if Moved.objects.filter(account_id=account).exists():
            found |= _known(account, ids)
    return found


def _move(moved: Sequence[Arrival], plain: set[Key]) -> dict[Key, datetime]:
    wanted: dict[Key, datetime] = {}
    for one in moved:
        wanted.setdefault(_key(one), corrected(one))
    as_sent = (plain & wanted.keys()) | _stored(sorted(wanted))
    new = [Moved.of(key, wanted[key]) for key in sorted(wanted.keys() - as_sent)]
    Moved.objects.bulk_create(new, ignore_conflicts=True)
    known: dict[Key, datetime] = {}
    for account, ids in _ids(wanted).items():
        known |= _known(account, ids)
    return {key: known.get(key, key[3]) for key in wanted}


def _ids(keys: Iterable[Key]) -> dict[int, list[str]]:
    ids: dict[int, list[str]] = {}
    for account, _counter, id_, _time in keys:
        ids.setdefault(account, []).append(id_)
    return ids


def _known(account: int, ids: list[str]) -> dict[Key, datetime]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT counter_id, id, sent_at, time FROM intake_moved WHERE account_id = %s AND id = ANY(%s)",
            [account, ids],
        )
        return {(account, counter, id_, sent): time for counter, id_, sent, time in cursor.fetchall()}


def _stored(keys: Sequence[Key]) -> set[Key]:
    """Those of the keys that are stored at the time as sent: they came before, with a right clock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT k.account, k.counter, k.id, k.sent FROM unnest(%s::bigint[], %s::bigint[], %s::text[],"
            " %s::timestamptz[]) AS k(account, counter, id, sent), LATERAL (SELECT FROM visits_hit h"
            " WHERE h.account_id = k.account AND h.counter_id = k.counter AND h.id = k.id AND h.time = k.sent"
            " LIMIT 1) AS there",
            [list(column) for column in zip(*keys, strict=True)],
        )
        return set(cursor.fetchall())


def forget_moved() -> None:
    """Forget keys of hits that are so old that nobody sends them again."""
    Moved.objects.filter(time__lt=clock.now() - MOVED_KEPT).delete()
