"""Identities that this process has met: a name keeps its row, so it is looked up once. Pure.

Whoever deletes identities must have other processes start anew (`forget` clears only this one).
"""

from collections.abc import Collection, Mapping

Name = tuple[int, str]
"""(kind, value) of an identity."""

_KEPT = 200_000
_known: dict[tuple[int, int, str], int] = {}


def look_up(account: int, names: Collection[Name]) -> tuple[dict[Name, int], set[Name]]:
    """The identities of the names that are known, and the names that are not."""
    found: dict[Name, int] = {}
    unknown: set[Name] = set()
    for name in names:
        identity = _known.get((account, *name))
        if identity is None:
            unknown.add(name)
        else:
            found[name] = identity
    return found, unknown


def remember(account: int, identities: Mapping[Name, int]) -> None:
    """Keep committed identities; the oldest give way."""
    for (kind, value), identity in identities.items():
        _known[account, kind, value] = identity
    while len(_known) > _KEPT:
        del _known[next(iter(_known))]


def forget() -> None:
    """Look everything up anew."""
    _known.clear()
