"""From a person's hits on one counter to visits. Pure; instants are microseconds since 2000.

A visit is hits without a gap longer than the counter's visit timeout; exactly that long is no longer gap. The timeout
in force at the hit that follows the gap judges it, so a changed setting leaves the visits before it as they were.
Robots' hits are told apart by the caller: they make visits of their own.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec

from apps.visits.sources import INSIGNIFICANT, Origin, Source, origin

SECOND_US = 1_000_000
DEFAULT_TIMEOUT_US = 1800 * SECOND_US
LONGEST_TIMEOUT_US = 6 * 3600 * SECOND_US
HISTORY_US = 90 * 86_400 * SECOND_US
"""After a pause between two visits that is longer, what brought the earlier ones is forgotten."""


class Timeouts:
    """A counter's visit timeout through time; before the first value that was recorded, the first."""

    def __init__(self, steps: Sequence[tuple[int, int]] = ()) -> None:
        """`steps`: instants and the timeouts from then on, both in microseconds, in order."""
        self._instants = [at for at, _ in steps]
        self._values = [value for _, value in steps] or [DEFAULT_TIMEOUT_US]

    def at(self, t: int) -> int:
        """The timeout in force."""
        return self._values[max(bisect_right(self._instants, t) - 1, 0)]


class Seen(NamedTuple):
    """A hit as visits see it; `detail` is what is stored with it, JSON."""

    t: int
    id: str
    pageview: bool
    url: str | None = None
    detail: str | None = None


class Visit(NamedTuple):
    """A visit; texts are empty where nothing is known."""

    started: int
    ended: int
    pages: int
    events: int
    landing_page: str
    referrer: str
    source: Source
    first: Source  # of the first visit, unless the history was forgotten in between
    significant: Source  # of this visit or of the latest one before it that has a significant source
    origin: Origin
    device: str
    browser: str
    os: str
    country: str
    city: str


class Before(NamedTuple):
    """What an earlier visit hands on to the next."""

    ended: int
    first: Source
    significant: Source


class _Detail(msgspec.Struct):
    referrer: str = ""
    click_ids: dict[str, str] | None = None
    device: str = ""
    browser: str = ""
    os: str = ""
    country: str = ""
    city: str = ""


_decode = msgspec.json.Decoder(_Detail).decode
_NOTHING = _Detail()


def split(times: Sequence[int], timeouts: Timeouts) -> list[int]:
    """Where each visit begins: indexes into instants that come in order."""
    return [index for index, t in enumerate(times) if index == 0 or t - times[index - 1] > timeouts.at(t)]


def visits(
    hits: Sequence[Seen], timeouts: Timeouts, *, site: str | None = None, before: Before | None = None
) -> list[Visit]:
    """The visits of one person's hits on one counter, in any order; `before` is the visit that precedes them."""
    ordered = sorted(hits, key=lambda hit: (hit.t, hit.id))
    starts = split([hit.t for hit in ordered], timeouts)
    made = []
    for start, end in zip(starts, [*starts[1:], len(ordered)], strict=True):
        visit = _visit(ordered[start:end], site, before)
        before = Before(visit.ended, visit.first, visit.significant)
        made.append(visit)
    return made


def _visit(hits: Sequence[Seen], site: str | None, before: Before | None) -> Visit:
    landing = next((hit for hit in hits if hit.pageview), hits[0])
    said = _read(landing.detail)
    found = origin(url=landing.url, referrer=said.referrer, clicks=said.click_ids, site=site)
    known = before is not None and hits[0].t - before.ended <= HISTORY_US
    own = found.source
    sender = _first(hits, lambda one: one.device)
    where = _first(hits, lambda one: one.country)
    pages = sum(hit.pageview for hit in hits)
    return Visit(
        started=hits[0].t,
        ended=hits[-1].t,
        pages=pages,
        events=len(hits) - pages,
        landing_page=landing.url or "",
        referrer=said.referrer,
        source=own,
        first=before.first if known and before else own,
        significant=_significant(own, before.significant if known and before else own),
        origin=found,
        device=sender.device,
        browser=sender.browser,
        os=sender.os,
        country=where.country,
        city=where.city,
    )


def _significant(own: Source, earlier: Source) -> Source:
    """A visit's own source, unless only an earlier one is significant."""
    return earlier if own.kind in INSIGNIFICANT and earlier.kind not in INSIGNIFICANT else own


def _first(hits: Sequence[Seen], says: Callable[[_Detail], Any]) -> _Detail:
    """What the first hit that says something says."""
    for hit in hits:
        if hit.detail is not None and says(found := _read(hit.detail)):
            return found
    return _NOTHING


def _read(detail: str | None) -> _Detail:
    """Hits that were stored by another version of ours may hold what this one does not expect."""
    if detail is None:
        return _NOTHING
    try:
        return _decode(detail)
    except msgspec.DecodeError:
        return _NOTHING
