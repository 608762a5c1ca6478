"""What a service says when it will not do a thing: the field, a machine's code and a person's words."""

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
    """What was right when it was asked for and is not any more, since somebody else came first: a 409."""


class NotThere(Exception):
    """The thing does not exist for whoever asks: a 404 by every way in."""
