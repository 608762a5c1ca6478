"""What a user has of their own: sessions that are listed and ended, a password, an address that changes by a link."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.accounts import selectors, services
from apps.accounts.models import AuditEntry, EmailChange, User, UserSession
from apps.core import clock
from apps.mail.models import Mail
from tests import factories
from tests.accounts.test_invitations import LOOK_ALIKES, at_once, browser
from tests.accounts.test_members import refusal

PASSWORD, NEW = "a long password 1", "another password 2"


@pytest.fixture(autouse=True)
def quick(settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def from_device(user: User, device: str, address: str = "192.0.2.1") -> Client:
    client = Client(headers={"User-Agent": device}, REMOTE_ADDR=address)
    client.force_login(user)
    UserSession.objects.filter(session_key=client.session.session_key).update(
        seen_at=clock.now() - timedelta(hours=1)
    )
    client.get("/user/")
    return client


def signed_in(client: Client) -> bool:
    return bool(client.get("/user/").status_code == 200)


def mark(client: Client) -> str:
    return selectors.session_mark(session_key=str(client.session.session_key))


@pytest.mark.parametrize("who", ["owner", "agent", "operator"])
def test_sessions_are_listed_with_device_address_and_last_use_and_ended_one_by_one(cast, who):
    user = cast.operator if who == "operator" else cast.member(who).user
    phone, desk = from_device(user, "Phone <b>1"), from_device(user, "Desk", "2001:db8::7")
    page = desk.get("/user/").content.decode()
    for words in (
        "Phone &lt;b&gt;1",
        "Desk",
        "192.0.2.1",
        "2001:db8::7",
        "this session",
        f"{clock.now():%Y-%m-%d}",
    ):
        assert words in page
    assert str(phone.session.session_key) not in page
    assert desk.post("/user/sessions/", {"session": mark(phone)}).status_code == 302
    assert not signed_in(phone)
    assert signed_in(desk)
    assert desk.post("/user/sessions/", {"session": mark(desk)}).status_code == 302
    assert not signed_in(desk)


def test_all_other_sessions_are_ended_at_once_and_nobody_elses(cast):
    mine, others = from_device(cast.owner.user, "A"), [from_device(cast.owner.user, "B") for _ in range(2)]
    theirs = from_device(cast.stranger.user, "C")
    for wrong in (mark(theirs), "", "x", "\u0131", str(theirs.session.session_key)):
        assert mine.post("/user/sessions/", {"session": wrong}).status_code == 404
    mine.post("/user/sessions/", {"session": "others"})
    assert [signed_in(client) for client in (mine, theirs, *others)] == [True, True, False, False]
    assert Client().get("/user/")["Location"] == "/admin/login/?next=/user/"
    assert mine.get("/user/sessions/").status_code == 405


def test_when_a_session_was_last_used_is_noted_every_five_minutes(cast):
    client = browser(cast.owner.user)
    row = UserSession.objects.filter(user=cast.owner.user)
    for minutes, noted in ((4, False), (6, True)):
        at = clock.now() - timedelta(minutes=minutes)
        row.update(seen_at=at)
        client.get("/user/")
        assert (row.get().seen_at > at) is noted


@pytest.mark.parametrize("path", ["/user/password/", "/admin/password/"])
def test_other_sessions_end_when_the_password_changes(cast, path):
    mine, other = from_device(cast.owner.user, "A"), from_device(cast.owner.user, "B")
    assert mine.post(path, {"new_password1": NEW, "new_password2": NEW}).status_code == 302
    assert (signed_in(mine), signed_in(other)) == (True, False)
    assert UserSession.objects.filter(user=cast.owner.user).count() == 1
    wrong = {"old_password": PASSWORD, "new_password1": PASSWORD, "new_password2": PASSWORD}
    assert mine.post(path, wrong).status_code == 422


def test_a_user_who_is_shut_out_has_no_session(cast):
    client = from_device(cast.owner.user, "A")
    User.objects.filter(pk=cast.owner.user_id).update(is_active=False)
    assert not signed_in(client)


# The address


def asked(client: Client, email: str, **typed: str) -> Any:
    return client.post("/user/email/", {"email": email, **typed})


def link_of(email: str) -> str:
    mail = Mail.objects.filter(to=email, subject__startswith="Your new address").latest("pk")
    return f"/email-change/{mail.secret}/"


def test_an_address_changes_when_its_mailbox_has_answered(cast):
    client = browser(cast.agent.user)
    assert asked(client, "Moved@shop.example").status_code == 302
    path = link_of("moved@shop.example")
    assert client.get(path).status_code == 200
    assert User.objects.get(pk=cast.agent.user_id).email == "agent@shop.example"
    assert Client().post(path)["Location"] == f"/admin/login/?next={path}"
    assert client.post(path)["Location"] == "/user/"
    assert User.objects.get(pk=cast.agent.user_id).email == "moved@shop.example"
    assert Mail.objects.filter(to="agent@shop.example", subject__contains="was changed").exists()
    assert AuditEntry.objects.get(action="user.email_changed").before == {"email": "agent@shop.example"}
    assert client.post(path).status_code == 410


def test_a_password_is_asked_for_before_an_address_changes(cast):
    cast.owner.user.set_password(PASSWORD)
    cast.owner.user.save()
    client = browser(cast.owner.user)
    assert asked(client, "moved@shop.example").status_code == 422
    assert asked(client, "moved@shop.example", password="wrong").status_code == 422
    assert not EmailChange.objects.exists()
    assert asked(client, "moved@shop.example", password=PASSWORD).status_code == 302


def test_nobody_takes_an_address_over_by_changing_theirs(cast):
    """Neither an address of somebody, nor one that nobody has yet: its mailbox has the link, and it is the asker's."""
    attacker, victim = browser(cast.stranger.user), browser(cast.admin.user)
    for email in ("admin@shop.example", "nobody@shop.example"):
        answer = asked(attacker, email)
        assert answer["Location"] == "/user/"  # the same for both
        path = link_of(email)
        assert path not in attacker.get("/user/").content.decode()
        assert victim.post(path).status_code == 410  # who reads the mailbox did not ask
    assert attacker.post(link_of("nobody@shop.example").replace("-change/", "-change/x")).status_code == 410
    # even with the link a known address stays whose it is
    asked(attacker, "admin@shop.example")
    assert "Another user has this address." in attacker.post(link_of("admin@shop.example")).content.decode()
    # a link for a new password of the old address is of no use after the change
    services.ask_reset(email="stranger@other.example")
    services.answer_mail_requests()
    reset = Mail.objects.get(to="stranger@other.example").secret
    asked(attacker, "moved@other.example")
    attacker.post(link_of("moved@other.example"))
    assert Client().get(f"/password-reset/{reset}/").status_code == 410


