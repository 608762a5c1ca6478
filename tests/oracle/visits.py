"""Visits (vocabulary.md, attribution by source in wire-facts section 4), written to be read beside the specification.

Nothing is remembered: each question is answered from all hits again. Instants are microseconds.
"""

from __future__ import annotations

from dataclasses import dataclass

SECOND = 1_000_000
HALF_HOUR = 30 * 60 * SECOND
NINETY_DAYS = 90 * 24 * 60 * 60 * SECOND


@dataclass(frozen=True)
class Hit:
    id: str
    time: int
    source: str = "direct"  # what this hit would say if a visit began with it


def timeout_at(timeouts: list[tuple[int, int]], at: int) -> int:
    """The counter's visit timeout (default 30 min); settings hold from their save, the first since ever."""
    if not timeouts:
        return HALF_HOUR
    answer = timeouts[0][1]
    for since, value in timeouts:
        if since <= at:
            answer = value
    return answer


def earlier_hits(hits: list[Hit], hit: Hit) -> list[Hit]:
    return [other for other in hits if (other.time, other.id.encode()) < (hit.time, hit.id.encode())]


def begins_a_visit(hits: list[Hit], timeouts: list[tuple[int, int]], hit: Hit) -> bool:
    """A visit is hits without a gap longer than the timeout. Decided: the timeout in force at the later hit."""
    earlier = earlier_hits(hits, hit)
    if not earlier:
        return True
    return hit.time - max(other.time for other in earlier) > timeout_at(timeouts, hit.time)


def first_hit_of_visit(hits: list[Hit], timeouts: list[tuple[int, int]], hit: Hit) -> Hit:
    """The visit that a hit is in, named by the hit that it begins with."""
    beginnings = [other for other in [*earlier_hits(hits, hit), hit] if begins_a_visit(hits, timeouts, other)]
    return max(beginnings, key=lambda other: (other.time, other.id.encode()))


def visits(hits: list[Hit], timeouts: list[tuple[int, int]]) -> list[list[Hit]]:
    found: dict[str, list[Hit]] = {}
    for hit in sorted(hits, key=lambda one: (one.time, one.id.encode())):
        found.setdefault(first_hit_of_visit(hits, timeouts, hit).id, []).append(hit)
    return list(found.values())


def sources(made: list[list[Hit]]) -> list[tuple[str, str, str]]:
    """Of each visit in order: own (last), first and last significant source.

    The history ends after a gap between visits of more than 90 days.
    """
    answer = []
    for index, visit in enumerate(made):
        history = [visit]
        for earlier in reversed(made[:index]):
            if history[0][0].time - earlier[-1].time > NINETY_DAYS:
                break
            history.insert(0, earlier)
        own = visit[0].source
        significant = [one[0].source for one in history if one[0].source not in ("direct", "internal")]
        answer.append((own, history[0][0].source, significant[-1] if significant else _first_of(history)))
    return answer


def _first_of(history: list[list[Hit]]) -> str:
    """Decided: nothing significant in the history means the visit's own source."""
    return history[-1][0].source
