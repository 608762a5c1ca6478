"""The columns of a goal's CSV, as `docs/` and the source product name them. Pure."""

from datetime import datetime, tzinfo
from decimal import Decimal
from typing import NamedTuple

from apps.core import csvsafe, money

HEADINGS = (
    "Timestamp",
    "Goal ID",
    "Goal name",
    "Agent ID",
    "Agent name",
    "Agent email",
    "Ticket ID",
    "Total transaction value",
    "Satisfaction score",
    "Contact duration to goal",
)
UNOFFERED = "Unoffered"  # a machine reads it: never translated
_SECOND = 1_000_000  # microseconds


class Credited(NamedTuple):
    """A credited conversion with what its row shows; names are those of the conversion's own time."""

    time: datetime
    goal_id: int
    goal_name: str
    agent_id: str  # the external id
    agent_name: str | None
    agent_email: str | None
    ticket: str
    value: Decimal | None
    currency: str
    score: str | float | None  # as it was sent: a word or a number
    contact_us: int


def cells(row: Credited, zone: tzinfo) -> tuple[str | int, ...]:
    """The row's ten cells. Contact duration is in whole seconds, the rest of a second dropped."""
    return (
        row.time.astimezone(zone).isoformat(),
        row.goal_id,
        csvsafe.text(row.goal_name),
        csvsafe.text(row.agent_id),
        csvsafe.text(row.agent_name or ""),
        csvsafe.text(row.agent_email or ""),
        csvsafe.text(row.ticket),
        "" if row.value is None else money.plain(row.value, row.currency),
        _score(row.score),
        row.contact_us // _SECOND,
    )


def _score(score: str | float | None) -> str:
    if score is None:
        return UNOFFERED
    return csvsafe.text(score) if isinstance(score, str) else str(score)
