"""The shapes in which hits and conversation events come in, and the rules that one of them must keep.

Pure: the edge, the drain, the bulk API, the log import and the demo all check with these functions, so a
hit that one of them takes is a hit that all of them take. Field names are those of the API (`docs/api.md`).
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec

from apps.core.clock import BEGINNING
from apps.core.errors import Problem
from apps.people.identity_values import names_nobody

AHEAD = timedelta(minutes=5)
MAX_ID = 128
MAX_IDENTITY = 255
MAX_URL = 8192
MAX_NAME = 255
MAX_TITLE = 1000
MAX_AGENT = 1000
MAX_BATCH = 1000
_NUMBER = re.compile(r"[+-]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})([eE][+-]?\d{1,3})?", re.ASCII)


# What follows `Annotated` is for the API's document only; what is wrong is told in words by the rules below.
Instant = Annotated[datetime, msgspec.Meta(extra_json_schema={"format": "date-time"})]
HitType = Annotated[str, msgspec.Meta(description="pageview or event.")]
Consent = Annotated[str, msgspec.Meta(description="granted or none.")]
AuthorKind = Annotated[str, msgspec.Meta(description="person, agent, bot or system.")]
EventType = Annotated[str, msgspec.Meta(description="message, assignment, status, rating or tag.")]
Status = Annotated[str, msgspec.Meta(description="new, open, pending, hold, solved or closed.")]


class HitIn(msgspec.Struct, omit_defaults=True):
    """One hit as it is sent."""

    id: str
    time: Instant
    type: HitType
    url: str | None = None
    name: str | None = None
    client_id: str | None = None
    user_id: str | None = None
    click_ids: dict[str, str] | None = None
    purchase_id: str | None = None
    referrer: str | None = None
    title: str | None = None
    value: str | None = None
    currency: str | None = None
    params: dict[str, Any] | None = None
    ip: str | None = None
    user_agent: str | None = None
    consent: Consent | None = None


class PersonIn(msgspec.Struct, omit_defaults=True):
    """Whom an event names; what is named together belongs together."""

    client_id: str | None = None
    user_id: str | None = None
    telegram: str | None = None
    whatsapp: str | None = None
    viber: str | None = None
    facebook: str | None = None
    instagram: str | None = None
    messenger: str | None = None  # any other: "vk:123456"
    email: str | None = None
    phone: str | None = None


class AuthorIn(msgspec.Struct, omit_defaults=True):
    """Who said a message."""

    kind: AuthorKind
    agent: str | None = None


class RatingIn(msgspec.Struct, omit_defaults=True):
    """What the person thought of it."""

    score: str | int | float | None = None
    comment: str | None = None


class EventIn(msgspec.Struct, omit_defaults=True):
    """One conversation event as it is sent; `agent` and `group` left out mean unchanged, null means none."""

    id: str
    conversation: str
    channel: str
    time: Instant
    type: EventType
    seq: int = 0
    person: PersonIn | None = None
    author: AuthorIn | None = None
    public: bool = True
    text: str | None = None
    agent: str | msgspec.UnsetType | None = msgspec.UNSET
    group: str | msgspec.UnsetType | None = msgspec.UNSET
    status: Status | None = None
    rating: RatingIn | None = None
    tag: str | None = None
    link: str | None = None


class Arrival(msgspec.Struct, frozen=True):
    """A checked hit on its way into the database: of which counter, and when it was acknowledged.

    `shift_us`: what its sender's clock is to be corrected by; None where the sender did not tell its clock.
    `visitor`: the day's name for somebody who has not agreed to be known again; the hit then names nobody.
    `refused`: why it is counted and not stored.
    `mended`: letters of the details that were cut or dropped (`lenient.KINDS`).
    """

    account_id: int
    counter_id: int
    user_ids: bool
    arrived_at: datetime
    hit: HitIn
    shift_us: int | None = None
    visitor: str | None = None
    refused: str | None = None
    mended: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """An item of a batch that was not taken: its place, its id if it has one, and why."""

    index: int
    id: str | None
    code: str
    detail: str


@dataclass(slots=True)
class Outcome:
    """What became of a batch."""

    accepted: int = 0
    duplicates: int = 0
    rejected: tuple[Rejected, ...] = ()


def _encodable(text: str) -> bool:
    """PostgreSQL keeps neither NUL nor half of a surrogate pair."""
    if "\x00" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _text(field: str, value: str | None, longest: int) -> Problem | None:
    if value is None:
        return None
    if len(value) > longest:
        return Problem(
            field, "too_long", f"{field} has {len(value)} characters; at most {longest} are taken."
        )
    if not (
        value.isprintable() or _encodable(value)
    ):  # nearly everything is printable, and quickly seen to be
        return Problem(
            field, "not_storable", f"{field} contains NUL or half a surrogate pair; send valid text."
        )
    return None


def _required(field: str, value: str, longest: int) -> Problem | None:
    if not value:
        return Problem(field, "required", f"{field} is empty; send 1 to {longest} characters.")
    return _text(field, value, longest)


def time_problem(value: datetime, arrived_at: datetime) -> Problem | None:
    """Why a fact that arrives then cannot be of this time, if so."""
    if value.tzinfo is None:
        return Problem("time", "no_offset", f"time {value.isoformat()} has no offset; write Z or +00:00.")
    if value > arrived_at + AHEAD:
        return Problem(
            "time", "time_in_future", f"time {value.isoformat()} is more than 5 minutes after its arrival."
        )
    if value < BEGINNING:
        return Problem("time", "time_too_old", f"time {value.isoformat()} is before 1970.")
    return None


def identity_problem(field: str, value: str | None) -> Problem | None:
    """Why this names nobody or cannot be kept, if so."""
    if value is None:
        return None
    if value.isdecimal() and value.isascii() and value[0] != "0" and len(value) <= MAX_IDENTITY:
        return None  # a client ID as nearly every hit has one: the edge pays for each look at it
    if names_nobody(value):
        return Problem(
            field,
            "invalid_identity",
            f"{field} {value!r} names nobody; send a real id or leave the field out.",
        )
    return _text(field, value, MAX_IDENTITY)


def money_problem(value: str | None, currency: str | None) -> Problem | None:
    """Why this is no amount, in ASCII digits, or no currency code, if so."""
    if currency is not None and not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        return Problem("currency", "invalid", f"currency {currency[:8]!r} is no ISO 4217 code such as EUR.")
    if value is None:
        return None
    if not _NUMBER.fullmatch(value):  # Decimal also takes 1_000, NaN and other scripts' digits
        return Problem("value", "invalid", f"value {value[:40]!r} is no decimal number such as 12.50.")
    amount = Decimal(value)
    if amount and amount.adjusted() >= 12:  # a comparison might overflow
        return Problem("value", "invalid", f"value {value[:40]!r} is out of range.")
    return None


def check_hit(hit: HitIn, *, arrived_at: datetime) -> Problem | None:
    """The first rule that this hit breaks, if any."""
    return (
        _required("id", hit.id, MAX_ID)
        or time_problem(hit.time, arrived_at)
        or _hit_kind(hit)
        or identity_problem("client_id", hit.client_id)
        or (identity_problem("user_id", hit.user_id) if hit.user_id is not None else None)
        or _hit_details(hit)
    )


def _hit_details(hit: HitIn) -> Problem | None:
    """What most hits leave out is passed over without a call: the edge pays for each."""
    return (
        (
            money_problem(hit.value, hit.currency)
            if hit.value is not None or hit.currency is not None
            else None
        )
        or (identity_problem("purchase_id", hit.purchase_id) if hit.purchase_id is not None else None)
        or _text("referrer", hit.referrer, MAX_URL)
        or _text("title", hit.title, MAX_TITLE)
        or (_text("user_agent", hit.user_agent, MAX_AGENT) if hit.user_agent is not None else None)
        or (nested_problem("click_ids", hit.click_ids) if hit.click_ids else None)
        or (nested_problem("params", hit.params) if hit.params else None)
        or (_choice("consent", hit.consent, CONSENT) if hit.consent is not None else None)
    )


def _hit_kind(hit: HitIn) -> Problem | None:
    if hit.type == "pageview":
        return _required("url", hit.url or "", MAX_URL) or (
            _text("name", hit.name, MAX_NAME) if hit.name else None
        )
    if hit.type == "event":
        return _required("name", hit.name or "", MAX_NAME) or _text("url", hit.url, MAX_URL)
    return Problem("type", "invalid_choice", f"type {hit.type[:40]!r} is neither pageview nor event.")


def nested_problem(field: str, value: dict[str, Any] | None) -> Problem | None:
    """Why this object cannot be kept, if so."""
    if not value:
        return None
    text = msgspec.json.encode(value).decode()
    if "\\u0000" in text:
        return Problem(field, "not_storable", f"{field} contains NUL; send valid text.")
    return _text(field, text, 16_000)


CONSENT = ("granted", "none")
STATUSES = ("new", "open", "pending", "hold", "solved", "closed")
AUTHORS = ("person", "agent", "bot", "system")
EVENT_TYPES = ("message", "assignment", "status", "rating", "tag")


def check_event(event: EventIn, *, arrived_at: datetime) -> Problem | None:
    """The first rule that this conversation event breaks, if any."""
    return (
        _required("id", event.id, MAX_IDENTITY)
        or _required("conversation", event.conversation, MAX_IDENTITY)
        or _required("channel", event.channel, MAX_IDENTITY)
        or time_problem(event.time, arrived_at)
        or _seq(event.seq)
        or _event_person(event.person)
        or _event_kind(event)
        or _text("text", event.text, 100_000)
        or _text("tag", event.tag, 255)
        or _link(event.link)
    )


def _link(link: str | None) -> Problem | None:
    """A page of the chat system. People click on it: nothing but the web's own schemes is taken."""
    if link is None:
        return None
    try:
        parts = urlsplit(link)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname or " " in link or not link.isprintable():
        return Problem(
            "link", "invalid", f"link {link[:80]!r} is no address that begins with https:// or http://."
        )
    return _text("link", link, 2048)


