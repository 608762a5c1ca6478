"""Whom an identity belongs to at an instant (`visitors.md` "Identities"). Pure.

Identities are of three sorts. A *user ID* is its person's for ever. A *client ID* that was ever seen with a user ID
is whom its sightings name, instant by instant. All others, messenger accounts, e-mails, phones and client IDs that
never met a user ID, are *loose*: whom a loose one is tied to first decides. Ties are taken in order of time; those
that are tied together are one person, and the first tie that leads to a user ID gives them to its person; a later one
to another user ID says nothing any more, and two groups that each have their user ID never become one.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

NameBytes = tuple[int, bytes]
"""Kind and value of an identity: what order depends on, since numbers of rows depend on who came first."""
Stretch = tuple[datetime | None, datetime | None]
"""From an instant, inclusive, to another, exclusive; None: without end."""


class LinkAt(NamedTuple):
    """A client ID seen with a user ID at an instant."""

    client: int
    at: datetime
    user_value: bytes  # of two at one instant the greater one counts
    person: int  # the user ID's person


class TieAt(NamedTuple):
    """Two identities, at least one of them loose, that were said to be one person's at an instant."""

    at: datetime
    names: tuple[NameBytes, NameBytes]
    one: int
    other: int


class Owners:
    """The persons of some identities through time."""

    def __init__(
        self,
        *,
        own: Mapping[int, int],
        links: Iterable[LinkAt],
        ties: Collection[TieAt] = (),
        users: Collection[int] = (),
    ) -> None:
        """`own`: identity -> the person it stands for while nothing links it; `users`: which are user IDs.

        With an identity that has ties come all that it can be reached from through loose ones.
        """
        self._own = own
        self._users = frozenset(users)
        self._links: dict[int, tuple[list[datetime], list[int]]] = {}
        for link in sorted(links):
            instants, persons = self._links.setdefault(link.client, ([], []))
            instants.append(link.at)
            persons.append(link.person)
        self._groups = _Groups()
        for tie in sorted(ties):
            self._tie(tie)

    def person(self, identity: int, at: datetime) -> int:
        """Whose an identity is at an instant."""
        return self._by_links(identity, at) if identity in self._links else self._unlinked(identity)

    def always(self, identity: int) -> int | None:
        """Whose an identity is at all times; None if it changes hands."""
        if identity not in self._links:
            return self._unlinked(identity)
        steps = self._steps(identity)
        return steps[0][1] if len(steps) == 1 else None

    def latest(self, identity: int) -> int:
        """Whose an identity is from its last link on."""
        return self._links[identity][1][-1] if identity in self._links else self._unlinked(identity)

    def stretches(self, identity: int, person: int) -> list[Stretch]:
        """When an identity is this person's."""
        if identity not in self._links:
            return [(None, None)] if self.latest(identity) == person else []
        steps = self._steps(identity)
        ends = [since for since, _ in steps[1:]]
        return [
            (since, until)
            for (since, owner), until in zip(steps, [*ends, None], strict=True)
            if owner == person
        ]

    def _unlinked(self, identity: int) -> int:
        if identity in self._users:
            return self._own[identity]
        person = self._groups.person(identity)
        return self._own[self._groups.least(identity)] if person is None else person

    def _steps(self, client: int) -> list[tuple[datetime | None, int]]:
        """A linked client ID's owners, one after the other; the first since ever."""
        instants, persons = self._links[client]
        last_of = dict(zip(instants, persons, strict=True))  # of several at one instant the last counts
        steps: list[tuple[datetime | None, int]] = []
        for at, person in last_of.items():
            if not steps or steps[-1][1] != person:
                steps.append((at if steps else None, person))
        return steps

    def _by_links(self, client: int, at: datetime) -> int:
        """Whom the latest link at or before `at` names; before the first link, that one's."""
        instants, persons = self._links[client]
        position = bisect_right(instants, at) - 1
        if position >= 0:
            return persons[position]
        return persons[bisect_right(instants, instants[0]) - 1]

    def _tie(self, tie: TieAt) -> None:
        fixed = [self._fixed(end, tie.at) for end in (tie.one, tie.other)]
        loose = [end for end, person in zip((tie.one, tie.other), fixed, strict=True) if person is None]
        if len(loose) == 2:
            self._groups.join(*loose)
        elif loose:
            self._groups.give(loose[0], fixed[0] if fixed[0] is not None else fixed[1])

    def _fixed(self, identity: int, at: datetime) -> int | None:
        """The person of an identity that is not loose."""
        if identity in self._links:
            return self._by_links(identity, at)
        return self._own[identity] if identity in self._users else None


class _Groups:
    """Loose identities that are one person, and the user ID's person that some of them were given to."""

    def __init__(self) -> None:
        self._members: dict[int, set[int]] = {}
        self._person: dict[int, int] = {}

    def members(self, identity: int) -> set[int]:
        return self._members.setdefault(identity, {identity})

    def least(self, identity: int) -> int:
        return min(self._members[identity]) if identity in self._members else identity

    def person(self, identity: int) -> int | None:
        return self._person.get(identity)

    def join(self, one: int, other: int) -> None:
        """Make two groups one, unless each has its person."""
        small, large = sorted((self.members(one), self.members(other)), key=len)
        persons = [person for end in (one, other) if (person := self._person.get(end)) is not None]
        if small is large or len(persons) == 2:
            return
        large |= small
        for member in small:
            self._members[member] = large
        if persons:
            self._person.update(dict.fromkeys(large, persons[0]))

    def give(self, identity: int, person: int | None) -> None:
        """Give a group that has no person yet to one."""
        if identity not in self._person and person is not None:
            self._person.update(dict.fromkeys(self.members(identity), person))
