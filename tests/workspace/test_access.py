"""Who sees which conversations, by every address; signing in and out."""

import pytest
from django.test import Client

from apps.accounts.models import Agent
from apps.accounts.selectors import CHOSEN
from tests import factories
from tests.backoffice.test_access import changed, snapshot
from tests.cast import Cast
from tests.workspace.addresses import PAGES, address, named
from tests.workspace.stories import a_chat, event, take

OTHERS = ("owner", "admin", "analyst", "operator")


def test_every_address_has_a_row() -> None:
    assert set(named()) == set(PAGES)


def statuses(client: Client, one) -> dict[str, int]:
    """What each address that names a conversation answers."""
    return {name: client.get(address(name, one)).status_code for name, row in PAGES.items() if row.of_one}


@pytest.mark.parametrize("who", [*OTHERS, "agent"])
def test_what_is_assigned_to_ana_is_there_for_her_and_for_those_who_see_all(cast, sign_in, who):
    one = a_chat(cast.account, "T-ana", agent="ana", group=None)
    client = sign_in(who)
    assert set(statuses(client, one).values()) == {200}
    assert "T-ana" in client.get("/workspace/").content.decode()


@pytest.mark.parametrize(
    ("agent", "group", "seen"),
    [
        ("ana", "sales", True),
        ("ana", None, True),
        ("ben", "sales", True),  # a group of hers
        (None, "sales", True),
        ("ben", "support", False),
        ("ben", None, False),
        (None, "support", False),
        (None, None, False),
    ],
)
def test_an_agent_sees_what_they_or_a_group_of_theirs_were_assigned(cast, sign_in, agent, group, seen):
    one = a_chat(cast.account, "T-1", agent=agent, group=group)
    client = sign_in("agent")
    assert set(statuses(client, one).values()) == ({200} if seen else {404})
    for query in (
        "",
        "?whose=all",
        "?q=T-1",
        "?q=T",
        f"?agent={cast.ben.pk}",
        f"?agent={cast.ana.pk}",
        "?unanswered=on",
    ):
        shown = "T-1" in client.get(f"/workspace/{query}").content.decode().replace('value="T-1"', "")
        assert not shown or seen, query
    assert ("T-1</bdi>" in client.get("/workspace/").content.decode()) is seen


def test_what_was_assigned_once_stays_to_be_seen(cast, sign_in):
    one = a_chat(cast.account, "T-1", agent="ana", group=None)
    take(cast.account, event("T-1", 5, one.last_at, type="assignment", agent="ben", group="support"))
    assert set(statuses(sign_in("agent"), one).values()) == {200}


def test_who_only_wrote_in_a_conversation_was_not_assigned_it(cast, sign_in):
    one = a_chat(cast.account, "T-1", agent="ben", group="support")
    note = {"type": "message", "author": {"kind": "agent", "agent": "ana"}, "text": "hello"}
    take(cast.account, event("T-1", 5, one.last_at, **note))
    assert set(statuses(sign_in("agent"), one).values()) == {404}


def test_who_joins_a_group_sees_its_conversations_and_who_leaves_does_not(cast, sign_in):
    one = a_chat(cast.account, "T-1", agent="ben", group="support")
    client = sign_in("agent")
    Agent.objects.get(pk=cast.ana.pk).groups.add(cast.support)
    assert set(statuses(client, one).values()) == {200}
    Agent.objects.get(pk=cast.ana.pk).groups.remove(cast.support)
    assert set(statuses(client, one).values()) == {404}


def test_a_late_assignment_opens_the_conversation_to_its_agent(cast, sign_in):
    one = a_chat(cast.account, "T-1", agent="ben", group="support")
    take(cast.account, event("T-1", -60, one.begun_at, type="assignment", agent="ana"))
    assert set(statuses(sign_in("agent"), one).values()) == {200}


def test_nobody_sees_another_accounts(cast, sign_in):
    one = a_chat(cast.account, "T-1")
    theirs = a_chat(cast.other, "X-1", agent="other-ana", group="other-sales")
    assert set(statuses(sign_in("stranger"), one).values()) == {404}
    for who in (*OTHERS, "agent"):
        client = sign_in(who)
        assert set(statuses(client, theirs).values()) == {404}, who
        assert "X-1" not in client.get("/workspace/").content.decode()
        assert client.post("/workspace/account/", {"account": cast.other.pk}).status_code in (
            {302} if who == "operator" else {404}
        )


def test_a_member_of_two_accounts_works_in_one_at_a_time(cast, sign_in):
    a_chat(cast.account, "T-1")
    a_chat(cast.other, "X-1", agent="other-ana", group="other-sales")
    Cast.member(cast, "agent").user.memberships.create(account=cast.other, role="analyst")
    client = sign_in("agent")
    for account, mine, not_mine in ((cast.other, "X-1", "T-1"), (cast.account, "T-1", "X-1")):
        assert client.post("/workspace/account/", {"account": account.pk}).status_code == 302
        assert client.session[CHOSEN] == account.pk
        page = client.get("/workspace/").content.decode()
        assert mine in page
        assert not_mine not in page