def _seq(seq: int) -> Problem | None:
    if -(2**62) < seq < 2**62:
        return None
    return Problem("seq", "invalid", f"seq {seq} is out of range; it is a 62 bit number.")


def _event_person(person: PersonIn | None) -> Problem | None:
    if person is None:
        return None
    checked = (identity_problem(f"person.{name}", getattr(person, name)) for name in person.__struct_fields__)
    return next((problem for problem in checked if problem), None)


def _choice(field: str, value: str | None, choices: tuple[str, ...]) -> Problem | None:
    if value in choices:
        return None
    shown = "nothing" if value is None else repr(value[:40])
    return Problem(field, "invalid_choice", f"{field} is {shown}; it is one of {', '.join(choices)}.")


def _event_kind(event: EventIn) -> Problem | None:
    if event.type == "message":
        author = event.author
        return _choice("author.kind", author.kind if author else None, AUTHORS) or (
            _reference("author.agent", author.agent) if author else None
        )
    if event.type == "assignment":
        return _reference("agent", event.agent) or _reference("group", event.group)
    if event.type == "status":
        return _choice("status", event.status, STATUSES)
    if event.type == "rating":
        return _rating(event.rating)
    if event.type == "tag":
        return _required("tag", event.tag or "", 255)
    return _choice("type", event.type, EVENT_TYPES)


def _reference(field: str, value: str | msgspec.UnsetType | None) -> Problem | None:
    if value is None or value is msgspec.UNSET:
        return None
    return _required(field, value, MAX_IDENTITY)


def _rating(rating: RatingIn | None) -> Problem | None:
    if rating is None or rating.score is None:
        return Problem("rating.score", "required", "rating.score is missing; send a word or a number.")
    return _text("rating.score", str(rating.score), 64) or _text("rating.comment", rating.comment, 10_000)
