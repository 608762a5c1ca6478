"""Whom an identity belongs to at an instant (`visitors.md` "Identities"). Pure."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple


class LinkAt(NamedTuple):
    """A client ID seen with a user ID at an instant."""

    client: int
    at: datetime
    user_value: bytes  # of two at one instant the greater one counts
    person: int  # the user ID's person


class Owners:
    """The persons of some identities through time."""

    def __init__(self, *, own: Mapping[int, int], links: Iterable[LinkAt]) -> None:
        """`own`: identity -> the person it stands for while nothing links it."""
        self._own = own
        self._links: dict[int, tuple[list[datetime], list[int]]] = {}
        for link in sorted(links):
            instants, persons = self._links.setdefault(link.client, ([], []))
            instants.append(link.at)
            persons.append(link.person)

    def person(self, identity: int, at: datetime) -> int:
        """A client ID is whom its latest link at or before `at` names; before its first link, that one."""
        if identity not in self._links:
            return self._own[identity]
        instants, persons = self._links[identity]
        position = bisect_right(instants, at) - 1
        if position >= 0:
            return persons[position]
        first = bisect_right(instants, instants[0]) - 1
        return persons[first]
