"""What a service says when it will not do a thing: the field, a machine's code and a person's words; and what of
unforeseen errors people see.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one field; `field` is "" when no single field is to blame."""

    field: str
    code: str
    detail: Any  # text, perhaps lazily translated


class Refused(Exception):
    """Input that breaks a rule. Screens, the API and commands all show `problems` in their own way."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(f"{p.field or '-'}: {p.detail}" for p in problems))
        self.problems = problems

    @classmethod
    def one(cls, field: str, code: str, detail: Any) -> "Refused":
        """A refusal with a single problem."""
        return cls(Problem(field, code, detail))


class Outdated(Refused):
    """Right by itself, but not for things as they are by now, perhaps since somebody else came first: a 409."""


SERVERS = frozenset({"OperationalError", "InterfaceError", "ConnectionError", "TimeoutError"})
"""What Django, psycopg, redis and kombu raise when a server is away; their words say where it should be."""


def without_addresses(error: Exception) -> str:
    """An unforeseen error for people of an account: the log alone names servers and folders."""
    kind = type(error).__name__
    if kind in SERVERS:
        return f"{kind}: a server of the portal failed; its log says how"
    if isinstance(error, OSError):
        return f"{kind}: {error.strerror or 'failed'}"
    return f"{kind}: {error}"


class NotThere(Exception):
    """The thing does not exist for whoever asks: a 404 by every way in."""
