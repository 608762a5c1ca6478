"""What each page of the admin does, by Django's client."""

import re
from datetime import timedelta

import pytest
from django.core import mail as django_mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts import services as accounts
from apps.accounts.models import Account, Agent, AuditEntry, Group, Member, Token, User
from apps.conversations.models import Channel
from apps.core import clock
from apps.counters.models import Counter
from apps.exports.models import Export
from apps.hourly.models import Run
from apps.intake import registry
from tests import factories
from tests.backoffice.conftest import a_goal
from tests.backoffice.facts import a_story


def html(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


def found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match, pattern
    return match[1]


# Signing in


def test_a_login_link_signs_in_once_and_only_by_its_button(db):
    path = accounts.make_login_link(base_url="")
    client = Client()
    for _ in range(2):  # a mail scanner opens it
        assert "Press the button" in html(client, path)
    assert client.post(path)["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 302  # there is no account yet: to the page that makes one
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
    client.post("/admin/accounts/add/", {"name": "Shop", "timezone": "Europe/Berlin", "currency": "EUR"})
    assert Account.objects.get().timezone == "Europe/Berlin"
    page = html(client, "/admin/")
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


# The account one is in


def test_a_member_of_two_accounts_works_in_one_at_a_time(cast, owner):
    accounts.make_member(account_id=cast.other.pk, email="owner@shop.example", role="analyst")
    a_goal(cast, "Only in the first")
    client = owner
    assert "Other shop" in html(client, "/admin/")  # in the chooser
    client.post("/admin/account/", {"account": cast.account.pk})
    assert "Only in the first" in html(client, "/admin/goals/")
    client.post("/admin/account/", {"account": cast.other.pk})
    assert "Only in the first" not in html(client, "/admin/goals/")
    assert client.get("/admin/agents/").status_code == 404  # an analyst there


def test_nobody_enters_an_account_that_is_not_theirs(cast, owner, sign_in):
    for client in (owner, sign_in("stranger")):
        for account in (cast.account, cast.other):
            mine = Member.objects.filter(account=account, user_id=client.session["_auth_user_id"]).exists()
            assert client.post("/admin/account/", {"account": account.pk}).status_code == (
                302 if mine else 404
            )
    for wrong in ("", "x", "-1", "99999999999999999999"):
        assert owner.post("/admin/account/", {"account": wrong}).status_code == 404


def test_what_operators_enter_is_logged_as_theirs(cast, sign_in):
    operator = sign_in("operator")
    entry = AuditEntry.objects.get(action="account.entered")
    assert (entry.account, entry.user) == (cast.account, cast.operator)
    assert "Other shop" in html(operator, "/admin/accounts/?q=other")
    assert "operator@host.example (operator)" in html(operator, "/admin/audit/")


def test_a_member_who_was_removed_is_out_at_once(cast, sign_in):
    admin = sign_in("admin")
    html(admin, "/admin/goals/")
    accounts.remove_member(account_id=cast.account.pk, member_id=cast.admin.pk, user_id=None)
    assert admin.get("/admin/goals/").status_code == 302


# Who and where


def test_agents_are_made_changed_and_deleted(cast, owner):
    said = {
        "external_id": "cho",
        "name": "조민준",
        "email": "cho@shop.example",
        "kind": "human",
        "groups": ["sales"],
    }
    owner.post("/admin/agents/add/", said)
    agent = Agent.objects.get(external_id="cho")
    assert list(agent.groups.all()) == [cast.sales]
    owner.post(
        f"/admin/agents/{agent.pk}/", {**said, "external_id": "forged", "name": "Cho", "groups": ["support"]}
    )
    agent.refresh_from_db()
    assert (agent.external_id, agent.name, list(agent.groups.all())) == ("cho", "Cho", [cast.support])
    html(owner, "/admin/")  # reads the messages
    assert "조민준" not in html(owner, "/admin/agents/?q=cho")
    owner.post(f"/admin/agents/{agent.pk}/delete/")
    assert owner.get(f"/admin/agents/{agent.pk}/").status_code == 404
    refused = owner.post("/admin/agents/add/", {**said, "email": "no address"})
    assert (refused.status_code, set(refused.context["form"].errors)) == (422, {"email"})
    assert owner.post("/admin/agents/add/", {**said, "groups": ["other-sales"]}).status_code == 404


def test_groups_are_made_renamed_and_archived(cast, owner):
    owner.post("/admin/groups/add/", {"external_id": "vip", "name": "VIP"})
    group = Group.objects.get(external_id="vip")
    owner.post(f"/admin/groups/{group.pk}/", {"name": "Very important"})
    owner.post(f"/admin/groups/{group.pk}/archive/")
    group.refresh_from_db()
    assert group.name == "Very important"
    assert group.archived_at
    html(owner, "/admin/")  # reads the messages
    assert "Very important" not in html(owner, "/admin/goals/add/")  # not to be chosen any more
    assert owner.post(f"/admin/groups/{cast.other_group.pk}/archive/").status_code == 404


def test_channels_say_what_kind_they_are(cast, owner):
    owner.post("/admin/channels/add/", {"external_id": "bot", "name": "Bot", "kind": "third_party_bot"})
    assert Channel.objects.get().kind == "third_party_bot"
    assert "only where a goal asks for it" in html(owner, "/admin/channels/")


def test_a_counter_leads_to_its_page_about_cookies(cast, owner):
    page = f"/cookies/{cast.counter.pk}/"
    sending = owner.get(f"/admin/counters/{cast.counter.pk}/send/").content.decode()
    assert f'href="{page}"' in sending
    assert f'{page}?embed=1" title=' in sending
    assert "https://shop.example/?goalline_optout=1" in sending
    assert f'href="{page}"' in owner.get("/admin/counters/").content.decode()
    assert owner.get(page).status_code == 200


def test_counters_are_made_and_say_how_hits_are_sent(cast, owner):
    said = {
        "name": "Blog",
        "site": "https://blog.example",
        "allowed_origins": "https://a.example\n\nhttps://b.example",
        "visit_timeout_s": "3600",
        "consent": "by_category",
        "without_consent": "nothing",
        "respect_gpc": "on",
    }
    answer = owner.post("/admin/counters/add/", said, follow=True)
    counter = Counter.objects.get(name="Blog")
    assert counter.allowed_origins == ["https://a.example", "https://b.example"]
    assert not counter.user_ids
    assert (counter.visit_timeout_s, counter.consent, counter.without_consent) == (
        3600,
        "by_category",
        "nothing",
    )
    assert counter.respect_gpc
    assert not counter.respect_dnt
    odd = {"visit_timeout_s": "60", "consent": "perhaps"}
    refused = owner.post(f"/admin/counters/{counter.pk}/", {**said, **odd})
    assert set(refused.context["form"].errors) == set(odd)
    assert f"/tag/{counter.pk}.js" in answer.content.decode()
    refused = owner.post(f"/admin/counters/{counter.pk}/", {**said, "allowed_origins": "nonsense"})
    assert set(refused.context["form"].errors) == {"allowed_origins"}
    owner.post(f"/admin/counters/{counter.pk}/archive/")
    assert owner.get(f"/admin/counters/{counter.pk}/").status_code == 404
    assert "This counter is archived" in html(owner, f"/admin/counters/{counter.pk}/send/")


@pytest.mark.parametrize("path", ["agents", "groups", "channels", "counters", "members", "tokens", "audit"])
def test_a_list_asks_the_same_number_of_questions_however_long_it_is(cast, owner, path):
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            html(owner, f"/admin/{path}/")
        return len(asked)

    before = questions()
    for number in range(12):
        group = factories.a_group(cast.account, f"group{number}")
        factories.an_agent(cast.account, f"agent{number}", group, cast.sales)
        registry.save_channel(account_id=cast.account.pk, external_id=f"channel{number}")
        factories.a_counter(cast.account, name=f"Counter {number}")
        member = factories.a_member(cast.account, "analyst", f"more{number}@shop.example")
        factories.a_token(member, name=f"Token {number}")
    assert questions() <= before + 1  # the groups of agents, where there were none


def test_a_long_list_is_paged(cast, owner):
    for number in range(120):
        factories.a_group(cast.account, f"group{number:03d}")
    seen: list[str] = []
    answer = owner.get("/admin/groups/")
    for page in ("1", "2", "3"):
        answer = owner.get(f"/admin/groups/?page={page}&o=id")
        seen += [row["group"].external_id for row in answer.context["rows"]]
    assert len(seen) == len(set(seen)) == 122
    assert answer.context["after"] is None
    for nonsense in ("0", "-1", "x", "99999999999999999999", "²"):
        assert owner.get(f"/admin/groups/?page={nonsense}").status_code == 200
    assert "Nothing here matches" in html(owner, "/admin/groups/?page=900")


# The account


def test_members_come_change_and_go(cast, owner, sign_in):
    said = {
        "email": "new@shop.example",
        "name": "New",
        "role": "analyst",
        "password": "a long password 1",
        "agent": "",
    }
    owner.post("/admin/members/add/", said)
    member = Member.objects.get(user__email="new@shop.example")
    assert member.user.check_password("a long password 1")
    owner.post(f"/admin/members/{member.pk}/", {"role": "agent", "agent": "ben"})
    member.refresh_from_db()
    assert (member.role, member.agent) == ("agent", cast.ben)
    # an admin makes no owners, and the last owner stays
    refused = sign_in("admin").post(
        "/admin/members/add/", {**said, "email": "x@shop.example", "role": "owner"}
    )
    assert "Only an owner can make, change or remove owners." in refused.content.decode()
    refused = owner.post(f"/admin/members/{cast.owner.pk}/remove/")
    assert "The account needs an owner" in refused.content.decode()
    owner.post(f"/admin/members/{member.pk}/remove/")
    assert not Member.objects.filter(pk=member.pk).exists()
    assert User.objects.filter(email="new@shop.example").exists()
    assert owner.post(f"/admin/members/{cast.stranger.pk}/remove/").status_code == 404


def test_a_tokens_secret_is_shown_once(cast, owner):
    answer = owner.post("/admin/tokens/add/", {"name": "Till", "scope": "ingest", "counter": cast.counter.pk})
    secret = found(r'id="secret"[^>]*>([^<]+)<', answer.content.decode())
    token = Token.objects.get(name="Till")
    assert secret.startswith(token.token_key)
    assert token.counter_number == cast.counter.pk
    page = html(owner, "/admin/tokens/")
    assert token.token_key in page
    assert secret not in page
    owner.post(f"/admin/tokens/{token.token_key}/revoke/")
    token.refresh_from_db()
    assert token.revoked_at
    assert (
        owner.post(
            "/admin/tokens/add/", {"name": "x", "scope": "ingest", "counter": cast.other_counter.pk}
        ).status_code
        == 404
    )


def test_settings_are_checked_saved_and_logged(cast, owner):
    said = {
        "name": "Shop",
        "timezone": "Asia/Tokyo",
        "currency": "JPY",
        "inactivity_s": "900",
        "closing_days": "35",
        "message_text": "mask",
        "hits_days": "90",
        "texts_days": "",
    }
    owner.post("/admin/settings/", said)
    cast.account.refresh_from_db()
    assert (cast.account.hits_days, cast.account.texts_days) == (90, None)
    assert (cast.account.timezone, cast.account.currency, cast.account.inactivity_s) == (
        "Asia/Tokyo",
        "JPY",
        900,
    )
    assert AuditEntry.objects.get(action="account.changed").user == cast.owner.user
    wrongs = [
        ("currency", "XXY"),
        ("inactivity_s", "0"),
        ("closing_days", "401"),
        ("name", ""),
        ("hits_days", "41"),
    ]
    for field, wrong in wrongs:
        refused = owner.post("/admin/settings/", {**said, field: wrong})
        assert set(refused.context["form"].errors) == {field}


def test_the_audit_log_says_what_changed_from_what_to_what(cast, owner):
    goal = a_goal(cast)
    owner.post(f"/admin/goals/{goal.pk}/deactivate/")
    page = html(owner, "/admin/audit/?action=messaging_goal.deactivated")
    assert "owner@shop.example" in page
    assert '<del class="gl-soft">True</del>' in page
    assert "messaging_goal.saved" not in page


# Results


def test_conversions_are_listed_filtered_and_explained(cast, owner):
    goal = a_goal(cast, days_ago=1)
    a_story(cast, times=3, url="https://shop.example/thank-you?a=" + "b" * 3000)
    page = html(owner, f"/admin/conversions/?goal={goal.pk}&agent={cast.ana.pk}&outcome=1")
    assert page.count("Why?") == 3
    assert "T-1-2" in page
    assert "Nothing here matches" in html(owner, f"/admin/conversions/?agent={cast.ben.pk}")
    assert "Nothing here matches" in html(owner, "/admin/conversions/?last_day=2020-01-01")
    assert owner.get(f"/admin/conversions/?agent={cast.other_agent.pk}").status_code == 404
    why = html(owner, found(r'href="(/admin/conversions/[^"?]+/)"', page))
    assert "Credited to Ana" in why
    assert "earned the credit" in why
    assert "The conversations that were looked at" in why
    assert owner.get("/admin/conversions/nonsense/").status_code == 404


def test_conversions_are_paged_without_gap_or_repetition(cast, owner, django_assert_num_queries):
    a_goal(cast, days_ago=1)
    a_story(cast, times=120)
    seen, query, pages = [], "", 0
    while query is not None:
        owner.get("/admin/")
        with django_assert_num_queries(11):
            answer = owner.get(f"/admin/conversions/{query}")
        seen += [row["id"] for row in answer.context["rows"]]
        query, pages = answer.context["after"], pages + 1
    assert (len(seen), len(set(seen)), pages) == (120, 120, 3)


def test_the_overview_counts_what_the_goals_page_counts(cast, owner):
    a_goal(cast, days_ago=1)
    a_story(cast, times=2)
    counts = {words: count for words, count, _ in owner.get("/admin/").context["counts"]}
    assert counts["7 days"] == counts["30 days"] == 2
    assert owner.get("/admin/goals/").context["rows"][0]["conversions"] == 2


# The pipeline


def test_a_run_is_asked_for_and_watched(cast, owner):
    owner.post("/admin/runs/now/")
    run = Run.objects.get()
    assert run.requested_by == cast.owner.user
    assert owner.get(f"/admin/runs/{run.pk}/progress/").json() == {
        "done": 0,
        "total": 0,
        "state": "Queued",
        "over": False,
    }
    assert f"/admin/runs/{run.pk}/progress/" in html(owner, "/admin/runs/")


def test_the_health_page_says_what_there_is_to_say(cast, owner):
    page = html(owner, "/admin/health/")
    for words in ("Last complete hour", "Next run", "Hits waiting", "Lag", "Chats with hits", "Processes"):
        assert words in page
    a_goal(cast, days_ago=1)
    a_story(cast)
    assert "100 %" in html(owner, "/admin/health/")


def test_a_test_mail_goes_to_oneself_and_shows_the_servers_answer(cast, sign_in, settings):
    settings.EMAIL_BACKEND = "apps.mail.outbox.OutboxBackend"
    answer = sign_in("analyst").post("/admin/health/test-mail/", follow=True)
    assert "The mail server&#x27;s answer:" in answer.content.decode()
    kept = list(settings.OUTBOX.glob("*.eml"))
    assert len(kept) == 1
    assert b"analyst@shop.example" in kept[0].read_bytes()
    page = html(sign_in("operator"), "/admin/outbox/")
    assert "A test mail from Goalline" in page
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    assert sign_in("operator").get("/admin/outbox/").status_code == 404
    assert not getattr(django_mail, "outbox", [])


# Exports


@pytest.fixture
def export(cast, owner) -> Export:
    goal = a_goal(cast, days_ago=1)
    a_story(cast, times=2)
    today = clock.now().date()
    said = {"first_day": today - timedelta(days=3), "last_day": today}
    answer = owner.post(f"/admin/goals/{goal.pk}/export/", said, follow=True)
    assert "The CSV is being made" in answer.content.decode()
    return Export.objects.get()


def test_an_export_asks_for_two_days_in_their_order(cast, owner):
    goal = a_goal(cast)
    answer = owner.post(
        f"/admin/goals/{goal.pk}/export/", {"first_day": "2026-02-02", "last_day": "2026-02-01"}
    )
    assert set(answer.context["form"].errors) == {"last_day"}
    answer = owner.post(f"/admin/goals/{goal.pk}/export/", {"first_day": "x", "last_day": ""})
    assert set(answer.context["form"].errors) == {"first_day", "last_day"}


def test_an_export_is_watched_and_cancelled(owner, export):
    assert owner.get(f"/admin/exports/{export.pk}/progress/").json()["over"] is False
    owner.post(f"/admin/exports/{export.pk}/cancel/")
    export.refresh_from_db()
    assert export.state == Export.State.CANCELLED
    assert "Cancelled" in html(owner, "/admin/exports/")
    answer = owner.post(f"/admin/exports/{export.pk}/cancel/")
    assert answer.status_code in {302, 422}


def test_the_link_of_the_mail_gives_the_file_to_its_member_alone(cast, owner, sign_in, export, settings):
    from apps.exports import services
    from apps.mail.models import Mail
    from apps.mail.services import deliver

    settings.EMAIL_BACKEND = "apps.mail.outbox.OutboxBackend"
    services.make(export_id=export.pk)
    for mail in Mail.objects.all():
        deliver(mail_id=mail.pk)
    sent = next(settings.OUTBOX.glob("*.eml")).read_text()
    path = found(r"(/exports/[\w-]+/)", sent.replace("=\n", ""))

    asked = Client().get(path)
    assert (asked.status_code, asked["Location"]) == (302, f"/admin/login/?next={path}")
    for who in ("admin", "analyst", "agent", "stranger"):
        client = sign_in(who)
        assert (client.get(path).status_code, client.post(path).status_code) == (404, 404), who
    page = owner.get(path)
    assert "Download the zip" in page.content.decode()
    assert "script" not in page["Content-Security-Policy"]  # nothing runs on it
    file = owner.post(path)
    assert file["Content-Type"] == "application/zip"
    assert b"".join(file.streaming_content).startswith(b"PK")
    again = owner.post(f"/admin/exports/{export.pk}/download/")
    assert b"".join(again.streaming_content).startswith(b"PK")
    Export.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    ended = owner.get(path)
    assert ended.status_code == 410
    assert "This link has ended" in ended.content.decode()
    assert owner.post(path).status_code == 410