@pytest.mark.parametrize("email", [*LOOK_ALIKES, "x", "stranger@OTHER.example"])
def test_an_address_that_is_none_or_looks_like_anothers_is_refused(cast, email):
    values = {"user_id": cast.stranger.user_id, "email": email}
    assert refusal(services.ask_email_change, **values)[0][0] == "email"


def test_a_link_to_a_new_address_ends_after_a_day_and_with_the_next(cast):
    client = browser(cast.agent.user)
    with clock.set_back(timedelta(hours=25)):
        services.ask_email_change(user_id=cast.agent.user_id, email="late@shop.example")
    assert client.post(link_of("late@shop.example")).status_code == 410
    asked(client, "first@shop.example")
    asked(client, "second@shop.example")
    assert client.post(link_of("first@shop.example")).status_code == 410
    assert client.post(link_of("second@shop.example")).status_code == 302
    assert [asked(client, f"n{n}@shop.example").status_code for n in range(4)] == [302, 302, 302, 422]


@pytest.mark.django_db(transaction=True)
def test_two_users_who_want_one_address_at_once_do_not_both_get_it():
    users = [factories.a_member(factories.an_account()).user for _ in range(4)]
    tokens = []
    for user in users:
        services.ask_email_change(user_id=user.pk, email="wanted@shop.example")
        tokens.append(link_of("wanted@shop.example").split("/")[2])

    def confirm(user: User, token: str) -> Any:
        return lambda: services.confirm_email_change(user_id=user.pk, token=token).email

    results = at_once(*[confirm(*pair) for pair in zip(users, tokens, strict=True)])
    assert sorted(results) == ["taken"] * 3 + ["wanted@shop.example"]
