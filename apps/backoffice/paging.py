"""Pages of a list, each beginning next to a row of another: rows that come or go meanwhile repeat and hide none."""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import F, Q, QuerySet
from django.http import QueryDict

from apps.accounts.checks import storable

LONGEST = 6000


@dataclass(frozen=True)
class Order:
    """What a list is ordered by: fields, the last of which make them unique, all in one direction; NULLs come last.

    `key` names the order in cursors, so that one of another order is not taken for one of this.
    """

    key: str
    fields: tuple[str, ...]
    descending: bool = False
    nulls: bool = True  # False: the rows are filtered so that none of the fields is NULL

    def nullable(self, rows: QuerySet[Any], number: int) -> bool:
        """Whether this field can be NULL. Of what is no column of the rows' own table it is not known: yes."""
        field = self.fields[number]
        if not self.nulls or field == "pk":
            return False
        try:
            return bool(getattr(rows.model._meta.get_field(field), "null", True))
        except FieldDoesNotExist:
            return True


class Paged(NamedTuple):
    """The rows of a page, the addresses of the pages before and after it, and whether it is not simply the first."""

    rows: list[Any]
    before: str | None
    after: str | None
    inside: bool


class Place(NamedTuple):
    """Where a page begins (`forward`) or ends: the values of the row of another page that is next to it."""

    values: list[Any]
    forward: bool


def paged(rows: QuerySet[Any], *, order: Order, query: QueryDict, size: int) -> Paged:
    """The page that the query asks for, in one question. A cursor that makes no sense counts as none."""
    rows = rows.annotate(**{_name(number): F(field) for number, field in enumerate(order.fields)})
    place = _asked(rows, order, query)
    forward = place is None or place.forward
    if place is not None:
        beyond = _beyond(rows, order, place)
        rows = rows.none() if beyond is None else rows.filter(beyond)
    found = list(rows.order_by(*_ordering(rows, order, forward=forward))[: size + 1])
    more, shown = len(found) > size, found[:size]
    if not forward:
        shown.reverse()
    earlier = place is not None if forward else more
    later = more if forward else True
    return Paged(
        shown,
        before=_address(query, "before", order, shown[0]) if shown and earlier else None,
        after=_address(query, "after", order, shown[-1]) if shown and later else None,
        inside=place is not None,
    )


def address(query: QueryDict, **changes: Any) -> str:
    """The page's address with these parameters changed; None takes one away."""
    kept = {key: query[key] for key in query if query[key]}
    kept.update({key: str(value) for key, value in changes.items() if value is not None})
    for key, value in changes.items():
        if value is None:
            kept.pop(key, None)
    return "?" + urlencode(kept)


def first_page(query: QueryDict, **changes: Any) -> str:
    """The address of the first page, with these parameters changed."""
    return address(query, **{"before": None, "after": None, "page": None, **changes})


def _name(number: int) -> str:
    return f"order_{number}"


def _address(query: QueryDict, name: str, order: Order, row: Any) -> str:
    values = [_written(getattr(row, _name(number))) for number in range(len(order.fields))]
    raw = json.dumps([order.key, *values], separators=(",", ":")).encode()
    return first_page(query, **{name: base64.urlsafe_b64encode(raw).decode().rstrip("=")})


def _written(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _asked(rows: QuerySet[Any], order: Order, query: QueryDict) -> Place | None:
    for name in ("after", "before"):
        if text := query.get(name):
            values = _read(rows, order, text)
            return None if values is None else Place(values, name == "after")
    return None


def _read(rows: QuerySet[Any], order: Order, text: str) -> list[Any] | None:
    """The values in a cursor, if it is one of this order and each is one that its field can hold."""
    if len(text) > LONGEST:
        return None
    try:
        raw = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), "-_", validate=True))
        if not isinstance(raw, list) or len(raw) != 1 + len(order.fields) or raw[0] != order.key:
            return None
        return [_value(rows, order, number, value) for number, value in enumerate(raw[1:])]
    except (ValueError, TypeError, OverflowError, RecursionError, ArithmeticError, ValidationError):
        return None


def _value(rows: QuerySet[Any], order: Order, number: int, raw: Any) -> Any:
    if raw is None:
        if not order.nullable(rows, number):
            raise ValueError
        return None
    if not isinstance(raw, bool | int | str):
        raise TypeError
    value = rows.query.annotations[_name(number)].output_field.to_python(raw)
    if isinstance(value, str) and storable("", value):
        raise ValueError
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise ValueError
        return value.astimezone(UTC)  # PostgreSQL knows no offsets of 16 hours or more
    return value


def _ordering(rows: QuerySet[Any], order: Order, *, forward: bool) -> list[Any]:
    """NULLs are placed only where there can be any, so that an index of the columns serves."""
    descending = order.descending is forward
    ordering = []
    for number in range(len(order.fields)):
        nulls: dict[str, Any] = {}
        if order.nullable(rows, number):
            nulls = {"nulls_last": True} if forward else {"nulls_first": True}
        name = F(_name(number))
        ordering.append(name.desc(**nulls) if descending else name.asc(**nulls))
    return ordering


def _beyond(rows: QuerySet[Any], order: Order, place: Place) -> Q | None:
    """The rows on the far side of a place; None where there cannot be any."""
    beyond: Q | None = None
    for number in reversed(range(len(order.fields))):
        name, value = _name(number), place.values[number]
        further = _further(name, value, order, forward=place.forward, nullable=order.nullable(rows, number))
        same = Q((f"{name}__isnull", True)) if value is None else Q((name, value))
        within = same & beyond if beyond is not None else None
        both = [part for part in (further, within) if part is not None]
        beyond = both[0] | both[1] if len(both) == 2 else both[0] if both else None
    if beyond is None or order.nullable(rows, 0):
        return beyond
    way = "gte" if order.descending is not place.forward else "lte"  # a range of an index
    return Q((f"{_name(0)}__{way}", place.values[0])) & beyond


def _further(name: str, value: Any, order: Order, *, forward: bool, nullable: bool) -> Q | None:
    """By this field alone: further on; None where nothing is, behind the NULLs."""
    if value is None:
        return None if forward else Q((f"{name}__isnull", False))
    way = "gt" if order.descending is not forward else "lt"
    further = Q((f"{name}__{way}", value))
    return further | Q((f"{name}__isnull", True)) if nullable and forward else further
