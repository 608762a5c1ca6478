"""Invitations: who joins, by which link, once; and the takeovers that they rule out."""

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from apps.accounts import services
from apps.accounts.models import AuditEntry, Invitation, Member, User
from apps.core import clock
from apps.core.errors import NotThere, Refused
from apps.mail.models import Mail
from tests import factories
from tests.accounts.test_members import refusal, token_of
from tests.cast import Cast

PASSWORD = "a long password 1"
NEW = {"name": "Nora", "password": PASSWORD, "again": PASSWORD}
LOOK_ALIKES = [
    "adm\u0131n@shop.example",  # a dotless i: its capital is I
    "ADM\u0130N@shop.example",  # a dotted I
    "\uff41dmin@shop.example",  # full width
    "admin\uff20shop.example",
    "admin@\uff53hop.example",
    "admin@\u017fhop.example",  # a long s
    "admin@shop\u3002example",
    "\u0430dmin@shop.example",  # Cyrillic
    "admin\u200b@shop.example",
    "admin\x00@shop.example",
]


@pytest.fixture(autouse=True)
def quick(settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def invited(cast: Cast, email: str = "new@shop.example", role: str = "analyst", **values: Any) -> str:
    """The path of the link in the mail that this address gets."""
    services.invite(account_id=cast.account.pk, user_id=cast.owner.user_id, email=email, role=role, **values)
    return link_of(email.lower())


def link_of(email: str) -> str:
    mail = Mail.objects.filter(to=email).latest("pk")
    assert "{secret}" in mail.body
    return f"/invitations/{mail.secret}/"


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def is_member(cast: Cast, email: str) -> bool:
    return Member.objects.filter(account=cast.account, user__email=email).exists()


def test_somebody_new_chooses_a_name_and_a_password_and_is_a_member_from_then_on(cast):
    path = invited(cast, "New@Shop.example", "agent", agent="ben")
    client = Client()
    for _ in range(2):  # opening it uses nothing up
        page = client.get(path).content.decode()
        assert "owner@shop.example" in page
        assert "new@shop.example" in page
    assert not User.objects.filter(email="new@shop.example").exists()
    answer = client.post(path, NEW)
    assert answer["Location"] == f"/workspace/a/{cast.account.pk}/"
    assert client.get(answer["Location"]).status_code == 200
    member = Member.objects.get(user__email="new@shop.example")
    assert (member.account, member.role, member.agent, member.user.name) == (
        cast.account, "agent", cast.ben, "Nora",
    )  # fmt: skip
    assert member.user.check_password(PASSWORD)
    assert Client().post(path, NEW).status_code == 410
    assert Client().get(path).status_code == 410
    entry = AuditEntry.objects.get(action="member.added", target="new@shop.example")
    assert (entry.user, entry.after["invited_by"]) == (member.user, "owner@shop.example")


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"password": "short", "again": "short"}, "password"),
        ({"password": "password1234", "again": "password1234"}, "password"),
        ({"again": "another password"}, "again"),
        ({"name": ""}, "name"),
        ({"name": "a\x00b"}, "name"),
    ],
)
def test_what_is_typed_wrong_uses_nothing_up(cast, typed, field):
    path = invited(cast)
    answer = Client().post(path, {**NEW, **typed})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {field}
    assert Client().post(path, NEW).status_code == 302


def test_a_user_accepts_after_signing_in_as_the_invited_address(cast):
    path = invited(cast, "STRANGER@other.example", "admin")
    cast.stranger.user.set_password(PASSWORD)
    cast.stranger.user.save()
    client = Client()
    sign_in = f"/admin/login/?next={path}"
    assert sign_in in client.get(path).content.decode()
    answer = client.post(sign_in, {"username": "stranger@other.example", "password": PASSWORD})
    assert answer["Location"] == path
    assert not is_member(cast, "stranger@other.example")
    assert "Join the account" in client.get(path).content.decode()
    assert client.post(path)["Location"] == f"/admin/a/{cast.account.pk}/"
    assert is_member(cast, "stranger@other.example")


@pytest.mark.parametrize("door", ["/admin/login/", "/workspace/sign-in/"])
def test_whoever_is_in_no_account_signs_in_to_accept(cast, door):
    user = services.make_user(email="new@shop.example", password=PASSWORD)
    path = invited(cast)
    typed = {"username": "new@shop.example", "password": PASSWORD}
    assert Client().post(door, typed).status_code == 200  # has nothing to do here
    client = Client()
    assert client.post(door, {**typed, "next": path})["Location"] == path
    client.post(path)
    assert Member.objects.filter(account=cast.account, user=user).exists()


