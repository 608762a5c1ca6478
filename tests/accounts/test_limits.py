"""Limits of signing in, by pair, name and network, at every door where a password is tried; forgotten passwords."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.accounts import origin, services
from apps.accounts.limits import Counted, TooManyAttempts, network
from apps.accounts.models import AttemptCount, MailRequest, User
from apps.core import clock
from apps.mail.models import Mail
from tests import factories
from tests.accounts.test_invitations import at_once
from tests.accounts.test_members import refusal
from tests.portal import PortalClient

PASSWORD, NEW = "a long password 1", "another password 2"
DOORS = ["/admin/login/", "/workspace/sign-in/"]


@pytest.fixture(autouse=True)
def quick(settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def owner(cast) -> User:
    user: User = cast.owner.user
    user.set_password(PASSWORD)
    user.save()
    return user


def tried(times: int, *, name: str = "owner@shop.example", address: str | None = "192.0.2.1") -> int:
    """Wrong passwords until there are so many; how many were let through."""
    with origin.acting_from(address):
        for number in range(times):
            try:
                services.sign_in_failed(attempt=services.begin_sign_in(name=name))
            except TooManyAttempts:
                return number
    return times


def signing(door: str, name: str = "owner@shop.example", password: str = PASSWORD, **meta: Any) -> Any:
    return Client(**{"REMOTE_ADDR": "192.0.2.1", **meta}).post(door, {"username": name, "password": password})


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        (None, None),
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
    ],
)
def test_an_address_of_version_six_is_counted_by_its_network(address, counted):
    assert network(address) == counted


def test_each_limit_has_its_number_and_its_period(db):
    pair, name, near = Counted.PAIR.limit, Counted.NAME.limit, Counted.ADDRESS.limit
    assert (pair.number, name.number, near.number) == (8, 20, 50)
    assert tried(9) == pair.number
    assert tried(1, address="192.0.2.2") == 1
    # by name: from wherever
    assert tried(8, address="192.0.2.3") + tried(8, address="192.0.2.4") == name.number - pair.number - 1
    # by network: whatever name, and the addresses beside it
    spray = sum(tried(1, name=f"n{n}@shop.example", address=f"2001:db8::{n:x}") for n in range(1, 60))
    assert spray == near.number
    assert tried(1, name="n99@shop.example", address="2001:db8:0:1::1") == 1


@pytest.mark.parametrize(("minutes", "let"), [(14, 0), (16, 8)])
def test_a_limit_ends_with_its_period(db, minutes, let):
    with clock.set_back(timedelta(minutes=minutes)):
        tried(8)
    assert tried(9) == let


@pytest.mark.parametrize("name", [" OWNER@Shop.example", "Owner@SHOP.EXAMPLE "])
def test_letter_case_is_no_way_round(db, name):
    tried(8)
    assert tried(1, name=name) == 0


def test_what_succeeds_is_not_counted_and_clears_its_pair_alone(owner):
    tried(7)
    assert signing(DOORS[0]).status_code == 302
    assert tried(9) == 8
    counts = dict(AttemptCount.objects.exclude(kind="mail").values_list("kind", "times"))
    assert {kind: len(times) for kind, times in counts.items()} == {"address": 15, "name": 15, "pair": 8}


@pytest.mark.parametrize("door", DOORS)
def test_the_page_of_a_lock_out_is_the_same_for_everybody_and_has_a_way_on(owner, door):
    pages = []
    for name in ("owner@shop.example", "nobody@shop.example", "no address"):
        tried(8, name=name)
        answer = signing(door, name)
        assert answer.status_code == 429
        assert 0 < int(answer["Retry-After"]) <= 900
        assert "no-store" in answer["Cache-Control"]
        pages.append(answer.content)
    assert pages[0] == pages[1] == pages[2]
    assert b'href="/password-reset/"' in pages[0]


@pytest.mark.parametrize("door", DOORS)
def test_every_failure_has_the_same_words(owner, cast, door):
    User.objects.filter(pk=cast.admin.user_id).update(is_active=False)
    said = set()
    for name, password in [
        ("owner@shop.example", "wrong"),
        ("nobody@shop.example", "wrong"),
        ("admin@shop.example", PASSWORD),  # not active
        ("analyst@shop.example", "wrong"),  # has no password
        ("own\u0131r@shop.example", "wrong"),
        ("a\x00b", "wrong"),
    ]:
        answer = signing(door, name, password)
        assert answer.status_code == 200
        said.add(tuple(map(str, answer.context["form"].non_field_errors())))
    assert len(said) <= 2  # Django refuses NUL at the field


def test_spraying_many_names_from_one_network_is_stopped_at_the_page(owner):
    tried(1, name="x@shop.example")
    row = AttemptCount.objects.get(kind="address")
    row.times = [clock.now()] * 50
    row.save()
    assert signing("/workspace/sign-in/").status_code == 429
    assert signing("/workspace/sign-in/", REMOTE_ADDR="192.0.2.9").status_code == 302


def test_an_old_password_is_tried_within_the_limits(owner):
    client = Client(REMOTE_ADDR="192.0.2.1")
    client.force_login(owner)
    form = {"old_password": "wrong", "new_password1": NEW, "new_password2": NEW}
    statuses = [client.post("/admin/password/", form).status_code for _ in range(9)]
    assert statuses == [422] * 8 + [429]
    assert client.post("/admin/password/", {**form, "old_password": PASSWORD}).status_code == 429


@pytest.mark.django_db(transaction=True)
def test_forty_at_once_try_no_more_often_than_forty_in_turn():
    assert sum(at_once(*[lambda: tried(1)] * 40)) == Counted.PAIR.limit.number
    lone = [lambda n=n: tried(1, name=f"n{n}@shop.example") for n in range(60)]
    assert sum(at_once(*lone)) == Counted.ADDRESS.limit.number - Counted.PAIR.limit.number


def test_a_user_gets_a_mail_at_a_lock_out_and_nobody_else(owner):
    for name in ("owner@shop.example", "nobody@shop.example"):
        tried(7, name=name)
        assert not MailRequest.objects.filter(email=name).exists()
        tried(1, name=name)
        assert MailRequest.objects.filter(email=name, kind="lock-out").exists()
    services.answer_mail_requests()
    assert [mail.to for mail in Mail.objects.filter(subject__startswith="Too many attempts")] == [owner.email]
    for number in range(3, 12):  # not without end
        with clock.set_back(timedelta(hours=-2 * number)):
            tried(8)
    assert MailRequest.objects.count() == 4


# Forgotten passwords


def reset_path(email: str) -> str:
    services.answer_mail_requests()
    return f"/password-reset/{Mail.objects.filter(to=email).latest('pk').secret}/"


def choose(path: str, password: str = NEW) -> Any:
    return Client().post(path, {"new_password1": password, "new_password2": password})


def test_a_forgotten_password_is_chosen_anew_by_a_link_that_works_once(owner):
    inside = Client()
    inside.force_login(owner)
    tried(8)
    page = Client().get("/admin/login/").content.decode()
    assert 'href="/password-reset/"' in page
    answer = Client().post("/password-reset/", {"email": "OWNER@shop.example"})
    assert "If somebody here has this address" in answer.content.decode()
    path = reset_path(owner.email)
    for _ in range(2):
        assert Client().get(path).status_code == 200
    assert choose(path, "short").status_code == 422
    assert choose(path)["Location"] == "/admin/login/"
    assert inside.get("/user/").status_code == 302  # every session has ended
    assert signing(DOORS[0], password=NEW, REMOTE_ADDR="127.0.0.1").status_code == 302  # and the lock-out
    assert Client().get(path).status_code == 410
    assert choose(path).status_code == 410


def test_the_answer_to_who_forgot_is_the_same_for_every_address(owner, cast):
    User.objects.filter(pk=cast.admin.user_id).update(is_active=False)
    pages = set()
    for email in (
        "owner@shop.example", "nobody@shop.example", "admin@shop.example", "operator@host.example",
        "own\u0131r@shop.example", "no address",
    ):  # fmt: skip
        answer = Client().post("/password-reset/", {"email": email})
        assert answer.status_code == 200
        pages.add(answer.content)
    assert len(pages) == 1
    assert MailRequest.objects.count() == 6  # the same rows, too: a worker looks up who has the address
    services.answer_mail_requests()
    assert set(Mail.objects.values_list("to", flat=True)) == {"owner@shop.example", "operator@host.example"}


def test_asking_for_a_link_has_its_own_limits(owner):
    ask = [Client().post("/password-reset/", {"email": owner.email}).status_code for _ in range(4)]
    assert ask == [200, 200, 200, 429]
    assert Client().post("/password-reset/", {"email": "nobody@shop.example"}).status_code == 200


def test_a_link_ends_after_an_hour_by_signing_in_and_with_the_address(owner, settings):
    services.ask_reset(email=owner.email)
    path = reset_path(owner.email)
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert choose(path).status_code == 410
    settings.PASSWORD_RESET_TIMEOUT = 3600
    assert Client().get(path).status_code == 200
    User.objects.filter(pk=owner.pk).update(email="moved@shop.example")
    assert choose(path).status_code == 410
    for token in ("x", "x.y", "MQ.y", "%00.y", "\u0131.\u0131", "9" * 400 + ".y", "_____w.y", "...."):
        assert Client().get(f"/password-reset/{token}/").status_code == 410
    assert refusal(services.reset_password, token="MQ.y", password=NEW) == [("", "link_ended")]


def test_a_member_without_a_password_gets_a_link_by_mail_alone(cast):
    client = PortalClient(cast.account)
    client.force_login(cast.admin.user)
    path = f"/admin/members/{cast.analyst.pk}/link/"
    page = client.post(path, follow=True).content.decode()
    assert "A link is on its way to analyst@shop.example." in page
    link = reset_path("analyst@shop.example")
    assert link not in page
    assert choose(link).status_code == 302
    assert signing("/admin/login/", "analyst@shop.example", NEW).status_code == 302
    # an admin sends none to owners, nobody to members of others, and none without end
    assert client.post(f"/admin/members/{cast.owner.pk}/link/").status_code == 422
    assert client.post(f"/admin/members/{cast.stranger.pk}/link/").status_code == 404
    assert [client.post(path).status_code for _ in range(5)] == [302] * 4 + [422]


@pytest.mark.django_db(transaction=True)
def test_a_link_for_a_new_password_used_at_once_works_once():
    user = factories.a_member(factories.an_account()).user
    services.ask_reset(email=user.email)
    token = reset_path(user.email).split("/")[2]
    results = at_once(*[lambda: services.reset_password(token=token, password=NEW).pk] * 8)
    assert sorted(results, key=str) == [user.pk] + ["link_ended"] * 7
