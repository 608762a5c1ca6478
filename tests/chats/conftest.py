"""A chat to tell."""

from collections.abc import Iterator

import pytest

from tests.cast import Cast
from tests.chats.telling import Telling, frozen_at_noon


@pytest.fixture
def told(cast: Cast) -> Iterator[Telling]:
    """The shop's widget at noon; the clock moves only where the test says so."""
    with frozen_at_noon() as hand:
        yield Telling(cast, hand)
