"""Many values as one parameter."""

import pytest
from django.db import connection

from apps.core.arrays import numbers, texts


@pytest.mark.django_db
def test_postgresql_reads_what_was_meant() -> None:
    words = ["", "a", "NULL", 'x"y', "\\", '\\"', "{b,c}", " d ", "é\n'%s"]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT %s::text[], %s::bigint[], %s::text[]", [texts(words), numbers([1, -(2**63)]), texts([])]
        )
        assert cursor.fetchone() == (words, [1, -(2**63)], [])
