"""Signing in, choosing a password, and being let out."""

from django.test import Client

from apps.accounts import services as accounts
from apps.accounts.models import Account
from tests.backoffice.reading import html


def test_a_login_link_signs_in_once_and_only_by_its_button(db):
    path = accounts.make_login_link(base_url="")
    client = Client()
    for _ in range(2):  # a mail scanner opens it
        assert "Press the button" in html(client, path)
    assert client.post(path)["Location"] == "/admin/"
    assert client.get("/admin/")["Location"] == "/admin/accounts/add/"  # there is no account yet
    assert client.post(path).status_code == 410


def test_signing_in_with_a_password_and_out_again(cast):
    cast.admin.user.set_password("a long password 1")
    cast.admin.user.save()
    client = Client()
    answer = client.post(
        "/admin/login/?next=/admin/goals/",
        {"username": "ADMIN@shop.example", "password": "a long password 1"},
    )
    assert answer["Location"] == "/admin/goals/"
    client.post("/admin/logout/")
    assert client.get("/admin/goals/").status_code == 302


def test_who_belongs_to_no_account_is_told_that_the_admin_is_not_theirs(cast):
    user = cast.agent.user
    user.set_password("a long password 1")
    user.save()
    user.memberships.all().delete()
    answer = Client().post(
        "/admin/login/", {"username": "agent@shop.example", "password": "a long password 1"}
    )
    assert answer.status_code == 200
    assert "This user has no access to the admin." in answer.content.decode()


def test_an_operator_of_an_empty_portal_makes_the_first_account(db):
    client = Client()
    client.post(accounts.make_login_link(base_url=""))
    answer = client.get("/admin/goals/", follow=True)
    assert answer.redirect_chain[-1][0] == "/admin/accounts/add/"
    made = client.post(
        "/admin/accounts/add/", {"name": "Shop", "timezone": "Europe/Berlin", "currency": "EUR"}
    )
    assert Account.objects.get().timezone == "Europe/Berlin"
    assert made["Location"] == f"/admin/a/{Account.objects.get().pk}/"
    page = client.get("/admin/", follow=True).content.decode()
    assert "What this account still needs" in page
    assert "Make a counter for your site" in page


def test_who_came_by_a_link_chooses_a_password_without_an_old_one(cast, owner):
    new = {"new_password1": "a long password 1", "new_password2": "a long password 1"}
    assert owner.post("/admin/password/", new)["Location"] == "/admin/"
    html(owner, "/admin/")  # still signed in
    cast.owner.user.refresh_from_db()
    assert cast.owner.user.check_password("a long password 1")
    # from then on the old one is asked for
    assert set(owner.post("/admin/password/", new).context["form"].errors) == {"old_password"}
    assert owner.post("/admin/password/", {**new, "old_password": "a long password 1"}).status_code == 302
    short = {"old_password": "a long password 1", "new_password1": "short", "new_password2": "short"}
    assert set(owner.post("/admin/password/", short).context["form"].errors) == {"new_password2"}


def test_a_member_who_was_removed_is_out_at_once(cast, sign_in):
    admin = sign_in("admin")
    html(admin, "/admin/goals/")
    accounts.remove_member(account_id=cast.account.pk, member_id=cast.admin.pk, user_id=None)
    assert admin.get("/admin/goals/").status_code == 404
