"""Agents, groups and settings with the history that judging reads."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.accounts import services
from apps.accounts.models import Account, AccountSettings, Agent, AgentValues, AuditEntry, Group
from apps.core import clock
from apps.core.errors import NotThere, Refused

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def account(db) -> Account:
    return services.make_account(name="Shop")


def history(agent: Agent) -> list[tuple]:
    return list(
        AgentValues.objects.filter(agent=agent).order_by("at").values_list("at", "name", "kind", "groups")
    )


def test_a_new_agent_is_recorded_with_its_first_values(account):
    sales = services.record_group(account_id=account.pk, external_id="sales", name="Sales")
    agent, known = services.record_agent(
        account_id=account.pk,
        external_id="ana",
        at=T0,
        name="Ana",
        email="ana@shop.example",
        group_ids=[sales.pk],
    )
    assert not known
    assert not agent.placeholder
    assert list(agent.groups.all()) == [sales]
    assert history(agent) == [(T0, "Ana", None, [sales.pk])]


def test_none_leaves_values_as_they_are_and_no_change_leaves_no_history(account):
    services.record_agent(
        account_id=account.pk, external_id="ana", at=T0, name="Ana", kind="human", group_ids=[]
    )
    later = T0 + timedelta(hours=1)
    agent, known = services.record_agent(account_id=account.pk, external_id="ana", at=later)
    assert known
    assert history(agent) == [(T0, "Ana", "human", [])]
    agent, _ = services.record_agent(account_id=account.pk, external_id="ana", at=later, kind="bot")
    assert history(agent)[1:] == [(later, "Ana", "bot", [])]


def test_a_placeholder_becomes_known_and_its_blanks_are_no_value(account):
    ids = services.ensure_agents(account_id=account.pk, external_ids=["ana"])
    assert not AgentValues.objects.exists()
    agent, known = services.record_agent(account_id=account.pk, external_id="ana", at=T0)
    assert (agent.pk, known, agent.placeholder) == (ids["ana"], False, False)
    assert history(agent) == []


def test_two_changes_at_one_instant_leave_the_later_one(account):
    agent = Agent()
    for name in ("Ana", "Anna"):
        agent, _ = services.record_agent(account_id=account.pk, external_id="ana", at=T0, name=name)
    assert history(agent) == [(T0, "Anna", None, None)]


def test_a_deleted_agent_that_is_recorded_again_is_back(account):
    agent, _ = services.record_agent(account_id=account.pk, external_id="ana", at=T0)
    services.retire_agent(account_id=account.pk, agent_id=agent.pk, at=T0)
    with pytest.raises(NotThere):
        services.retire_agent(account_id=account.pk, agent_id=agent.pk, at=T0)
    agent, _ = services.record_agent(account_id=account.pk, external_id="ana", at=T0)
    assert agent.deleted_at is None


@pytest.mark.parametrize(
    ("values", "field", "code"),
    [
        ({"external_id": ""}, "external_id", "blank"),
        ({"external_id": "x" * 256}, "external_id", "max_length"),
        ({"external_id": "a\x00b"}, "external_id", "not_storable"),
        ({"name": "\ud800"}, "name", "not_storable"),
        ({"name": "x" * 256}, "name", "max_length"),
        ({"email": "nobody"}, "email", "invalid"),
        ({"kind": "robot"}, "kind", "invalid_choice"),
        ({"group_ids": [987654]}, "groups", "unknown_group"),
    ],
)
def test_wrong_values_are_refused_by_name(account, values, field, code):
    with pytest.raises(Refused) as refused:
        services.record_agent(**{"account_id": account.pk, "external_id": "ana", "at": T0, **values})
    assert [(p.field, p.code) for p in refused.value.problems] == [(field, code)]
    assert not Agent.objects.exists()


def test_a_group_of_another_account_is_unknown(account):
    other = services.make_account(name="Other")
    group = services.record_group(account_id=other.pk, external_id="sales", name="Sales")
    with pytest.raises(Refused):
        services.record_agent(account_id=account.pk, external_id="ana", at=T0, group_ids=[group.pk])
    with pytest.raises(NotThere):
        services.retire_group(account_id=account.pk, group_id=group.pk, at=T0)


def test_a_group_is_made_named_anew_and_archived_once(account):
    services.ensure_groups(account_id=account.pk, external_ids=["sales"])
    assert Group.objects.get().placeholder
    group = Group()
    for name in ("Sales", "Sales EU"):
        group = services.record_group(account_id=account.pk, external_id="sales", name=name)
    assert (group.name, group.placeholder) == ("Sales EU", False)
    for hours in (0, 1):
        group = services.retire_group(
            account_id=account.pk, group_id=group.pk, at=T0 + timedelta(hours=hours)
        )
    assert group.archived_at == T0


def test_placeholders_are_made_for_unknown_names_only(account):
    agent, _ = services.record_agent(account_id=account.pk, external_id="ana", at=T0)
    ids = services.ensure_agents(account_id=account.pk, external_ids=["ben", "ana", "ben"])
    assert ids["ana"] == agent.pk
    assert dict(Agent.objects.values_list("external_id", "placeholder")) == {"ana": False, "ben": True}
    assert services.ensure_agents(account_id=account.pk, external_ids=[]) == {}


def test_a_new_account_has_its_settings_in_force_from_now_on(db):
    account = services.make_account(name=" Shop ", timezone="Europe/Berlin", currency="JPY")
    assert account.name == "Shop"
    assert abs(clock.now() - account.created_at) < timedelta(seconds=5)
    assert list(AccountSettings.objects.values_list("account", "at", "timezone", "inactivity_s")) == [
        (account.pk, account.created_at, "Europe/Berlin", 600)
    ]


def test_only_settings_that_judging_reads_have_a_history(account):
    services.record_settings(account_id=account.pk, at=T0, name="Shop 2", closing_days=40)
    assert AccountSettings.objects.count() == 1
    services.record_settings(account_id=account.pk, at=T0, inactivity_s=60)
    services.record_settings(account_id=account.pk, at=T0 + timedelta(1), inactivity_s=60)
    rows = AccountSettings.objects.filter(at__lt=account.created_at).values_list(
        "at", "timezone", "inactivity_s"
    )
    assert list(rows) == [(T0, "UTC", 60)]


@pytest.mark.parametrize(
    ("values", "field", "code"),
    [
        ({"timezone": "Mars/Olympus"}, "timezone", "unknown_timezone"),
        ({"currency": "XXL"}, "currency", "unknown_currency"),
        ({"inactivity_s": 0}, "inactivity_s", "min_value"),
        ({"inactivity_s": "soon"}, "inactivity_s", "invalid"),
        ({"closing_days": 10**9}, "closing_days", "max_value"),
        ({"message_text": "burn"}, "message_text", "invalid_choice"),
        ({"hits_days": 41}, "hits_days", "too_short"),
        ({"texts_days": 0}, "texts_days", "min_value"),
        ({"name": ""}, "name", "blank"),
        ({"colour": "red"}, "colour", "unknown"),
    ],
)
def test_wrong_settings_are_refused_by_name(account, values, field, code):
    with pytest.raises(Refused) as refused:
        services.record_settings(account_id=account.pk, at=T0, **values)
    assert [(p.field, p.code) for p in refused.value.problems] == [(field, code)]
    assert AccountSettings.objects.count() == 1


def test_hits_are_kept_a_week_longer_than_results_are_open(account):
    services.record_settings(account_id=account.pk, at=T0, hits_days=42, texts_days=1)
    with pytest.raises(Refused) as refused:
        services.record_settings(account_id=account.pk, at=T0, closing_days=36)
    assert [(p.field, p.code) for p in refused.value.problems] == [("closing_days", "too_short")]
    services.record_settings(account_id=account.pk, at=T0, closing_days=36, hits_days=None)


def test_settings_of_an_account_that_does_not_exist_are_not_there(db):
    with pytest.raises(NotThere):
        services.record_settings(account_id=0, at=T0, name="x")


def test_a_change_of_settings_is_in_the_audit_log(cast):
    AuditEntry.objects.all().delete()
    values = {"inactivity_s": 60, "currency": "EUR"}
    services.record_settings(account_id=cast.account.pk, at=T0, user_id=cast.owner.user_id, **values)
    rows = AuditEntry.objects.values_list("actor", "action", "before", "after")
    assert list(rows) == [
        ("owner@shop.example", "account.changed", {"inactivity_s": 600}, {"inactivity_s": 60})
    ]
