"""The test servers answer."""

import pytest
from django.db import connection


@pytest.mark.django_db
def test_the_database_is_there_and_sorts_by_bytes() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'Z' < 'a' COLLATE \"C\"")
        assert cursor.fetchone() == (True,)
