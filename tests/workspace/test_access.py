"""Who sees which conversations, by every address; signing in and out."""

from urllib.parse import urlencode

import pytest
from django.test import Client

from apps.accounts.addresses import account_url
from apps.accounts.entering import LAST
from apps.accounts.models import Agent
from tests import factories
from tests.backoffice.reading import links
from tests.backoffice.test_access import changed, snapshot
from tests.cast import Cast
from tests.workspace.addresses import PAGES, address, bare_address, named
from tests.workspace.stories import a_chat, event, take

OTHERS = ("owner", "admin", "analyst", "operator")


def test_every_address_has_a_row() -> None:
    assert set(named()) == set(PAGES)


def statuses(client: Client, one, account=None) -> dict[str, int]:
    """What each address that names a conversation answers, in its own account or in another."""
    named = [name for name, row in PAGES.items() if row.of_one]
    return {name: client.get(address(name, one, account)).status_code for name in named}


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
        assert set(statuses(client, theirs, cast.account).values()) == {404}, who
        assert set(statuses(client, theirs).values()) == ({200} if who == "operator" else {404}), who
        assert "X-1" not in client.get("/workspace/").content.decode()
        assert client.get(address("conversations", theirs)).status_code == (200 if who == "operator" else 404)


def test_a_member_of_two_accounts_works_in_one_at_a_time(cast, sign_in):
    a_chat(cast.account, "T-1")
    a_chat(cast.other, "X-1", agent="other-ana", group="other-sales")
    Cast.member(cast, "agent").user.memberships.create(account=cast.other, role="analyst")
    client = sign_in("agent")
    for account, mine, not_mine in ((cast.other, "X-1", "T-1"), (cast.account, "T-1", "X-1")):
        page = client.get(account_url("workspace", account.pk, "conversations")).content.decode()
        assert mine in page
        assert not_mine not in page


def test_every_page_and_link_keeps_the_account_of_its_address_whatever_was_opened_since(cast, sign_in):
    one = a_chat(cast.account, "T-1")
    cast.owner.user.memberships.create(account=cast.other, role="owner")
    client = sign_in("owner")
    own = (f"/admin/a/{cast.account.pk}/", f"/workspace/a/{cast.account.pk}/")
    chooser = account_url("workspace", cast.other.pk, "conversations")
    for name, row in PAGES.items():
        assert client.get(chooser).status_code == 200  # the other tab
        if row.open:
            continue
        if row.of_one:
            assert client.get(address(name, one, cast.other)).status_code == 404, name
            assert client.post(address(name, one, cast.other)).status_code in {404, 405}, name
        page = client.get(address(name, one)).content.decode()
        assert "T-1" in page or name == "news", name
        for link in links(page):
            assert link.startswith(own) or link == chooser, (name, link)


def test_without_an_account_a_page_leads_to_the_account_opened_last_and_keeps_its_query(cast, sign_in):
    one = a_chat(cast.account, "T-1")
    cast.owner.user.memberships.create(account=cast.other, role="owner")
    client = sign_in("owner")
    for account in (cast.other, cast.account):
        client.get(account_url("workspace", account.pk, "conversations"))
        client.get(address("news", one))  # asked by a script in another tab
        for name, row in PAGES.items():
            if row.open:
                continue
            answer = client.get(bare_address(name, one) + "?q=x", bare=True)
            assert answer["Location"] == address(name, one, account) + "?q=x", name
            assert client.post(bare_address(name, one), bare=True).status_code == 404, name


def test_an_account_that_is_not_theirs_is_not_there_whatever_the_session_says(cast, sign_in):
    one = a_chat(cast.account, "T-1")
    stranger = sign_in("stranger")
    session = stranger.session
    session[LAST] = cast.account.pk
    session.save()
    for name, row in PAGES.items():
        if not row.open:
            assert stranger.get(address(name, one)).status_code == 404, name
    assert stranger.get("/workspace/", bare=True)["Location"] == f"/workspace/a/{cast.other.pk}/"


def test_nobody_who_has_not_signed_in_sees_anything(cast):
    one = a_chat(cast.account)
    for name, row in PAGES.items():
        if row.open:
            continue
        answer = Client().get(address(name, one))
        assert answer.status_code == 302, name
        assert answer["Location"].split("?")[0] == address("sign_in", one), name


def test_a_get_changes_nothing_in_the_database(cast, sign_in):
    one = a_chat(cast.account)
    for who in ("agent", "owner", "operator"):
        client = sign_in(who)
        client.get("/workspace/")  # the session remembers the account that was opened
        before = snapshot()
        for name in PAGES:
            client.get(address(name, one))
            client.head(address(name, one))
        assert changed(before) == set()


def test_a_form_without_its_token_is_refused(cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.agent.user)
    for name in ("sign_out", "sign_in"):
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
    assert client.get("/workspace/", follow=True).status_code == 200
    assert client.get("/workspace/sign-in/")["Location"] == "/workspace/"
    assert client.post("/workspace/sign-out/")["Location"] == "/workspace/sign-in/"
    assert client.get("/workspace/")["Location"] == "/workspace/sign-in/?next=%2Fworkspace%2F"


def test_signing_in_leads_back_to_where_one_wanted_to_go_and_nowhere_else(with_password):
    one = a_chat(with_password.account)
    wanted = address("conversation", one)
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
    assert asked == f"{address('sign_in', one)}?{urlencode({'next': wanted})}"


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
    own = account_url("workspace", with_password.account.pk, "conversations")
    assert answer.redirect_chain[-1][0] == own
    assert answer.status_code == 200
    assert client.get("/", follow=True).redirect_chain[-1][0] == own


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
