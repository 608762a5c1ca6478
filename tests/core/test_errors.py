"""What people of an account read of errors that nobody foresaw."""

import django.db
import psycopg
import pytest
import redis

from apps.core.errors import without_addresses

WHERE = 'connection to server at "10.0.0.5", port 5432 failed'


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            django.db.OperationalError(WHERE),
            "OperationalError: a server of the portal failed; its log says how",
        ),
        (django.db.InterfaceError(WHERE), "InterfaceError: a server of the portal failed; its log says how"),
        (
            psycopg.OperationalError(WHERE),
            "OperationalError: a server of the portal failed; its log says how",
        ),
        (redis.ConnectionError(WHERE), "ConnectionError: a server of the portal failed; its log says how"),
        (OSError(28, "No space left on device", "/srv/goalline/x"), "OSError: No space left on device"),
        (OSError("/srv/goalline/x"), "OSError: failed"),
        (ValueError("41 is odd"), "ValueError: 41 is odd"),
    ],
)
def test_neither_servers_nor_folders_are_named(error, words):
    assert without_addresses(error) == words
