"""When a goal version judges: its validity, its dates in the account's time zone. Pure; microseconds since 2000."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from apps.core import clock, periods


@dataclass(frozen=True, slots=True)
class Span:
    """What of a version decides whether it judges a hit at an instant."""

    version: int
    goal: int
    valid_from: int
    valid_until: int | None  # exclusive
    active: bool
    start_date: date | None
    end_date: date | None

    def holds(self, t: int) -> bool:
        """Whether this was what the goal said at `t`."""
        return self.valid_from <= t and (self.valid_until is None or t < self.valid_until)


@dataclass(frozen=True, slots=True)
class ChatSpan:
    """While which hits can matter to an inquiry that a chat goal's version judges."""

    version: int
    goal: int
    valid_from: int
    until: int | None  # exclusive: the frame of a first reply in the version's last instant is over

    def reaches(self, t: int) -> bool:
        """Whether a hit at `t` that meets the condition can fall into a frame."""
        return self.valid_from <= t and (self.until is None or t < self.until)


class TimeZones:
    """The account's time zone through time; before the first recorded one, the first."""

    def __init__(self, steps: Iterable[tuple[int, str]]) -> None:
        ordered = sorted(steps)
        self._steps: Sequence[tuple[int, ZoneInfo]] = [(at, periods.zone(name)) for at, name in ordered] or [
            (0, periods.zone("UTC"))
        ]

    def at(self, t: int) -> ZoneInfo:
        """The time zone in force at `t`."""
        zone = self._steps[0][1]
        for since, candidate in self._steps[1:]:
            if since > t:
                break
            zone = candidate
        return zone

    def local_date(self, t: int) -> date:
        """The account's calendar date at `t`."""
        return periods.date_of(clock.from_us(t), self.at(t))


def judges(span: Span, t: int, zones: TimeZones) -> bool:
    """Whether a hit at `t` that meets the version's conditions is a reach."""
    if not span.active or span.start_date is None or not span.holds(t):
        return False
    day = zones.local_date(t)
    return span.start_date <= day and (span.end_date is None or day <= span.end_date)
