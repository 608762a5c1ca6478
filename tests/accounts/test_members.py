"""Members, the limits between roles, login links, tokens and what the audit log says of them."""

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.db import connection

from apps.accounts import origin, selectors, services
from apps.accounts.models import AuditEntry, Invitation, LoginLink, Member, Token, User
from apps.accounts.roles import May, Role, Scope
from apps.core import clock
from apps.core.errors import NotThere, Refused
from tests import factories


def refusal(call, **values):
    with pytest.raises(Refused) as refused:
        call(**values)
    return [(p.field, p.code) for p in refused.value.problems]


def test_a_member_is_made_with_a_user_and_found_again_in_any_letter_case(cast):
    member = services.make_member(account_id=cast.account.pk, email="New@Shop.example", role="analyst")
    again = services.make_member(account_id=cast.other.pk, email="new@shop.EXAMPLE", role="admin")
    assert again.user == member.user
    assert [a.name for a in selectors.accounts_of(user=member.user)] == ["Other shop", "Shop"]
    values = {"account_id": cast.account.pk, "email": "new@shop.example", "role": "admin"}
    assert refusal(services.make_member, **values) == [("email", "taken")]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"email": "nobody"}, ("email", "invalid")),
        ({"role": "boss"}, ("role", "invalid_choice")),
        ({"role": "agent"}, ("agent", "required")),
        ({"role": "agent", "agent": "nobody"}, ("agent", "unknown_agent")),
        ({"role": "agent", "agent": "other-ana"}, ("agent", "unknown_agent")),
        ({"role": "agent", "agent": "ana"}, ("agent", "taken")),
    ],
)
def test_wrong_members_are_refused_by_name(cast, values, expected):
    by = {"account_id": cast.account.pk, "user_id": cast.owner.user_id}
    values = {"email": "new@shop.example", "role": "admin", **values}
    assert refusal(services.invite, **by, **values) == [expected]
    assert not Invitation.objects.exists()


def test_nobody_joins_an_account_that_does_not_exist(db):
    with pytest.raises(NotThere):
        services.make_member(account_id=0, email="new@shop.example", role="admin")


def test_an_admin_neither_makes_nor_changes_nor_removes_owners(cast):
    by = {"account_id": cast.account.pk, "user_id": cast.admin.user_id}
    owners_only = [("role", "owners_only")]
    assert refusal(services.invite, **by, email="new@shop.example", role="owner") == owners_only
    assert refusal(services.change_member, **by, member_id=cast.analyst.pk, role="owner") == owners_only
    second = factories.a_member(cast.account)
    assert refusal(services.change_member, **by, member_id=second.pk, role="admin") == owners_only
    assert refusal(services.remove_member, **by, member_id=second.pk) == owners_only
    # Owners and operators do
    services.change_member(
        account_id=cast.account.pk, user_id=cast.owner.user_id, member_id=second.pk, role="admin"
    )
    services.invite(
        account_id=cast.account.pk, user_id=cast.operator.pk, email="third@shop.example", role="owner"
    )


