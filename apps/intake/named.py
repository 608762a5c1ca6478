"""Whom an event or a caller names: identities in one way of writing, and which of them are linked by it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from apps.core.errors import Problem
from apps.intake.records import PersonIn
from apps.people import contacts
from apps.people.identity_values import names_nobody, trimmed
from apps.people.models import Identity

Name = tuple[int, str]
"""(kind, value) of an identity."""
Kind = Identity.Kind
FIELDS: dict[str, Identity.Kind] = {
    "user_id": Kind.USER_ID,
    "client_id": Kind.CLIENT_ID,
    "telegram": Kind.TELEGRAM,
    "whatsapp": Kind.WHATSAPP,
    "viber": Kind.VIBER,
    "facebook": Kind.FACEBOOK,
    "instagram": Kind.INSTAGRAM,
    "messenger": Kind.MESSENGER,
    "email": Kind.EMAIL,
    "phone": Kind.PHONE,
}
"""Names of fields, the one that counts first: a conversation goes by the first that its event names."""
KIND_NAMES = {int(kind): name for name, kind in FIELDS.items()}
_SHAPES = {
    "client_id": "a real id",
    "user_id": "a real id",
    "messenger": "the messenger's name and the account, such as vk:123456",
    "email": "an address such as ana@shop.example",
    "phone": "a number with its country code, such as +49 30 1234567, or set the account's country",
}
_NORMAL: dict[str, Callable[[str], str | None]] = {
    "whatsapp": contacts.whatsapp,
    "messenger": contacts.other_messenger,
    "email": contacts.email,
}


class Named(NamedTuple):
    """An identity as it is kept, and as it was written where that differs."""

    kind: int
    value: str
    written: str = ""

    @property
    def name(self) -> Name:
        """What it is looked up by."""
        return self.kind, self.value


class Pair(NamedTuple):
    """Two identities that were named together."""

    one: Name
    other: Name
    at: datetime


def named(field: str, text: str, *, country: str, path: str = "") -> Named | Problem:
    """Returns the identity that a field's text names, or the Problem of a text that names nobody."""
    value = None if names_nobody(text) else _normal(field, text, country)
    if value is None:
        wanted = _SHAPES.get(field, "the account's id")
        return Problem(
            path + field, "invalid_identity", f"{path}{field} {text[:80]!r} is no {field}; send {wanted}."
        )
    if field in ("client_id", "user_id"):
        return Named(FIELDS[field], value)
    return Named(FIELDS[field], value, text if text != value else "")


def _normal(field: str, text: str, country: str) -> str | None:
    if field in ("client_id", "user_id"):
        return trimmed(text)
    return contacts.phone(text, country) if field == "phone" else _NORMAL.get(field, contacts.account)(text)


def names_of(person: PersonIn | None, *, country: str) -> list[Named] | Problem:
    """All that an event names, the one that counts first; the Problem of the first that is wrong."""
    found: list[Named] = []
    for field in FIELDS if person is not None else ():
        text = getattr(person, field)
        if not text:
            continue
        one = named(field, text, country=country, path="person.")
        if isinstance(one, Problem):
            return one
        found.append(one)
    return found


def pairs(names: Sequence[Named], at: datetime) -> list[Pair]:
    """What is linked by being named together: each with the one that counts first."""
    return [Pair(one.name, names[0].name, at) for one in names[1:]]
