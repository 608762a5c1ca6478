"""Pages of the account: members, tokens, settings, the audit log."""

from django.test import Client

from apps.accounts.models import AuditEntry, Invitation, Member, Token, User
from apps.accounts.services import invite
from tests.backoffice.conftest import a_goal
from tests.backoffice.reading import found, html


def test_members_are_invited_change_and_go(cast, owner, sign_in):
    said = {"email": "New@shop.example", "role": "analyst", "agent": ""}
    assert owner.post("/admin/members/add/", said).status_code == 302
    page = html(owner, "/admin/members/")
    assert "new@shop.example is invited." in page
    invitation = Invitation.objects.get()
    assert f"members/invitations/{invitation.pk}/send/" in page
    assert not User.objects.filter(email="new@shop.example").exists()
    again = owner.post("/admin/members/add/", said)
    assert "This address is invited already" in again.content.decode()
    owner.post(f"/admin/members/invitations/{invitation.pk}/send/")
    owner.post(f"/admin/members/invitations/{invitation.pk}/withdraw/")
    assert "new@shop.example" not in html(owner, "/admin/members/").replace("new@shop.example is ", "")
    assert owner.post(f"/admin/members/invitations/{invitation.pk}/send/").status_code == 404
    # an admin makes no owners, and the last owner stays
    refused = sign_in("admin").post("/admin/members/add/", {**said, "role": "owner"})
    assert "Only an owner can make, change or remove owners." in refused.content.decode()
    refused = owner.post(f"/admin/members/{cast.owner.pk}/remove/")
    assert "The account needs an owner" in refused.content.decode()
    owner.post(f"/admin/members/{cast.analyst.pk}/", {"role": "agent", "agent": "ben"})
    cast.analyst.refresh_from_db()
    assert (cast.analyst.role, cast.analyst.agent) == ("agent", cast.ben)
    owner.post(f"/admin/members/{cast.analyst.pk}/remove/")
    assert not Member.objects.filter(pk=cast.analyst.pk).exists()
    assert User.objects.filter(email="analyst@shop.example").exists()
    assert owner.post(f"/admin/members/{cast.stranger.pk}/remove/").status_code == 404


def test_an_owner_copies_the_link_once_where_no_mail_can_be_sent(cast, owner, sign_in, settings):
    invitation = invite(
        account_id=cast.account.pk, user_id=cast.owner.user_id, email="new@shop.example", role="analyst"
    )
    path = f"/admin/members/invitations/{invitation.pk}/copy/"
    admin = sign_in("admin")
    assert path.removeprefix("/admin/") not in html(admin, "/admin/members/")
    assert "Only an owner can copy the link." in admin.post(path).content.decode()
    settings.EMAIL_BACKEND = "apps.mail.smtp.Backend"
    assert path.removeprefix("/admin/") not in html(owner, "/admin/members/")
    assert "The link is sent by mail" in owner.post(path).content.decode()
    settings.EMAIL_BACKEND = "apps.mail.outbox.OutboxBackend"
    assert path.removeprefix("/admin/") in html(owner, "/admin/members/")
    link = found(r'id="secret"[^>]*>([^<]+)<', owner.post(path).content.decode())
    assert "invites" in html(Client(), link)
    assert "copied already" in owner.post(path).content.decode()
    assert path.removeprefix("/admin/") not in html(owner, "/admin/members/")


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
