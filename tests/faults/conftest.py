"""A database that is away: a server that takes connections and never says a word, as a frozen one does, or none."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from apps.core.database import patience
from apps.counters import directory


@pytest.fixture(params=["mute", "refused"])
def database_away(request: pytest.FixtureRequest, django_db_blocker: Any) -> Iterator[str]:
    """From here on the database is such a server, and this process watches it as a web process does; of which kind."""
    before = {key: connection.settings_dict[key] for key in ("HOST", "PORT")}
    with socket.socket() as server, django_db_blocker.unblock():
        server.bind(("127.0.0.1", 0))
        if request.param == "mute":
            server.listen(100)
        connection.close()
        connection.settings_dict.update(HOST="127.0.0.1", PORT=str(server.getsockname()[1]))
        patience.watch_the_server()
        yield request.param
        connection.close()
    patience.watch_the_server(on=False)
    connection.settings_dict.update(before)


@pytest.fixture
def shop() -> directory.PublicFacts:
    """A counter that the directory knows; there need not be one in the database."""
    return directory.PublicFacts(
        number=7,
        name="Shop",
        site="https://shop.example",
        allowed_origins=("https://m.shop.example",),
        user_ids=True,
        visit_timeout_s=1800,
        consent="by_category",
        without_consent="nothing",
        respect_dnt=False,
        respect_gpc=True,
        archived=False,
        account="Shop Ltd",
        message_text="keep",
        hits_days=400,
        texts_days=None,
    )


@pytest.fixture
def known(shop: directory.PublicFacts, own_folders: None) -> Path:
    """The directory as the drain has left it, with that counter."""
    import msgspec

    directory.path().parent.mkdir(parents=True, exist_ok=True)
    directory.path().write_bytes(msgspec.json.encode([shop]))
    return directory.path()