def test_nobody_who_has_not_signed_in_sees_anything(cast):
    one = a_chat(cast.account)
    for name, row in PAGES.items():
        if row.open:
            continue
        answer = Client().get(address(name, one))
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/workspace/sign-in/"), name


def test_a_get_changes_nothing_in_the_database(cast, sign_in):
    one = a_chat(cast.account)
    for who in ("agent", "owner", "operator"):
        client = sign_in(who)
        before = snapshot()
        for name in PAGES:
            client.get(address(name, one))
            client.head(address(name, one))
        assert changed(before) == set()


def test_a_form_without_its_token_is_refused(cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.agent.user)
    for name in ("account", "sign_out", "sign_in"):
        assert client.post(f"/workspace/{name.replace('_', '-')}/", {}).status_code == 403


@pytest.fixture
def with_password(cast, settings) -> Cast:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick
    cast.agent.user.set_password("a long password 1")
    cast.agent.user.save()
    return cast


def signing(client: Client, password: str = "a long password 1", at: str = "/workspace/sign-in/"):
    return client.post(at, {"username": "AGENT@shop.example", "password": password})


def test_an_agent_signs_in_and_out(with_password):
    client = Client()
    assert signing(client)["Location"] == "/workspace/"
    assert client.get("/workspace/").status_code == 200
    assert client.get("/workspace/sign-in/")["Location"] == "/workspace/"
    assert client.post("/workspace/sign-out/")["Location"] == "/workspace/sign-in/"
    assert client.get("/workspace/").status_code == 302


def test_signing_in_leads_back_to_where_one_wanted_to_go_and_nowhere_else(with_password):
    one = a_chat(with_password.account)
    wanted = f"/workspace/conversations/{one.pk}/"
    asked = Client().get(wanted)["Location"]
    for target, leads_to in (
        (wanted, wanted),
        ("https://evil.example/", "/workspace/"),
        ("//evil.example", "/workspace/"),
    ):
        answer = Client().post(
            "/workspace/sign-in/",
            {"username": "agent@shop.example", "password": "a long password 1", "next": target},
        )
        assert answer["Location"] == leads_to
    assert asked == f"/workspace/sign-in/?next=%2Fworkspace%2Fconversations%2F{one.pk}%2F"


@pytest.mark.parametrize("at", ["/workspace/sign-in/", "/admin/login/"])
def test_signing_in_is_locked_after_repeated_failures_in_any_letter_case(with_password, at):
    for name in ["agent@shop.example"] * 4 + ["Agent@shop.example"] * 4:
        Client().post(at, {"username": name, "password": "wrong"})
    assert signing(Client(), at=at).status_code == 429
    elsewhere = Client(REMOTE_ADDR="192.0.2.9")
    assert signing(elsewhere, at=at).status_code == 302


def test_an_agent_who_signs_in_at_the_admin_comes_to_the_workspace(with_password):
    client = Client()
    answer = client.post(
        "/admin/login/?next=/admin/",
        {"username": "agent@shop.example", "password": "a long password 1"},
        follow=True,
    )
    assert answer.redirect_chain[-1][0] == "/workspace/"
    assert answer.status_code == 200
    assert client.get("/", follow=True).redirect_chain[-1][0] == "/workspace/"


def test_who_belongs_to_no_account_is_told_so(db):
    user = factories.a_user("nobody@shop.example")
    user.set_password("a long password 1")
    user.save()
    answer = Client().post(
        "/workspace/sign-in/", {"username": "nobody@shop.example", "password": "a long password 1"}
    )
    assert answer.status_code == 200
    assert "This user belongs to no account." in answer.content.decode()


def test_pages_let_no_inline_script_run(cast, sign_in):
    one = a_chat(cast.account)
    client = sign_in("agent")
    for name, row in PAGES.items():
        if row.post_only:
            continue
        policy = client.get(address(name, one))["Content-Security-Policy"]
        assert "unsafe" not in policy, name
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy


@pytest.mark.parametrize("number", ["0", "99999999999999999999", "18446744073709551616"])
def test_numbers_that_are_none_of_the_accounts_are_not_there(cast, sign_in, number):
    assert sign_in("owner").get(f"/workspace/conversations/{number}/").status_code == 404


@pytest.mark.parametrize(
    "text", ["x", "1.9.0.0.h", "9" * 40 + ".0.0.0.x", "1.0.0.0.\x00", "1.0", "1.0.0.0." + "x" * 300]
)
def test_places_that_are_none_are_not_there(cast, sign_in, text):
    one = a_chat(cast.account)
    client = sign_in("agent")
    for path in (f"/workspace/conversations/{one.pk}/", f"/workspace/conversations/{one.pk}/news/"):
        assert client.get(path, {"before": text}).status_code == 404
    assert client.get("/workspace/", {"after": text + "x"}).status_code == 404
