"""Finding the reaches among hits: which versions judge them, and writing what was found."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db import connection
from django.db.models import Q

from apps.accounts.models import Account, AccountSettings
from apps.core import clock
from apps.goals.matching import EVENT, Matcher, normalise
from apps.goals.models import ChatGoalVersion, Condition, GoalVersion
from apps.goals.windows import ChatSpan, Span, TimeZones, judges
from apps.people.owners import Owners
from apps.visits.models import MANY_HITS

Matchable = tuple[datetime, str | None, str | None]
"""A hit as matching sees it: its instant, the URL of a page view, the name of an event."""
_MATCHERS: OrderedDict[frozenset[int], Matcher] = OrderedDict()
LONGEST_FRAME = timedelta(days=max(ChatGoalVersion.Days.values))
_MATCHERS_KEPT = 64  # versions never change, so a compiled set of them never does


@dataclass(frozen=True, slots=True)
class Judging:
    """What judges an account's hits in a stretch of time."""

    matcher: Matcher  # of messaging goals by their versions' numbers, of chat goals by those below 0
    spans: Mapping[int, Span]
    zones: TimeZones
    chats: Mapping[int, ChatSpan] = field(default_factory=dict)

    def find(self, hits: Sequence[tuple[int, str]]) -> list[tuple[int, Span]]:
        """Of page views (instant in microseconds, URL): each index that is a reach, with the version."""
        found = self.find_hits([(clock.from_us(t), url, None) for t, url in hits])
        return [(index, span) for index, span in found if isinstance(span, Span)]

    def find_hits(self, hits: Sequence[Matchable]) -> list[tuple[int, Span | ChatSpan]]:
        """Of page views and events: each index that is a reach of a goal of either kind, with the version."""
        if not (self.spans or self.chats):
            return []
        matched = self.matcher.match([normalise(url) if url else "" for _, url, _ in hits])
        names = [(index, name) for index, (_, _, name) in enumerate(hits) if name is not None]
        for place, versions in self.matcher.match_names([name for _, name in names]).items():
            matched.setdefault(names[place][0], set()).update(versions)
        return [
            (index, span)
            for index in sorted(matched)
            for t in [clock.to_us(hits[index][0])]
            for version in sorted(matched[index])
            if (span := self._judging(version, t)) is not None
        ]

    def _judging(self, version: int, t: int) -> Span | ChatSpan | None:
        """The version, if it judges a hit at `t`."""
        if version < 0:
            chat = self.chats[version]
            return chat if chat.reaches(t) else None
        span = self.spans[version]
        return span if judges(span, t, self.zones) else None


def judging(*, account_id: int, first: datetime, last: datetime, only_goal: int | None = None) -> Judging:
    """What judges hits from `first` to `last`. The caller holds the account's goal lock."""
    versions = GoalVersion.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=first),
        account_id=account_id,
        active=True,
        valid_from__lte=last,
        goal__deleted_at__isnull=True,
    )
    if only_goal is not None:
        versions = versions.filter(goal_id=only_goal)
    columns = ("pk", "goal_id", "valid_from", "valid_until", "active", "start_date", "end_date")
    spans = {row[0]: _span(row) for row in versions.values_list(*columns)}
    chats = chat_spans(account_id=account_id, first=first, last=last) if only_goal is None else {}
    matcher = _matcher(frozenset({*spans, *chats}))
    return Judging(matcher, spans, time_zones(account_id=account_id), chats)


def chat_judging(*, account_id: int, version: int, first: datetime, last: datetime) -> Judging:
    """The same of one version of a chat goal alone."""
    chats = chat_spans(account_id=account_id, first=first, last=last)
    only = {key: span for key, span in chats.items() if span.version == version}
    return Judging(_matcher(frozenset(only)), {}, TimeZones([]), only)


def chat_spans(*, account_id: int, first: datetime, last: datetime) -> dict[int, ChatSpan]:
    """The versions of chat goals whose frames hits from `first` to `last` can fall into, below 0."""
    versions = ChatGoalVersion.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=first - LONGEST_FRAME),
        account_id=account_id,
        valid_from__lte=last,
        goal__deleted_at__isnull=True,
    )
    found = {}
    for pk, goal, valid_from, valid_until, days in versions.values_list(
        "pk", "goal_id", "valid_from", "valid_until", "frame_days"
    ):
        until = None if valid_until is None else clock.to_us(valid_until + timedelta(days=days))
        found[-pk] = ChatSpan(pk, goal, clock.to_us(valid_from), until)
    return found


