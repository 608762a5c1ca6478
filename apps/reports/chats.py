"""Achievement rates of chat goals, each number defined once: tracked inquiries that ended in a period, and what became of them."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import Count, DateTimeField, F, Func, IntegerField, Q, QuerySet, Value
from django.utils.translation import gettext as _

from apps.accounts import selectors as accounts
from apps.accounts.models import Agent
from apps.conversations.models import Channel
from apps.conversions.chat_selectors import inquiries
from apps.conversions.models import ChatStates, Inquiry
from apps.core import clock, periods
from apps.core.errors import Problem, Refused
from apps.core.rates import percent

__all__ = [
    "BY",
    "ChatCounts",
    "ChatRates",
    "RateRow",
    "chat_rates",
    "ended_inquiries",
    "goal_rates",
    "outcome_of",
    "shown_days",
    "with_outcome",
]

BY = ("member", "date", "channel")
LONGEST = 366  # days
NOBODY = 0

_OUTCOMES = {
    "achieved": Q(outcome=ChatStates.ACHIEVED),
    "missed": Q(outcome=ChatStates.MISSED),
    "pending": Q(outcome=ChatStates.IN_PROCESS, replied_at__isnull=False),
    "unanswered": Q(outcome=ChatStates.IN_PROCESS, replied_at__isnull=True),
}
_COUNTS = {
    "ended": Count("conversation_id"),
    **{name: Count("conversation_id", filter=which) for name, which in _OUTCOMES.items()},
}


@dataclass(frozen=True, slots=True)
class ChatCounts:
    """Of the tracked inquiries that ended: each is in one of the four others."""

    ended: int = 0
    achieved: int = 0
    missed: int = 0
    pending: int = 0  # the time frame is still open; in the denominator all the same
    unanswered: int = 0  # ended before a human agent replied

    @property
    def rate(self) -> float | None:
        """Achieved by ended, 0 to 1; none where nothing ended."""
        return self.achieved / self.ended if self.ended else None

    @property
    def percent(self) -> str:
        """The rate as people read it."""
        return percent(self.achieved, self.ended)


@dataclass(frozen=True, slots=True)
class RateRow:
    """One member, day or channel. `key`: number of the agent (0: nobody) or channel, or the date."""

    key: int | date
    name: str
    counts: ChatCounts


@dataclass(frozen=True, slots=True)
class ChatRates:
    """The rates of a period, in the account's time zone; both days included."""

    first_day: date
    last_day: date
    time_zone: str
    as_of: datetime
    by: str
    total: ChatCounts
    rows: list[RateRow] = field(default_factory=list)


def ended_inquiries(
    *,
    account_id: int,
    first_day: date,
    last_day: date,
    now: datetime,
    channel_id: int | None = None,
    agent_id: int | None = None,
) -> QuerySet[Inquiry]:
    """The rows behind every rate: tracked inquiries whose first solved or closed lies in these days.

    `agent_id` 0 means nobody. `outcome` is what became of each as of `now`.
    """
    _check(first_day, last_day)
    period = periods.days(first_day, last_day, accounts.zone(account_id=account_id))
    rows = inquiries(account_id=account_id, now=now)
    rows = rows.filter(ended_at__gte=period.start, ended_at__lt=period.end)
    if channel_id is not None:
        rows = rows.filter(channel_id=channel_id)
    if agent_id is not None:
        rows = rows.filter(agent_id=agent_id) if agent_id else rows.filter(agent_id__isnull=True)
    return rows


def with_outcome(rows: QuerySet[Inquiry], outcome: str) -> QuerySet[Inquiry]:
    """Of ended inquiries, those that one number counts: achieved, missed, pending or unanswered; "": all."""
    return rows.filter(_OUTCOMES[outcome]) if outcome in _OUTCOMES else rows


def outcome_of(inquiry: Inquiry) -> str:
    """Which of the four numbers counts this row of `ended_inquiries`: as `with_outcome` has it."""
    state = ChatStates(inquiry.outcome)  # type: ignore[attr-defined]  # annotated
    if state != ChatStates.IN_PROCESS:
        return state.name.lower()
    return "pending" if inquiry.replied_at else "unanswered"


