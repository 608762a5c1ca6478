"""make_account, make_member and make_token: a portal without the browser."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import Account, Member, Token
from apps.accounts.services import use_login_link


def run(*arguments: object) -> str:
    out = StringIO()
    call_command(*[str(argument) for argument in arguments], stdout=out)
    return out.getvalue()


def test_an_account_a_member_and_a_token_are_made_one_after_the_other(db):
    said = run("make_account", "Shop", "--timezone", "Europe/Berlin")
    account = Account.objects.get()
    assert said == f"Account {account.pk}: Shop (Europe/Berlin, EUR)\n"

    said = run("make_member", account.pk, "owner@shop.example", "owner", "--name", "Olga")
    assert said.startswith(
        f"Member {Member.objects.get().pk}: owner@shop.example is owner of account {account.pk}"
    )
    assert use_login_link(token=said.strip().rstrip("/").rsplit("/", 1)[1]).name == "Olga"

    said = run("make_token", account.pk, "Owner@shop.example", "sync", "--scope", "write", "--days", 30)
    token = Token.objects.get()
    assert token.expiry
    assert said.splitlines()[1].startswith(token.token_key)


def test_a_new_members_password_comes_by_standard_input(cast, monkeypatch):
    monkeypatch.setattr("sys.stdin", StringIO("correct horse battery\n"))
    said = run("make_member", cast.account.pk, "new@shop.example", "analyst", "--password-stdin")
    assert "Sign in" not in said
    assert Member.objects.get(user__email="new@shop.example").user.check_password("correct horse battery")


def test_an_ingest_token_is_bound_to_a_counter_of_the_account(cast):
    arguments = (
        "make_token",
        cast.account.pk,
        "owner@shop.example",
        "site",
        "--scope",
        "ingest",
        "--counter",
    )
    run(*arguments, cast.counter.pk)
    assert Token.objects.filter(name="site", counter_number=cast.counter.pk).exists()
    with pytest.raises(CommandError, match="no such thing"):
        run(*arguments, cast.other_counter.pk)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("make_account", ""), "name: This field cannot be blank"),
        (("make_account", "Shop", "--timezone", "Mars"), "timezone: There is no time zone of this name"),
        (("make_account", "Shop", "--currency", "XXL"), "currency: This is no ISO 4217 code"),
        (("make_member", "0", "a@shop.example", "owner"), "There is no such thing"),
        (("make_token", "0", "nobody@shop.example", "x"), "There is no user nobody@shop.example"),
        (("make_token", "0", "owner@shop.example", "x"), "There is no such thing"),
    ],
)
def test_mistakes_are_told_in_words(cast, arguments, words):
    with pytest.raises(CommandError, match=words):
        run(*arguments)