def _span(row: tuple[int, int, datetime, datetime | None, bool, date | None, date | None]) -> Span:
    version, goal, valid_from, valid_until, active, start, end = row
    until = None if valid_until is None else clock.to_us(valid_until)
    return Span(version, goal, clock.to_us(valid_from), until, active, start, end)


def time_zones(*, account_id: int) -> TimeZones:
    """The account's time zone through time."""
    steps = AccountSettings.objects.filter(account_id=account_id).values_list("at", "timezone")
    known = [(clock.to_us(at), name) for at, name in steps]
    return TimeZones(known or [(0, Account.objects.values_list("timezone", flat=True).get(pk=account_id))])


def _matcher(versions: frozenset[int]) -> Matcher:
    if versions not in _MATCHERS:
        conditions: dict[int, list[tuple[str, str]]] = {version: [] for version in versions}
        for version, category, operator, value in _conditions(versions):
            conditions[version].append((EVENT if category == EVENT else operator, value))
        _MATCHERS[versions] = Matcher(conditions)
        if len(_MATCHERS) > _MATCHERS_KEPT:
            _MATCHERS.popitem(last=False)
    _MATCHERS.move_to_end(versions)
    return _MATCHERS[versions]


def _conditions(versions: frozenset[int]) -> list[tuple[int, str, str, str]]:
    said = ("category", "operator", "value")
    found = list(Condition.objects.filter(version__in=versions).values_list("version_id", *said))
    if chats := [-version for version in versions if version < 0]:
        rows = ChatGoalVersion.objects.filter(pk__in=chats).values_list("pk", *said)
        found += [(-pk, category, operator, value) for pk, category, operator, value in rows]
    return found


class NewReach(NamedTuple):
    """A reach to be written."""

    goal: int
    time: datetime
    counter: int
    hit: str
    version: int
    identity: int | None
    person: int


def write(*, account_id: int, reaches: Iterable[NewReach]) -> None:
    """Write reaches, by COPY. The caller knows that none of them is there."""
    rows = list(reaches)
    if not rows:
        return
    with connection.cursor() as cursor:
        statement = (
            "COPY goals_reach (account_id, goal_id, time, counter_id, hit_id, version_id, identity_id, person_id)"
            " FROM STDIN"
        )
        with cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row((account_id, *row))


def drop(*, account_id: int, goal: int, since: datetime) -> set[int]:
    """Remove a goal's reaches from an instant on; the people whose they were."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM goals_reach WHERE account_id = %s AND goal_id = %s AND time >= %s RETURNING person_id",
            [account_id, goal, since],
        )
        return {person for (person,) in cursor.fetchall()}


def in_long_visits(*, account_id: int, goal: int) -> list[tuple[int, datetime]]:
    """Who reached a goal in visits with many hits, where it may have taken other goals' places; since when."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT v.person_id, min(r.time) FROM visits_visit v JOIN goals_reach r ON r.account_id = v.account_id"
            " AND r.person_id = v.person_id AND r.time BETWEEN v.started_at AND v.ended_at"
            " WHERE v.account_id = %s AND NOT v.robot AND v.person_id > 0"
            f" AND v.pages > ({MANY_HITS} - v.events) AND r.goal_id = %s GROUP BY 1",
            [account_id, goal],
        )
        found: list[tuple[int, datetime]] = cursor.fetchall()
        return found


def reown(*, account_id: int, identities: Sequence[int], who: Owners) -> set[int]:
    """Give the reaches of these identities to whom they belong now; the people concerned, old and new."""
    return _reown("goals_reach", account_id, identities, who)


def reown_chats(*, account_id: int, identities: Sequence[int], who: Owners) -> set[int]:
    """The same for the reaches of chat goals."""
    return _reown("goals_chatreach", account_id, identities, who)


def _reown(table: str, account_id: int, identities: Sequence[int], who: Owners) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT identity_id, time, person_id FROM {table}"
            " WHERE account_id = %s AND identity_id = ANY(%s)",
            [account_id, list(identities)],
        )
        changed = [
            (identity, time, old, new)
            for identity, time, old in cursor.fetchall()
            if (new := who.person(identity, time)) != old
        ]
        if not changed:
            return set()
        ids, times, _, persons = (list(column) for column in zip(*changed, strict=True))
        cursor.execute(
            f"UPDATE {table} r SET person_id = n.person"
            " FROM unnest(%s::bigint[], %s::timestamptz[], %s::bigint[]) AS n(identity, time, person)"
            " WHERE r.account_id = %s AND r.identity_id = n.identity AND r.time = n.time",
            [ids, times, persons, account_id],
        )
    return {person for _, _, old, new in changed for person in (old, new)}
