"""The states of chat goals against a plain second writing, on random histories."""

import random
from collections import Counter

import pytest

from apps.conversions import frames
from tests.conversions.pure_chats import facts, seen
from tests.oracle import chats

HISTORIES = 2_000
CUTS = 8


@pytest.mark.parametrize("cut", range(CUTS))
def test_states_agree_with_a_plain_second_writing_at_every_instant(cut):
    shown: Counter[str] = Counter()
    for seed in range(cut, HISTORIES, CUTS):
        history = chats.random_history(random.Random(seed))
        known = facts(history)
        for at in chats.instants(history):
            expected = chats.look(history, at)
            assert seen(frames.look(known, at)) == expected, (seed, at)
            shown[expected.state] += 1
            shown["several achievements"] += len(expected.achieved) > 1
            shown["missed, asked again"] += expected.state == "in process" and any(
                one.state == "missed" for one in expected.inquiries
            )
    assert min(shown.values()) > 20, shown  # the histories reach every corner


def test_between_two_looks_that_it_asks_for_nothing_changes():
    """`next_look` names every instant at which time alone changes the answer."""
    for seed in range(400):
        history = chats.random_history(random.Random(seed))
        known = facts(history)
        instants = chats.instants(history)
        last = frames.look(known, instants[0] - 1)
        for at in instants:
            now = frames.look(known, at)
            if last.next_look is not None and at >= last.next_look:
                last = now
            assert seen(now).state == seen(last).state, (seed, at)
            assert seen(now).inquiries == seen(last).inquiries, (seed, at)
