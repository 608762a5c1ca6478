"""make_account, make_member and make_token: a portal without the browser."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from apps.accounts.models import Account, Member, Token, User
from apps.accounts.services import accept_as_new_user, use_login_link


def run(*arguments: object) -> str:
    out = StringIO()
    call_command(*[str(argument) for argument in arguments], stdout=out)
    return out.getvalue()


def test_an_account_a_member_and_a_token_are_made_one_after_the_other(db):
    said = run("make_account", "Shop", "--timezone", "Europe/Berlin")
    account = Account.objects.get()
    assert said == f"Account {account.pk}: Shop (Europe/Berlin, EUR)\n"

    for _ in range(2):  # a link that was lost is replaced
        said = run("make_member", account.pk, "owner@shop.example", "owner")
        assert said.startswith(f"Join account {account.pk} as owner, within seven days: ")
    with pytest.raises(CommandError, match="whoever is invited is one from acceptance on"):
        run("make_token", account.pk, "owner@shop.example", "sync")
    token = said.strip().rstrip("/").rsplit("/", 1)[1]
    member = accept_as_new_user(token=token, name="Olga", password="correct horse battery")
    assert (member.user.name, member.role) == ("Olga", "owner")

    said = run("make_token", account.pk, "Owner@shop.example", "sync", "--scope", "write", "--days", 30)
    token = Token.objects.get()
    assert token.expiry
    assert said.splitlines()[1].startswith(token.token_key)


def test_a_link_that_the_command_prints_signs_no_user_in(cast):
    said = run("make_member", cast.account.pk, "operator@host.example", "owner")
    path = "/invitations/" + said.strip().rstrip("/").rsplit("/", 1)[1] + "/"
    client = Client()
    typed = {"name": "x", "password": "correct horse battery", "again": "correct horse battery"}
    assert client.post(path, typed).status_code == 422
    assert "_auth_user_id" not in client.session
    assert not User.objects.get(email="operator@host.example").has_usable_password()
    assert not Member.objects.filter(user__email="operator@host.example").exists()


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


def user_of(said: str) -> User:
    """Who the link that a command printed signs in."""
    return use_login_link(token=said.strip().rstrip("/").rsplit("/", 1)[1])


def test_an_operator_is_made_and_gets_a_link(db):
    said = run("make_operator", "Boss@shop.example", "--name", "Bo")
    assert said.startswith("Operator: boss@shop.example\nSign in once, within 15 minutes: http")
    operator = user_of(said)
    assert (operator.name, operator.is_superuser, operator.has_usable_password()) == ("Bo", True, False)


def test_a_member_gets_a_new_link_as_often_as_it_is_asked_for(cast):
    for email in ("owner@shop.example", "Owner@Shop.example"):
        said = run("make_login_link", email)
        assert said.startswith("Sign in once, within 15 minutes: http")
        assert user_of(said) == cast.owner.user


def test_nobody_who_was_switched_off_gets_a_link(cast):
    User.objects.filter(pk=cast.owner.user_id).update(is_active=False)
    with pytest.raises(CommandError, match="is not active"):
        run("make_login_link", "owner@shop.example")


def test_djangos_own_createsuperuser_makes_an_operator_from_the_environment(db, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_EMAIL", "root@shop.example")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "correct horse battery")
    assert run("createsuperuser", "--noinput") == "Superuser created successfully.\n"
    user = User.objects.get(email="root@shop.example")
    assert user.is_superuser
    assert user.check_password("correct horse battery")
    monkeypatch.setenv("DJANGO_SUPERUSER_EMAIL", "ROOT@shop.example")
    with pytest.raises(CommandError, match="already taken"):
        run("createsuperuser", "--noinput")


@pytest.mark.parametrize(
    ("email", "password", "words"),
    [
        ("root@shop.example", "short", "too short"),
        ("no address", "correct horse battery", "valid email address"),
        ("", "correct horse battery", "cannot be blank"),
    ],
)
def test_createsuperuser_refuses_in_words(db, monkeypatch, email, password, words):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", password)
    with pytest.raises(CommandError, match=words):
        run("createsuperuser", "--noinput", "--email", email)
    assert not User.objects.exists()


class Terminal(StringIO):
    """Standard input that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_createsuperuser_asks_at_a_terminal(db, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda _words: "root@shop.example")
    monkeypatch.setattr("getpass.getpass", lambda *_: "correct horse battery")
    out = StringIO()
    call_command("createsuperuser", stdout=out, stdin=Terminal())
    assert User.objects.get().check_password("correct horse battery")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("make_account", ""), "name: This field cannot be blank"),
        (("make_account", "Shop", "--timezone", "Mars"), "timezone: There is no time zone of this name"),
        (("make_account", "Shop", "--currency", "XXL"), "currency: This is no ISO 4217 code"),
        (("make_member", "0", "a@shop.example", "owner"), "There is no such thing"),
        (("make_operator", "no address"), "email: .*valid email address"),
        (("make_operator", "Owner@shop.example"), "email: There is a user with this e-mail already"),
        (("make_login_link", "nobody@shop.example"), "There is no user nobody@shop.example"),
        (("make_token", "0", "nobody@shop.example", "x"), "There is no user nobody@shop.example"),
        (("make_token", "0", "owner@shop.example", "x"), "There is no such thing"),
    ],
)
def test_mistakes_are_told_in_words(cast, arguments, words):
    with pytest.raises(CommandError, match=words):
        run(*arguments)
