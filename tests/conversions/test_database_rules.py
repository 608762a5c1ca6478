"""The database against the plain second writing: any order of arrival, twice, late, cut into any runs."""

import random

import pytest
import time_machine

from tests.conversions.db_worlds import SOON_AFTER, DbWorld
from tests.conversions.pure_worlds import instant
from tests.oracle import plain
from tests.oracle.world import World, random_world

WORLDS = 500
SHARES = 20


def _last(world: World) -> int:
    return max([hit.time for hit in world.hits] + [event.time for event in world.events])


@pytest.mark.django_db
@pytest.mark.parametrize("share", range(SHARES))
def test_random_worlds_give_the_same_rows_whatever_the_order_of_arrival(share: int) -> None:
    for seed in range(share, WORLDS, SHARES):
        world = random_world(random.Random(seed))
        with time_machine.travel(instant(_last(world)) + SOON_AFTER):
            stored = DbWorld(world)
            stored.bring_in(random.Random(-seed))
            assert stored.rows() == plain.judge(world), f"world of seed {seed}"
