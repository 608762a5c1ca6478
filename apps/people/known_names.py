"""Identities that this process has met: a name keeps its row, so it is looked up once. Pure.

Erasing makes names unknown; the account's epoch, which is read with each batch, tells each process to forget.
"""

from collections.abc import Collection, Mapping

Name = tuple[int, str]
"""(kind, value) of an identity."""

_KEPT = 200_000
_known: dict[tuple[int, int, str], int] = {}
_epochs: dict[int, int] = {}


def look_up(account: int, names: Collection[Name], epoch: int = 0) -> tuple[dict[Name, int], set[Name]]:
    """The identities of the names that are known, and the names that are not."""
    if _epochs.get(account, 0) != epoch:
        _epochs[account] = epoch
        for known in [key for key in list(_known) if key[0] == account]:
            _known.pop(known, None)
    found: dict[Name, int] = {}
    unknown: set[Name] = set()
    for name in names:
        identity = _known.get((account, *name))
        if identity is None:
            unknown.add(name)
        else:
            found[name] = identity
    return found, unknown


def remember(account: int, identities: Mapping[Name, int], epoch: int = 0) -> None:
    """Keep committed identities of an epoch that still is; the oldest give way."""
    if _epochs.get(account, 0) != epoch:
        return
    for (kind, value), identity in identities.items():
        _known[account, kind, value] = identity
    while len(_known) > _KEPT:
        del _known[next(iter(_known))]


def forget() -> None:
    """Look everything up anew."""
    _known.clear()
    _epochs.clear()