def test_an_account_keeps_an_owner(cast):
    mine = {"account_id": cast.account.pk, "user_id": cast.owner.user_id, "member_id": cast.owner.pk}
    assert refusal(services.remove_member, **mine) == [("role", "last_owner")]
    assert refusal(services.change_member, **mine, role="admin") == [("role", "last_owner")]
    # An owner who cannot sign in is none
    second = factories.a_member(cast.account)
    User.objects.filter(pk=second.user_id).update(is_active=False)
    assert refusal(services.remove_member, **mine) == [("role", "last_owner")]
    User.objects.filter(pk=second.user_id).update(is_active=True)
    services.remove_member(**mine)
    assert not Member.objects.filter(pk=cast.owner.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_two_owners_cannot_remove_each_other_at_once():
    account = factories.an_account()
    owners = [factories.a_member(account) for _ in range(2)]
    barrier, refused = Barrier(2), []

    def remove(mine: Member, theirs: Member) -> None:
        try:
            barrier.wait()
            services.remove_member(account_id=account.pk, user_id=mine.user_id, member_id=theirs.pk)
        except Refused as error:
            refused.append(error.problems[0].code)
        finally:
            connection.close()

    threads = [Thread(target=remove, args=pair) for pair in (owners, owners[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert Member.objects.count() == 1


def test_members_of_another_account_are_not_there(cast):
    theirs = {"account_id": cast.account.pk, "user_id": cast.owner.user_id, "member_id": cast.stranger.pk}
    with pytest.raises(NotThere):
        services.change_member(**theirs, role="admin")
    with pytest.raises(NotThere):
        services.remove_member(**theirs)


def test_an_agent_stays_tied_unless_the_role_changes(cast):
    by = {"account_id": cast.account.pk, "user_id": cast.owner.user_id, "member_id": cast.agent.pk}
    assert services.change_member(**by, role="agent").agent == cast.ana
    assert services.change_member(**by, role="agent", agent="ben").agent == cast.ben
    assert services.change_member(**by, role="analyst").agent is None


def test_a_context_is_one_account_and_one_role(cast):
    mine = selectors.context(user=cast.agent.user, account_id=cast.account.pk)
    assert (mine.role, mine.agent_id) == ("agent", cast.ana.pk)
    assert not mine.may(May.SEE_RESULTS)
    assert selectors.context(user=cast.operator, account_id=cast.other.pk).role == Role.OWNER
    for user, account_id in [(cast.owner.user, cast.other.pk), (cast.operator, 0)]:
        with pytest.raises(NotThere):
            selectors.context(user=user, account_id=account_id)
    cast.owner.user.is_active = False
    with pytest.raises(NotThere):
        selectors.context(user=cast.owner.user, account_id=cast.account.pk)
    assert selectors.role_in(user=cast.owner.user, account_id=cast.account.pk) is None
    assert not selectors.accounts_of(user=cast.owner.user).exists()
    assert selectors.role_in(user=cast.analyst.user, account_id=cast.account.pk) == Role.ANALYST
    assert selectors.accounts_of(user=cast.operator).count() == 2


def test_what_happens_to_members_and_tokens_is_in_the_audit_log(cast):
    AuditEntry.objects.all().delete()
    by = {"account_id": cast.account.pk, "user_id": cast.operator.pk}
    with origin.acting_from("192.0.2.7"):
        services.change_member(**by, member_id=cast.analyst.pk, role="admin")
    services.remove_member(**by, member_id=cast.analyst.pk)
    services.revoke_token(**by, token_key=cast.tokens["read"].token_key)
    services.revoke_token(**by, token_key=cast.tokens["read"].token_key)
    rows = AuditEntry.objects.order_by("pk").values_list("actor", "address", "action", "before", "after")
    actor, role = "operator@host.example (operator)", {"agent": None}
    scope = {"scope": "read", "counter": None, "expires_at": None}
    assert list(rows) == [
        (actor, "192.0.2.7", "member.changed", role | {"role": "analyst"}, role | {"role": "admin"}),
        (actor, None, "member.removed", role | {"role": "admin"}, {}),
        (actor, None, "token.revoked", scope, {}),
    ]


def test_a_token_is_stored_hashed_and_shows_its_beginning(cast):
    token, secret = services.make_token(
        account_id=cast.account.pk, user_id=cast.owner.user_id, name="sync", scope="read"
    )
    assert secret.startswith("gl_")
    assert len(secret) == 67
    assert token.token_key == secret[:15]
    stored = str(Token.objects.filter(pk=token.pk).values().get()) + str(list(AuditEntry.objects.values()))
    assert secret not in stored


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"name": ""}, ("name", "blank")),
        ({"scope": "all"}, ("scope", "invalid_choice")),
        ({"counter_number": 1}, ("counter", "only_ingest")),
        ({"expiry": clock.BEGINNING}, ("expires_at", "in_the_past")),
    ],
)
def test_wrong_tokens_are_refused_by_name(cast, values, expected):
    values = {
        "account_id": cast.account.pk,
        "user_id": cast.owner.user_id,
        "name": "x",
        "scope": "read",
        **values,
    }
    assert refusal(services.make_token, **values) == [expected]


def made_with(cast, parent: Token, **values: Any) -> Token:
    values = {"name": "child", "scope": "read", **values}
    return services.make_token(
        account_id=parent.account_id, user_id=cast.owner.user_id, parent=parent, **values
    )[0]


def test_a_token_made_with_a_token_ends_with_it_at_the_latest(cast):
    end = clock.now() + timedelta(hours=1)
    parent = factories.a_token(cast.owner, expiry=end)[0]
    child = made_with(cast, parent)
    assert child.expiry == end
    assert made_with(cast, parent, expiry=end - timedelta(minutes=1)).expiry < end
    later = {"parent": child, "name": "x", "scope": "read", "expiry": end + timedelta(seconds=1)}
    by = {"account_id": cast.account.pk, "user_id": cast.owner.user_id}
    assert refusal(services.make_token, **by, **later) == [("expires_at", "later_than_its_maker")]
    assert made_with(cast, cast.tokens["write"]).expiry is None


@pytest.mark.parametrize(
    ("maker", "values", "expected"),
    [
        ("read", {"scope": "write"}, ("scope", "wider")),
        ("read", {"scope": "ingest"}, ("scope", "wider")),
        ("ingest", {"scope": "read"}, ("scope", "wider")),
        ("bound", {"scope": "ingest"}, ("counter", "wider")),
    ],
)
def test_a_token_made_with_a_token_is_never_wider(cast, maker, values, expected):
    by = {"account_id": cast.account.pk, "user_id": cast.owner.user_id, "name": "x"}
    assert refusal(services.make_token, **by, parent=cast.tokens[maker], **values) == [expected]


