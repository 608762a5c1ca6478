"""Pages of the account: members, tokens, settings, the audit log."""

from apps.accounts.models import AuditEntry, Member, Token, User
from tests.backoffice.conftest import a_goal
from tests.backoffice.reading import found, html


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
