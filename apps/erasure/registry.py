"""Apps above this one that keep copies say here how they are erased (`AppConfig.ready`)."""

from collections.abc import Callable

from apps.erasure.needles import Needles

PLACES: list[Callable[[int, Needles], int]] = []
"""Each is given the account and what to look for, and answers how many copies it deleted."""
