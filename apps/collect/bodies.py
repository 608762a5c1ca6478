"""What a request's body holds: the hits to take, as the very bytes that were sent, and those to refuse."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from apps.core.errors import Problem
from apps.intake import clocks, lenient
from apps.intake.decode import decode_hit
from apps.intake.records import MAX_BATCH, HitIn, Rejected, check_hit


@dataclass(frozen=True, slots=True)
class Taken:
    """The hits of one body; `json` is one hit, an array of them or the body as it came, empty when `count` is 0.

    `shift_us`: what the sender's clock is to be corrected by; None where it was not told.
    `mended`: letters of details that were cut or dropped for a sender that asked for it (`intake.lenient`).
    """

    json: bytes
    count: int
    rejected: tuple[Rejected, ...] = ()
    shift_us: int | None = None
    mended: str = ""


class _Bare(HitIn):
    sent_at: datetime | None = None


class _Batch(msgspec.Struct):
    hits: list[msgspec.Raw] | msgspec.UnsetType = msgspec.UNSET
    sent_at: datetime | None = None
    lenient: bool = False  # whoever sends this reads no answer: details that do not hold cost no hit


class _Whole(msgspec.Struct):
    hits: list[HitIn]
    sent_at: datetime | None = None


class _Named(msgspec.Struct):
    id: Any = None


BATCH = b'{"hits"'
"""How a batch begins, if its sender did not put anything before or between."""
_hit = msgspec.json.Decoder(HitIn)
_hits = msgspec.json.Decoder(list[HitIn])
_whole = msgspec.json.Decoder(_Whole)
_bare = msgspec.json.Decoder(_Bare)
_batch = msgspec.json.Decoder(_Batch)
_named = msgspec.json.Decoder(_Named)
_encode = msgspec.json.Encoder().encode
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError)


def take(body: bytes, *, arrived_at: datetime) -> Taken | Problem:
    """The hits of a body, one bare hit or `{"hits": [...]}`; a Problem when it is neither."""
    if body.startswith(BATCH):
        return _take_whole(body, arrived_at) or _take_batch(body, arrived_at)
    try:
        hit = _bare.decode(body)
    except msgspec.ValidationError:
        return _take_batch(body, arrived_at)  # has no id and time of its own: not one bare hit
    except _UNREADABLE as error:
        return _unreadable(error)
    if hit.sent_at is not None:
        return _take_timed([body], hit.sent_at, arrived_at)
    problem = check_hit(hit, arrived_at=arrived_at)
    if problem:
        return Taken(b"", 0, (_rejected(0, hit.id, problem),))
    return Taken(body, 1)


def _take_whole(body: bytes, arrived_at: datetime) -> Taken | None:
    """A batch of good hits, as nearly all are: read at once and kept as it is. None if they are to be told apart."""
    try:
        whole = _whole.decode(body)
    except _UNREADABLE:
        return None
    hits, shift_us = whole.hits, None
    if whole.sent_at is not None:
        told = clocks.shift_us(sent_at=whole.sent_at, arrived_at=arrived_at)
        if told or isinstance(told, Problem):
            return None
        shift_us = told
    if not 0 < len(hits) <= MAX_BATCH:
        return None
    for hit in hits:
        if check_hit(hit, arrived_at=arrived_at):
            return None
    return Taken(body, len(hits), shift_us=shift_us)


def _take_batch(body: bytes, arrived_at: datetime) -> Taken | Problem:
    try:
        batch = _batch.decode(body)
    except _UNREADABLE as error:
        return _unreadable(error)
    items: Sequence[bytes | msgspec.Raw] = [body] if batch.hits is msgspec.UNSET else batch.hits
    if len(items) > MAX_BATCH:
        return Problem(
            "hits", "too_many", f"{len(items)} hits in one request; at most {MAX_BATCH} are taken."
        )
    if batch.sent_at is not None:
        return _take_timed(items, batch.sent_at, arrived_at, may_mend=batch.lenient)
    return _take_each(items, arrived_at, None, may_mend=batch.lenient)


def _take_timed(
    items: Sequence[bytes | msgspec.Raw], sent_at: datetime, arrived_at: datetime, *, may_mend: bool = False
) -> Taken | Problem:
    shift_us = clocks.shift_us(sent_at=sent_at, arrived_at=arrived_at)
    if isinstance(shift_us, Problem):
        return shift_us
    return _take_each(items, arrived_at, shift_us, may_mend=may_mend)


def _take_each(
    items: Sequence[bytes | msgspec.Raw], arrived_at: datetime, shift_us: int | None, *, may_mend: bool
) -> Taken:
    good, rejected, mended = [], [], ""
    for index, raw in enumerate(items):
        kept, letters = _mended(raw) if may_mend else (raw, "")
        problem = _problem(kept, arrived_at, shift_us)
        if problem:
            rejected.append(_rejected(index, _id(raw), problem))
        else:
            good.append(kept)
            mended += letters
    json = b"[" + b",".join(good) + b"]" if good else b""
    return Taken(json, len(good), tuple(rejected), shift_us, mended)


def _mended(raw: bytes | msgspec.Raw) -> tuple[bytes | msgspec.Raw, str]:
    """The hit as it can be taken, and the letters of what was cut or dropped."""
    hit = _read(raw)
    if isinstance(hit, Problem):
        return raw, ""
    letters = lenient.mend(hit)  # what is only trimmed has none, and is another text all the same
    return _encode(hit), letters


def _problem(raw: bytes | msgspec.Raw, arrived_at: datetime, shift_us: int | None) -> Problem | None:
    hit = _read(raw)
    if isinstance(hit, Problem):
        return hit
    if shift_us:
        return clocks.check_hit(hit, arrived_at=arrived_at, shift_us=shift_us)
    return check_hit(hit, arrived_at=arrived_at)


def _read(raw: bytes | msgspec.Raw) -> HitIn | Problem:
    try:
        return decode_hit(raw)
    except _UNREADABLE as error:
        return _unreadable(error)


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
    if json.startswith(BATCH):
        return _whole.decode(json).hits
    return _hits.decode(json) if json.startswith(b"[") else [_hit.decode(json)]
