"""From a person's hits on one counter to visits. Pure; instants are microseconds since 2000.

A visit is hits without a gap longer than the counter's visit timeout; exactly that long is no longer gap. The timeout
in force at the hit that follows the gap judges it, so a changed setting leaves the visits before it as they were.
Robots' hits are told apart by the caller: they make visits of their own.

When hits were and what sort they are outlines the visits; what they say is read of the few that count (`finished`).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import msgspec

from apps.visits.sources import INSIGNIFICANT, NO_SITES, Origin, OwnSites, Source, origin

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
        self.least = min(self._values)

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


class Outline(NamedTuple):
    """A visit by its hits' instants and sorts."""

    started: int
    ended: int
    pages: int
    events: int
    landing: int  # the instant of its first page view, or else of its first hit
    device: int | None  # of the first hit that seems to say one
    country: int | None

    @property
    def telling(self) -> set[int]:
        """The instants whose hits have to be read."""
        return {at for at in (self.landing, self.device, self.country) if at is not None}


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


# The sort of a hit, one character: the sum of what it is and of what its detail has, in ASCII.
PAGEVIEW, DEVICE, COUNTRY = 1, 2, 4
_SORTS = b"01234567"


def _having(bit: int) -> bytes:
    """Of sorts it makes ones and zeros."""
    return bytes.maketrans(_SORTS, bytes(bool(sort & bit) for sort in range(len(_SORTS))))


_PAGEVIEWS, _DEVICES, _COUNTRIES = _having(PAGEVIEW), _having(DEVICE), _having(COUNTRY)


def split(times: Sequence[int], timeouts: Timeouts) -> list[int]:
    """Where each visit begins: indexes into instants that come in order."""
    if not times:
        return []
    least = timeouts.least
    if times[-1] - times[0] <= least:
        return [0]
    gaps = ((index, t, t - before) for index, (before, t) in enumerate(pairwise(times), 1))
    return [0, *(index for index, t, gap in gaps if gap > least and gap > timeouts.at(t))]


def outlines(times: Sequence[int], sorts: bytes, timeouts: Timeouts) -> list[Outline]:
    """The visits of hits at these instants, in order, and of these sorts."""
    starts = split(times, timeouts)
    pages, devices, countries = (sorts.translate(bit) for bit in (_PAGEVIEWS, _DEVICES, _COUNTRIES))

    def outline(start: int, end: int) -> Outline:
        count = pages.count(1, start, end)
        landing = max(pages.find(1, start, end), start)
        device, country = (
            times[at] if (at := bits.find(1, start, end)) >= 0 else None for bits in (devices, countries)
        )
        return Outline(
            times[start], times[end - 1], count, end - start - count, times[landing], device, country
        )

    return [outline(start, end) for start, end in pairwise([*starts, len(times)])]


def visits(
    hits: Sequence[Seen], timeouts: Timeouts, *, own: OwnSites = NO_SITES, before: Before | None = None
) -> list[Visit]:
    """The visits of one person's hits on one counter, in any order; `before` is the visit that precedes them."""
    ordered = sorted(hits, key=lambda hit: (hit.t, hit.id))
    times, sorts = [hit.t for hit in ordered], bytes(_SORTS[hit.pageview] for hit in ordered)
    made = []
    for outline in outlines(times, sorts, timeouts):
        seen = ordered[bisect_left(times, outline.started) : bisect_right(times, outline.ended)]
        visit = finished(outline, seen, own=own, before=before)
        assert visit is not None  # all of its hits are there
        before = handed_on(visit)
        made.append(visit)
    return made


def handed_on(visit: Visit) -> Before:
    """What a visit hands on to the next."""
    return Before(visit.ended, visit.first, visit.significant)


def finished(
    outline: Outline, hits: Sequence[Seen], *, own: OwnSites = NO_SITES, before: Before | None = None
) -> Visit | None:
    """The visit, by some of its hits, in any order: of each telling instant at least the first of each sort.

    None without any, and if a hit that seemed to say something says nothing, so that a later one may: all of its
    hits are needed.
    """
    if not hits:
        return None
    read = [(hit, _read(hit.detail)) for hit in sorted(hits, key=lambda hit: (hit.t, hit.id))]
    landing, said = next((one for one in read if one[0].pageview), read[0])
    sent_at, sender = _first(read, lambda one: one.device)
    seen_at, where = _first(read, lambda one: one.country)
    if (sent_at, seen_at) != (outline.device, outline.country) and len(hits) < outline.pages + outline.events:
        return None
    found = origin(url=landing.url, referrer=said.referrer, clicks=said.click_ids, own=own)
    source = found.source
    known = before is not None and outline.started - before.ended <= HISTORY_US
    return Visit(
        started=outline.started,
        ended=outline.ended,
        pages=outline.pages,
        events=outline.events,
        landing_page=landing.url or "",
        referrer=said.referrer,
        source=source,
        first=before.first if known and before else source,
        significant=_significant(source, before.significant if known and before else source),
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


def _first(
    read: Sequence[tuple[Seen, _Detail]], says: Callable[[_Detail], Any]
) -> tuple[int | None, _Detail]:
    """When the first hit says something, and what."""
    return next(((hit.t, detail) for hit, detail in read if says(detail)), (None, _NOTHING))


def _read(detail: str | None) -> _Detail:
    """Hits that were stored by another version of ours may hold what this one does not expect."""
    if detail is None:
        return _NOTHING
    try:
        return _decode(detail)
    except msgspec.DecodeError:
        return _NOTHING
