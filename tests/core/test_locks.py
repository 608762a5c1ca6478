"""Locks that outlive a transaction: migrations and demos wait for each other."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from apps.core import locks


@pytest.mark.parametrize("kind", [locks.Lock.MIGRATE, locks.Lock.DEMO])
def test_who_comes_second_says_that_it_waits_until_the_first_is_done(db: None, kind: locks.Lock) -> None:
    waited = []
    with locks.alone(kind, waits=lambda: pytest.fail("it is free")):
        other = connection.copy()

        def first_is_done() -> None:
            waited.append(kind)
            other.close()

        with other.cursor() as cursor:
            # another kind is another lock
            cursor.execute("SELECT pg_try_advisory_lock(%s, 0), pg_try_advisory_lock(0, 0)", [int(kind)])
            assert cursor.fetchone() == (False, True)
        other.close()
    other.connect()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, 0)", [int(kind)])
    with locks.alone(kind, waits=first_is_done):
        assert waited == [kind]


def test_a_migration_waits_for_another_one_and_looking_does_not(db: None) -> None:
    other, out = connection.copy(), StringIO()

    class Out(StringIO):
        def write(self, words: str) -> int:
            other.close()  # the other migration ends once it is waited for
            return super().write(words)

    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, 0)", [int(locks.Lock.MIGRATE)])
    call_command("migrate", check_unapplied=True, stdout=out)
    waits = Out()
    call_command("migrate", verbosity=0, stdout=waits)
    assert waits.getvalue() == "Another process is migrating this database; waiting for it.\n"