def chat_rates(
    *,
    account_id: int,
    first_day: date,
    last_day: date,
    by: str,
    channel_id: int | None = None,
    agent_id: int | None = None,
) -> ChatRates:
    """Achievement rates by member, date or channel, as of now. `Refused` for a period that makes no sense."""
    if by not in BY:
        raise Refused.one("by", "invalid_choice", _("by is member, date or channel."))
    now = clock.now()
    rows = ended_inquiries(
        account_id=account_id,
        first_day=first_day,
        last_day=last_day,
        now=now,
        channel_id=channel_id,
        agent_id=agent_id,
    )
    zone = accounts.zone(account_id=account_id)
    total = ChatCounts(**rows.aggregate(**_COUNTS))
    key = {"member": "agent_id", "channel": "channel_id", "date": "day"}[by]
    if by == "date":
        rows = rows.annotate(day=_day_number(periods.bounds(first_day, last_day, zone)))
    named = _BY[by](account_id, _counted(rows, key), first_day, last_day)
    return ChatRates(first_day, last_day, zone.key, now, by, total, named)


def shown_days(*, account_id: int, last_day: date | None = None) -> tuple[date, date]:
    """First and last of the 30 days that are shown unless somebody says which: until today in the account's zone."""
    return periods.last_dates(periods.SHOWN_DAYS, last_day or accounts.today(account_id=account_id))


def goal_rates(*, account_id: int) -> dict[int, ChatCounts]:
    """By chat goal, of the inquiries that ended in the shown days: what the report says of its channel."""
    first, last = shown_days(account_id=account_id)
    ended = ended_inquiries(account_id=account_id, first_day=first, last_day=last, now=clock.now())
    return _counted(ended, "goal_id")


def _counted(rows: QuerySet[Inquiry], key: str) -> "Counted":
    """The counts by the values of a column."""
    found: list[dict[str, Any]] = list(rows.values(key).annotate(**_COUNTS).order_by())
    return {row.pop(key): ChatCounts(**row) for row in found}


def _day_number(bounds: list[datetime]) -> Func:
    """Which day, from 1, an inquiry ended on; `bounds` are the starts of the days. SQL knows no zones."""
    starts = Value(bounds, output_field=ArrayField(DateTimeField()))
    return Func(F("ended_at"), starts, function="width_bucket", output_field=IntegerField())


def _check(first_day: date, last_day: date) -> None:
    if last_day < first_day:
        raise Refused(Problem("to", "before_start", _("The last day lies before the first.")))
    if (last_day - first_day).days >= LONGEST:
        raise Refused(Problem("to", "too_long", _("A period has at most 366 days.")))


Counted = dict[Any, ChatCounts]


def _members(account_id: int, counted: Counted, first: date, last: date) -> list[RateRow]:
    """Best rate first; nobody last."""
    agents = Agent.objects.filter(account_id=account_id).in_bulk([key for key in counted if key])
    rows = [RateRow(key, str(agents.get(key, key)), counts) for key, counts in counted.items() if key]
    rows.sort(key=lambda row: (-(row.counts.rate or 0), -row.counts.ended, row.name, row.key))
    return rows + [RateRow(NOBODY, _("nobody"), counts) for key, counts in counted.items() if key is None]


def _channels(account_id: int, counted: Counted, first: date, last: date) -> list[RateRow]:
    channels = Channel.objects.filter(account_id=account_id).in_bulk(list(counted))
    rows = [RateRow(key, str(channels.get(key, key)), counts) for key, counts in counted.items()]
    return sorted(rows, key=lambda row: (-row.counts.ended, row.name, row.key))


def _days(account_id: int, counted: Counted, first: date, last: date) -> list[RateRow]:
    """Every day, those on which nothing ended too."""
    days = enumerate(periods.dates(first, last), start=1)
    return [RateRow(day, day.isoformat(), counted.get(number, ChatCounts())) for number, day in days]


_BY = {"member": _members, "date": _days, "channel": _channels}
