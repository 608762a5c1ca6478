"""The table of doors: what decides between those who come at once, and a case of forty for each."""

from collections.abc import Callable, Generator
from dataclasses import dataclass

from tests.concurrency.shop import Act, Answer, Shop

Case = Generator[list[Act], list[Answer], None]
"""Makes what is needed, hands over forty requests, is sent their answers, and checks what came of them."""


@dataclass(frozen=True)
class Door:
    """One way of writing. `decided_by`: the constraint or the lock that makes one of two who come at once the first."""

    name: str
    decided_by: str
    case: Callable[[Shop], Case]


DOORS: list[Door] = []


def door(name: str, decided_by: str) -> Callable[[Callable[[Shop], Case]], Callable[[Shop], Case]]:
    """Enter a case into the table."""

    def enter(case: Callable[[Shop], Case]) -> Callable[[Shop], Case]:
        DOORS.append(Door(name, decided_by, case))
        return case

    return enter
