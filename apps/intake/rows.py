"""From checked hits to the rows that are stored: identities looked up, robots known, the rest packed as JSON."""

from collections.abc import Sequence
from typing import Any

import msgspec

from apps.goals.windows import ChatSpan, Span
from apps.intake import places
from apps.intake.agents import Agent, recognise
from apps.intake.places import Place, place
from apps.intake.records import Arrival
from apps.people.services import CLIENT, USER, Name, ensure_identities
from apps.visits.models import Hit
from apps.visits.services import HitRow

PAGEVIEW, EVENT = int(Hit.Kind.PAGEVIEW), int(Hit.Kind.EVENT)


class Found(msgspec.Struct, gc=False):
    """A hit of a batch on its way: its row, and the goal versions that it is a reach of."""

    row: HitRow
    client: int | None  # the client ID of a hit that goes by its user ID
    spans: tuple[Span, ...] = ()
    chats: tuple[ChatSpan, ...] = ()  # the same of chat goals
    closed: bool = False
    visitor: str | None = None  # a day's visitor who is known by nothing else


class _Detail(msgspec.Struct, omit_defaults=True):
    """What of a hit is only ever read back."""

    click_ids: dict[str, str] | None = None
    purchase_id: str | None = None
    referrer: str | None = None
    title: str | None = None
    value: str | None = None
    currency: str | None = None
    params: dict[str, Any] | None = None
    client: int | None = None
    device: str | None = None
    browser: str | None = None
    os: str | None = None
    country: str | None = None
    city: str | None = None
    visitor: str | None = None  # the day's name of somebody who has not agreed to be known again


_encode = msgspec.json.Encoder().encode
_NOTHING = _encode(_Detail())


def rows(account: int, arrivals: Sequence[Arrival]) -> list[Found]:
    """The rows of one account's hits, in their order."""
    places.refresh()
    ids = ensure_identities(account_id=account, names=_names(arrivals))
    return [_found(account, arrival, ids) for arrival in arrivals]


def _names(arrivals: Sequence[Arrival]) -> set[Name]:
    hits = [one.hit for one in arrivals]
    names = {(CLIENT, hit.client_id) for hit in hits if hit.client_id}
    users = {(USER, one.hit.user_id) for one in arrivals if one.hit.user_id and one.user_ids}
    return names | users


def _found(account: int, arrival: Arrival, ids: dict[Name, int]) -> Found:
    hit = arrival.hit
    client = ids[CLIENT, hit.client_id] if hit.client_id else None
    user = ids[USER, hit.user_id] if hit.user_id and arrival.user_ids else None
    named = None if user is None else client
    agent = recognise(hit.user_agent)
    row = HitRow(
        account,
        arrival.counter_id,
        hit.id,
        hit.time,
        client if user is None else user,
        PAGEVIEW if hit.type == "pageview" else EVENT,
        agent.robot,
        hit.url,
        hit.name,
        _detail(arrival, named, agent, place(hit.ip)),
    )
    return Found(row, named, visitor=arrival.visitor)


def _detail(arrival: Arrival, client: int | None, agent: Agent, where: Place) -> bytes | None:
    """The address and the user agent themselves are kept nowhere."""
    hit = arrival.hit
    packed = _encode(
        _Detail(
            hit.click_ids,
            hit.purchase_id,
            hit.referrer,
            hit.title,
            hit.value,
            hit.currency,
            hit.params,
            client,
            agent.device,
            agent.browser,
            agent.os,
            where.country,
            where.city,
            arrival.visitor,
        )
    )
    return None if packed == _NOTHING else packed