def test_the_link_signs_nobody_in_and_sets_nobodys_password(cast):
    for member in (cast.stranger.user, cast.operator):
        before = User.objects.get(pk=member.pk).password
        path = invited(cast, member.email)
        client = Client()
        answer = client.post(path, NEW)
        assert answer.status_code == 422
        assert "There is a user with this address" in answer.content.decode()
        assert "_auth_user_id" not in client.session
        assert User.objects.get(pk=member.pk).password == before
        assert not is_member(cast, member.email)


def test_another_user_cannot_accept_and_is_told_to_sign_out(cast):
    path = invited(cast)
    client = Client()
    for user in (cast.stranger.user, cast.operator, cast.owner.user):
        client.force_login(user)
        assert "Sign out to accept" in client.get(path).content.decode()
        assert client.post(path, NEW).status_code == 422
    assert not is_member(cast, "new@shop.example")
    assert not is_member(cast, "stranger@other.example")
    assert client.post("/admin/logout/", {"next": path})["Location"] == path
    assert client.post(path, NEW).status_code == 302


def test_an_operator_is_invited_like_anybody_and_joins_when_they_accept(cast):
    path = invited(cast, "operator@host.example")
    assert not is_member(cast, "operator@host.example")
    assert browser(cast.operator).post(path).status_code == 302
    assert is_member(cast, "operator@host.example")


def test_a_link_ends_after_seven_days_when_withdrawn_and_when_sent_again(cast):
    by = {"account_id": cast.account.pk, "user_id": cast.owner.user_id}
    with clock.set_back(timedelta(days=7, seconds=1)):
        late = invited(cast, "late@shop.example")
    with clock.set_back(timedelta(days=6, hours=23)):
        good = invited(cast, "good@shop.example")
    withdrawn, first = invited(cast, "gone@shop.example"), invited(cast, "again@shop.example")
    services.withdraw(**by, invitation_id=Invitation.objects.get(email="gone@shop.example").pk)
    services.send_again(**by, invitation_id=Invitation.objects.get(email="again@shop.example").pk)
    for path in (late, withdrawn, first, "/invitations/x/", "/invitations/%00/", "/invitations/\u0131/"):
        assert Client().get(path).status_code == 410
        assert Client().post(path, NEW).status_code == 410
    for path in (good, link_of("again@shop.example")):
        assert Client().post(path, NEW).status_code == 302
    # one whose link ended is sent again, or made anew
    services.send_again(**by, invitation_id=Invitation.objects.get(email="late@shop.example").pk)
    assert Client().get(link_of("late@shop.example")).status_code == 200


def test_an_address_is_invited_anew_after_it_was_withdrawn_or_has_ended(cast):
    by = {"account_id": cast.account.pk, "user_id": cast.owner.user_id}
    with clock.set_back(timedelta(days=8)):
        ended = invited(cast, role="agent", agent="ben")
    again = invited(cast, "NEW@shop.example", "agent", agent="ben")
    values = {**by, "email": "new@shop.example", "role": "analyst"}
    assert refusal(services.invite, **values) == [("email", "invited")]
    other = {**by, "email": "other@shop.example", "role": "agent", "agent": "ben"}
    assert refusal(services.invite, **other) == [("agent", "taken")]
    services.withdraw(**by, invitation_id=Invitation.objects.get(Invitation.PENDING).pk)
    last = invited(cast)
    assert [Client().get(path).status_code for path in (ended, again, last)] == [410, 410, 200]


def test_invitations_of_another_account_are_not_there(cast):
    invited(cast)
    theirs = {"account_id": cast.other.pk, "user_id": cast.stranger.user_id}
    number = Invitation.objects.get().pk
    for service in (services.send_again, services.withdraw):
        with pytest.raises(NotThere):
            service(**theirs, invitation_id=number)
    with pytest.raises(NotThere):
        services.copy_link(**theirs, invitation_id=number, base_url="")


def test_an_admin_cannot_send_or_withdraw_an_owners_invitation(cast):
    invited(cast, role="owner")
    by = {
        "account_id": cast.account.pk,
        "user_id": cast.admin.user_id,
        "invitation_id": Invitation.objects.get().pk,
    }
    for service in (services.send_again, services.withdraw):
        assert refusal(service, **by) == [("role", "owners_only")]


