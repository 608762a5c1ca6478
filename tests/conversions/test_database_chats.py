"""Stored states of chats on random histories: any order of arrival, duplicates, late facts and cuts into runs."""

import random

import pytest

from tests.conversions.db_chats import DbChats, after_all, expected
from tests.oracle import chats

TOGETHER = 10
ACCOUNTS = 20


@pytest.mark.parametrize("seed", range(ACCOUNTS))
def test_random_histories_give_the_rows_that_the_pure_function_says(seed: int, db: None) -> None:
    rng = random.Random(seed)
    histories = [chats.random_history(random.Random(seed * TOGETHER + n)) for n in range(TOGETHER)]
    for other in histories[1:]:  # what belongs to the account
        other.switch, other.kinds = histories[0].switch, histories[0].kinds
    world = DbChats(histories)
    now = max(world.bring_in(rng), *(after_all(history) for history in histories))
    instants = sorted({at for one in histories for at in chats.instants(one) if at > now})
    for at in [now, *sorted(rng.sample(instants, min(4, len(instants)))), now + 100 * chats.DAY]:
        world.run(rng, at)
        for place, history in enumerate(histories):
            assert world.stored(place, at) == expected(history, at), (seed, place, at)
    before = world.everything()
    world.run(rng, now + 100 * chats.DAY)
    assert world.everything() == before
