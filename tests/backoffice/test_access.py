"""Each role against every address that there is, and GET that changes nothing."""

import pytest
from django.db import connection
from django.test import Client

from tests.backoffice import addresses
from tests.backoffice.addresses import OPEN, PAGES, World

ROLES = ("owner", "admin", "analyst", "agent", "stranger")


@pytest.fixture
def world(cast) -> World:
    return addresses.make(cast)


def expected(name: str, who: str, *, of_account: bool) -> int:
    row = PAGES[name]
    if who == "agent":
        return 302  # to the sign-in page
    if who == "stranger":  # an owner elsewhere: sees the lists of the other account, and nothing of this one
        if of_account or "owner" not in row.see:
            return 404
        return 405 if row.post_only else 200
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
            of_account = bool(addresses.named()[name].pattern.converters)
            answer = client.get(world.address(name))
            if answer.status_code != (due := expected(name, who, of_account=of_account)):
                wrong.append((who, name, answer.status_code, due))
    assert wrong == []


def test_nobody_who_has_not_signed_in_sees_anything(world):
    for name in PAGES:
        answer = Client().get(world.address(name))
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/admin/login/"), name


def test_each_role_is_refused_the_same_by_post(world, sign_in):
    """Who may not open a page may not send its form either; another account's ids stay unknown."""
    for who in ("analyst", "agent", "stranger"):
        client = sign_in(who)
        before = snapshot()
        for name in PAGES:
            of_account = bool(addresses.named()[name].pattern.converters)
            if (due := expected(name, who, of_account=of_account)) in {200, 405}:
                continue
            answer = client.post(world.address(name), {})
            assert answer.status_code in {due, 405}, (who, name)
        assert changed(before) == set()


def test_a_get_changes_nothing_in_the_database(world, sign_in):
    for who in ("owner", "operator"):
        client = sign_in(who)
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
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        found = {}
        for table in tables:
            cursor.execute(f'SELECT count(*), sum(hashtextextended(t::text, 0)) FROM "{table}" t')
            found[table] = cursor.fetchone()
    return found


def changed(before: dict[str, tuple]) -> set[str]:
    return {table for table, said in snapshot().items() if before[table] != said}