def test_an_agent_who_was_given_away_meanwhile_is_told_and_the_link_lives(cast):
    path = invited(cast, role="agent", agent="ben")
    services.change_member(
        account_id=cast.account.pk, user_id=None, member_id=cast.analyst.pk, role="agent", agent="ben"
    )
    answer = Client().post(path, NEW)
    assert answer.status_code == 422
    assert "Another member is tied to this agent." in answer.content.decode()
    assert not User.objects.filter(email="new@shop.example").exists()
    assert Client().get(path).status_code == 200


@pytest.mark.parametrize("email", LOOK_ALIKES)
def test_a_look_alike_is_neither_invited_nor_anybodys_name(cast, email):
    values = {
        "account_id": cast.other.pk,
        "user_id": cast.stranger.user_id,
        "email": email,
        "role": "analyst",
    }
    assert refusal(services.invite, **values) == [("email", "invalid")]
    assert refusal(services.make_user, email=email) == [("email", "invalid")]
    with pytest.raises(User.DoesNotExist):
        User.objects.get_by_natural_key(email)
    assert User.objects.get_by_natural_key(" ADMIN@Shop.Example ") == cast.admin.user


def test_the_takeover_of_an_address_that_has_no_user_yet_is_ruled_out(cast, settings):
    """An owner of one account takes an address as its user; another account's invitation is not theirs to accept."""
    settings.EMAIL_BACKEND = "apps.mail.outbox.OutboxBackend"  # where links can be copied
    email = "victim@shop.example"
    by: dict[str, Any] = {"account_id": cast.other.pk, "user_id": cast.stranger.user_id}
    services.invite(**by, email=email, role="admin")
    services.withdraw(**by, invitation_id=Invitation.objects.get().pk)
    invitation = services.invite(**by, email=email, role="admin")
    copied = services.copy_link(**by, invitation_id=invitation.pk, base_url="")
    attacker = Client()
    assert attacker.post(copied, NEW).status_code == 302  # all they get is a user of their own account
    path = invited(cast, email, "admin")
    assert not is_member(cast, email)
    assert attacker.get(f"/admin/a/{cast.account.pk}/members/").status_code == 404
    for known in (copied, copied.replace("invitations", "login-link")):
        assert attacker.post(known).status_code == 410
    assert (
        Client().post(path, NEW).status_code == 422
    )  # the mail's reader is asked to sign in, or for a reset
    assert not is_member(cast, email)


def at_once(*calls: Any) -> list[Any]:
    """What each call did, or the code of its refusal; all begin together."""
    barrier, results = Barrier(len(calls)), []

    def run(call: Any) -> None:
        try:
            barrier.wait()
            results.append(call())
        except Refused as refused:
            results.append(refused.problems[0].code)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.django_db(transaction=True)
def test_forty_at_once_make_one_invitation_and_one_member():
    owner = factories.a_member(factories.an_account())
    by: dict[str, Any] = {"account_id": owner.account_id, "user_id": owner.user_id}

    def invite() -> str:
        services.invite(**by, email="new@shop.example", role="analyst")
        return "made"

    results = at_once(*[invite] * 40)
    assert sorted(results) == ["invited"] * 39 + ["made"]
    token = token_of(link_of("new@shop.example"))

    def accept() -> str:
        services.accept_as_new_user(token=token, name="Nora", password=PASSWORD)
        return "joined"

    results = at_once(*[accept] * 40)
    assert len(results) == 40
    assert results.count("joined") == 1
    assert set(results) <= {"joined", "link_ended", "known"}
    assert Member.objects.filter(user__email="new@shop.example").count() == 1


@pytest.mark.django_db(transaction=True)
def test_invitations_of_several_accounts_accepted_at_once_make_one_user():
    tokens = []
    for _ in range(6):
        owner = factories.a_member(factories.an_account())
        services.invite(
            account_id=owner.account_id, user_id=owner.user_id, email="new@shop.example", role="analyst"
        )
        tokens.append(token_of(link_of("new@shop.example")))

    def accept(token: str) -> Any:
        return lambda: services.accept_as_new_user(token=token, name="Nora", password=PASSWORD).role

    results = at_once(*[accept(token) for token in tokens])
    assert len(results) == 6
    assert results.count("analyst") == 1
    assert set(results) <= {"analyst", "known", "taken"}
    assert (
        Invitation.objects.filter(Invitation.PENDING).count() == 5
    )  # their links still work, after signing in