def test_a_token_is_revoked_with_the_token_that_made_it_down_to_the_last(cast):
    parent = factories.a_token(cast.owner)[0]
    child = made_with(cast, parent, scope="write")
    grandchild, beside = made_with(cast, child), made_with(cast, cast.tokens["write"])
    services.revoke_token(account_id=cast.account.pk, user_id=cast.owner.user_id, token_key=child.token_key)
    services.revoke_token(account_id=cast.account.pk, user_id=cast.owner.user_id, token_key=parent.token_key)
    ended = Token.objects.filter(
        revoked_at__isnull=False, pk__in=[t.pk for t in (parent, child, grandchild, beside)]
    )
    assert set(ended) == {parent, child, grandchild}
    assert AuditEntry.objects.filter(action="token.revoked", user=cast.owner.user).count() == 3
    with pytest.raises(NotThere):
        made_with(cast, Token.objects.get(pk=child.pk))


@pytest.mark.django_db(transaction=True)
def test_no_token_is_left_by_a_token_that_is_revoked_while_it_makes_others():
    owner = factories.a_member(factories.an_account())
    parent = factories.a_token(owner)[0]
    barrier = Barrier(8)

    def work(number: int) -> None:
        try:
            barrier.wait()
            if number == 4:
                services.revoke_token(account_id=owner.account_id, user_id=None, token_key=parent.token_key)
            else:
                factories.a_token(owner, parent=parent)
        except NotThere:
            pass
        finally:
            connection.close()

    threads = [Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not Token.objects.filter(revoked_at=None).exists()


def test_tokens_of_another_account_are_not_there(cast):
    with pytest.raises(NotThere):
        services.revoke_token(
            account_id=cast.account.pk, user_id=None, token_key=cast.tokens["stranger"].token_key
        )
    with pytest.raises(NotThere):
        services.make_token(account_id=cast.other.pk, user_id=cast.owner.user_id, name="x", scope=Scope.READ)


def test_use_is_noted_once_a_minute(cast):
    token = cast.tokens["read"]
    services.note_use(token=token)
    first = token.last_used_at
    services.note_use(token=token)
    assert token.last_used_at == first
    token.last_used_at -= timedelta(seconds=61)
    services.note_use(token=token)
    assert Token.objects.get(pk=token.pk).last_used_at > first


def token_of(url: str) -> str:
    return url.rstrip("/").rsplit("/", 1)[1]


def test_the_first_link_makes_the_operator_and_works_once(db):
    url = services.make_login_link(base_url="http://localhost:8000/")
    assert url.startswith("http://localhost:8000/login-link/")
    assert token_of(url) not in str(list(LoginLink.objects.values()))
    user = services.use_login_link(token=token_of(url))
    assert user.is_superuser
    assert not user.has_usable_password()
    assert refusal(services.use_login_link, token=token_of(url)) == [("", "link_ended")]
    # A second link is the same operator's
    assert services.use_login_link(token=token_of(services.make_login_link(base_url="http://x"))) == user


@pytest.mark.parametrize(("minutes", "good"), [(14, True), (16, False)])
def test_a_members_link_lasts_fifteen_minutes(cast, minutes, good):
    with clock.set_back(timedelta(minutes=minutes)):
        url = services.make_login_link(base_url="http://x", user_id=cast.owner.user_id)
    if good:
        assert services.use_login_link(token=token_of(url)) == cast.owner.user
    else:
        assert refusal(services.use_login_link, token=token_of(url)) == [("", "link_ended")]


@pytest.mark.parametrize("token", ["", "x", "\ud800", "a\x00b"])
def test_a_link_that_never_was_is_refused(db, token):
    assert refusal(services.use_login_link, token=token) == [("", "link_ended")]


def test_a_link_of_somebody_shut_out_is_refused(cast):
    url = services.make_login_link(base_url="http://x", user_id=cast.owner.user_id)
    User.objects.filter(pk=cast.owner.user_id).update(is_active=False)
    assert refusal(services.use_login_link, token=token_of(url)) == [("", "link_ended")]


def test_passwords_are_kept_with_argon2(db, rf):
    user = services.make_user(email="a@shop.example", password="correct horse battery")
    assert user.password.startswith("argon2$")
    assert authenticate(rf.post("/"), username="A@shop.example", password="correct horse battery") == user
    assert refusal(services.make_user, email="A@SHOP.example") == [("email", "taken")]


@pytest.mark.parametrize(
    ("meta", "proxies", "expected"),
    [
        ({"REMOTE_ADDR": "192.0.2.1", "HTTP_X_FORWARDED_FOR": "198.51.100.1"}, 0, "192.0.2.1"),
        ({"REMOTE_ADDR": "192.0.2.1", "HTTP_X_FORWARDED_FOR": "10.0.0.1, 198.51.100.1"}, 1, "198.51.100.1"),
        ({"REMOTE_ADDR": "192.0.2.1", "HTTP_X_FORWARDED_FOR": "198.51.100.1"}, 5, "198.51.100.1"),
        ({"REMOTE_ADDR": "192.0.2.1"}, 1, "192.0.2.1"),
        ({"REMOTE_ADDR": ""}, 0, None),
    ],
)
def test_the_clients_own_word_for_its_address_is_not_believed(meta, proxies, expected):
    assert origin.client_address(meta, proxies) == expected
