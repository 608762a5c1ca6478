"""Each role against every address that there is, and GET that changes nothing."""

from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client

from tests.backoffice import addresses
from tests.backoffice.addresses import OPEN, OPERATORS, PAGES, World

ROLES = ("owner", "admin", "analyst", "agent", "stranger")


@pytest.fixture
def world(cast) -> World:
    return addresses.make(cast)


def expected(name: str, who: str) -> int:
    row = PAGES[name]
    if who == "agent":
        return 404 if row.see == OPERATORS else 302  # to the workspace
    if who == "stranger":  # an owner elsewhere: this account is not there
        return 404
    if who in row.refused:
        return 403
    if who not in row.see:
        return 404
    return 405 if row.post_only else 200


def test_every_address_has_a_row():
    assert set(addresses.named()) == set(PAGES) | OPEN


def test_each_role_opens_what_the_table_says_and_nothing_else(world, sign_in):
    wrong = []
    for who in ROLES:
        client = sign_in(who)
        for name in PAGES:
            answer = client.get(world.address(name))
            if answer.status_code != (due := expected(name, who)):
                wrong.append((who, name, answer.status_code, due))
    assert wrong == []


def test_nobody_who_has_not_signed_in_sees_anything(world):
    for name in PAGES:
        answer = Client().get(world.address(name))
        assert answer.status_code == 302, name
        assert answer["Location"] == f"{world.address('login')}?next={quote(world.address(name))}", name


def test_each_role_is_refused_the_same_by_post(world, sign_in):
    """Who may not open a page may not send its form either; another account's ids stay unknown."""
    for who in ("analyst", "agent", "stranger"):
        client = sign_in(who)
        before = snapshot()
        for name in PAGES:
            if (due := expected(name, who)) in {200, 405}:
                continue
            answer = client.post(world.address(name), {})
            assert answer.status_code in {due, 405}, (who, name)
        assert changed(before) == set()


def test_a_get_changes_nothing_in_the_database(world, sign_in):
    for who in ("owner", "operator"):
        client = sign_in(who)
        client.get("/admin/")  # the session remembers the account that was opened
        before = snapshot()
        for name in [*PAGES, "login"]:
            client.get(world.address(name))
            client.get(world.address(name), headers={"X-Dialog": "1"})
            client.head(world.address(name))
        assert changed(before) == set()


def test_a_form_without_its_token_is_refused(world, cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.owner.user)
    before = snapshot()
    for name in PAGES:
        answer = client.post(world.address(name), {})
        assert answer.status_code == 403, name
        assert "The form was too old" in answer.content.decode()
    assert changed(before) == set()


def snapshot() -> dict[str, tuple]:
    """How many rows each table has, and a sum over their text."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
            " AND relnamespace = 'public'::regnamespace"
        )
        sums = [
            f"SELECT '{table}', count(*), sum(hashtextextended(t::text, 0)) FROM \"{table}\" t"
            for (table,) in cursor.fetchall()
        ]
        cursor.execute(" UNION ALL ".join(sums))
        return {table: sums for table, *sums in cursor.fetchall()}


def changed(before: dict[str, tuple]) -> set[str]:
    return {table for table, said in snapshot().items() if before[table] != said}
