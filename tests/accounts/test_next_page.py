"""`next` at every sign-in: only pages that are there for whoever signs in."""

import pytest
from django.test import Client

DOORS = {"/admin/login/": "/admin/", "/workspace/sign-in/": "/workspace/"}
PASSWORD = "a long password 1"
NOWHERE = [
    '"><img src=x onerror=alert(1)>',
    "admin:index",
    "workspace:conversations",
    "logout",
    "https://evil.example/",
    "//evil.example/admin/",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "http:/admin/",
    "http:///evil.example",
    "javascript:alert(1)",
    "/admin/%",
    "/admin/%00/",
    "/admin/goals/%ff",
    "/nothing/here/",
    "/accounts/profile/",
    "/admin/goals",  # it would be there with a slash
    "/admin/login/?next=/admin/login/",
    "/admin/logout/",
    "/admin/account/",  # a POST only
    "/workspace/sign-out/",
    "/api/v1/members/",
    "/static/backoffice/plain.css",
    "/admin/\u202egoals/",
    "/" + "x" * 5000,
    "//[::1",
    "/[",
]


@pytest.fixture(autouse=True)
def passwords(cast, settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick
    for user in (cast.owner.user, cast.analyst.user, cast.agent.user, cast.operator):
        user.set_password(PASSWORD)
        user.save()


def signing(door: str, who: str, target: str) -> str:
    name = {"operator": "operator@host.example"}.get(who, f"{who}@shop.example")
    answer = Client().post(door, {"username": name, "password": PASSWORD, "next": target})
    assert answer.status_code == 302
    return str(answer["Location"])


@pytest.mark.parametrize("door", DOORS)
def test_what_is_no_page_leads_to_the_start(door):
    client = Client()
    for target in NOWHERE[:8]:
        assert signing(door, "owner", target) == DOORS[door], target
    client.post(door, {"username": "owner@shop.example", "password": PASSWORD})
    for target in NOWHERE:  # whoever is signed in is led on at once
        answer = client.get(door, {"next": target})
        assert (answer.status_code, answer["Location"]) == (302, DOORS[door]), target


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("who", "target", "there"),
    [
        ("owner", "/admin/goals/?active=yes", True),
        ("owner", "/workspace/?q=T", True),
        ("owner", "/admin/settings/", True),
        ("analyst", "/admin/settings/", False),
        ("analyst", "/admin/goals/", True),
        ("agent", "/admin/goals/", False),
        ("agent", "/workspace/", True),
        ("agent", "/exports/anything/", True),  # its own page says whose it is
        ("owner", "/admin/accounts/", False),
        ("operator", "/admin/accounts/", True),
        ("owner", "/admin/a/{own}/goals/?active=yes", True),
        ("owner", "/workspace/a/{own}/?q=T", True),
        ("owner", "/admin/a/{other}/goals/", False),
        ("owner", "/workspace/a/{other}/", False),
        ("owner", "/admin/a/{other}/password/", False),
        ("owner", "/admin/a/{own}/goals", False),
        ("owner", "/admin/a/0/goals/", False),
        ("analyst", "/admin/a/{own}/settings/", False),
        ("agent", "/admin/a/{own}/goals/", False),
        ("agent", "/workspace/a/{own}/", True),
        ("operator", "/admin/a/{other}/goals/", True),
    ],
)
def test_a_page_of_somebody_elses_role_or_account_is_no_goal(cast, door, who, target, there):
    target = target.format(own=cast.account.pk, other=cast.other.pk)
    start = "/workspace/" if who == "agent" or door == "/workspace/sign-in/" else "/admin/"
    location = signing(door, who, target)
    assert location == (target if there else start)


def test_signing_out_leads_to_no_page_of_somebodys(cast):
    for path, leads_to in (
        ("/admin/logout/", "/admin/login/"),
        ("/workspace/sign-out/", "/workspace/sign-in/"),
    ):
        for target in ("//evil.example", "/admin/goals/", "admin:index", "/nothing/"):
            client = Client()
            client.force_login(cast.owner.user)
            assert client.post(path, {"next": target})["Location"] == leads_to
