"""The pure rules against the plain second writing of the specification in tests/oracle."""

import random

import pytest

from tests.conversions.pure_worlds import judge
from tests.oracle import plain
from tests.oracle.examples import EXAMPLES
from tests.oracle.world import random_world

WORLDS = 2400
SHARES = 12


@pytest.mark.parametrize("share", range(SHARES))
def test_random_worlds_are_judged_as_the_plain_writing_judges_them(share: int) -> None:
    for seed in range(share, WORLDS, SHARES):
        world = random_world(random.Random(seed))
        assert judge(world) == plain.judge(world), f"world of seed {seed}"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"example {example[0]}")
def test_worked_examples_of_the_specification(example: tuple) -> None:
    _, world, expected = example
    (row,) = judge(world)
    assert {name: getattr(row, name) for name in expected} == expected
