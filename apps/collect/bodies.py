"""What a request's body holds: the hits to take, as the very bytes that were sent, and those to refuse."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from apps.core.errors import Problem
from apps.intake.decode import decode_hit
from apps.intake.records import MAX_BATCH, HitIn, Rejected, check_hit


@dataclass(frozen=True, slots=True)
class Taken:
    """The hits of one body; `json` is one hit or an array of them, empty when `count` is 0."""

    json: bytes
    count: int
    rejected: tuple[Rejected, ...] = ()


class _Batch(msgspec.Struct):
    hits: list[msgspec.Raw] | msgspec.UnsetType = msgspec.UNSET


class _Named(msgspec.Struct):
    id: Any = None


_hit = msgspec.json.Decoder(HitIn)
_hits = msgspec.json.Decoder(list[HitIn])
_batch = msgspec.json.Decoder(_Batch)
_named = msgspec.json.Decoder(_Named)
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError)


def take(body: bytes, *, arrived_at: datetime) -> Taken | Problem:
    """The hits of a body, one bare hit or `{"hits": [...]}`; a Problem when it is neither."""
    try:
        hit = _hit.decode(body)
    except msgspec.ValidationError:
        return _take_batch(body, arrived_at)  # has no id and time of its own: not one bare hit
    except _UNREADABLE as error:
        return _unreadable(error)
    problem = check_hit(hit, arrived_at=arrived_at)
    if problem:
        return Taken(b"", 0, (_rejected(0, hit.id, problem),))
    return Taken(body, 1)


def _take_batch(body: bytes, arrived_at: datetime) -> Taken | Problem:
    try:
        items = _batch.decode(body).hits
    except _UNREADABLE as error:
        return _unreadable(error)
    if items is msgspec.UNSET:
        return _take_each([body], arrived_at)
    if len(items) > MAX_BATCH:
        return Problem(
            "hits", "too_many", f"{len(items)} hits in one request; at most {MAX_BATCH} are taken."
        )
    return _take_each(items, arrived_at)


def _take_each(items: Sequence[bytes | msgspec.Raw], arrived_at: datetime) -> Taken:
    good, rejected = [], []
    for index, raw in enumerate(items):
        problem = _problem(raw, arrived_at)
        if problem:
            rejected.append(_rejected(index, _id(raw), problem))
        else:
            good.append(raw)
    json = b"[" + b",".join(good) + b"]" if good else b""
    return Taken(json, len(good), tuple(rejected))


def _problem(raw: bytes | msgspec.Raw, arrived_at: datetime) -> Problem | None:
    try:
        hit = decode_hit(raw)
    except _UNREADABLE as error:
        return _unreadable(error)
    return hit if isinstance(hit, Problem) else check_hit(hit, arrived_at=arrived_at)


def _id(raw: bytes | msgspec.Raw) -> str | None:
    try:
        found = _named.decode(raw).id
    except _UNREADABLE:
        return None
    return found[:128] if isinstance(found, str) else None


def _rejected(index: int, id_: str | None, problem: Problem) -> Rejected:
    return Rejected(index=index, id=id_, code=problem.code, detail=str(problem.detail))


def _unreadable(error: Exception) -> Problem:
    if isinstance(error, msgspec.ValidationError):
        return Problem("", "invalid", f'The body is neither a hit nor {{"hits": [...]}}: {error}.')
    return Problem("", "invalid_json", f"The body is no valid JSON in UTF-8: {error}.")


def read(json: bytes) -> list[HitIn]:
    """The hits of bytes that `take` gave."""
    return _hits.decode(json) if json.startswith(b"[") else [_hit.decode(json)]
