"""Makes what tests stand on, through the services wherever there is one. Grown by every builder."""

from datetime import datetime
from itertools import count
from typing import Any

from apps.accounts import services as accounts
from apps.accounts.models import Account, Agent, Group, Member, Token, User
from apps.accounts.roles import Role, Scope
from apps.core import clock
from apps.counters import services as counters
from apps.counters.models import Counter

_numbers = count(1)


def an_account(name: str = "Shop", **values: Any) -> Account:
    return accounts.make_account(name=name, **values)


def a_user(email: str | None = None, *, operator: bool = False) -> User:
    return accounts.make_user(email=email or f"user{next(_numbers)}@shop.example", operator=operator)


def a_member(
    account: Account, role: str = Role.OWNER, email: str | None = None, agent: str | None = None
) -> Member:
    """A member who never had a password: tests sign in with `client.force_login(member.user)`."""
    if role == Role.AGENT and agent is None:
        agent = an_agent(account).external_id
    email = email or f"{role}{next(_numbers)}@shop.example"
    return accounts.make_member(account_id=account.pk, email=email, role=role, agent=agent)


def a_group(account: Account, external_id: str = "sales", name: str | None = None) -> Group:
    return accounts.record_group(
        account_id=account.pk, external_id=external_id, name=external_id.title() if name is None else name
    )


def an_agent(
    account: Account,
    external_id: str | None = None,
    *groups: Group,
    at: datetime | None = None,
    kind: str = "human",
) -> Agent:
    external_id = external_id or f"agent{next(_numbers)}"
    agent, _known = accounts.record_agent(
        account_id=account.pk,
        external_id=external_id,
        at=at or clock.now(),
        name=external_id.title(),
        email=f"{external_id}@shop.example",
        kind=kind,
        group_ids=[group.pk for group in groups],
    )
    return agent


def a_counter(account: Account, site: str = "https://shop.example", **values: Any) -> Counter:
    return counters.make_counter(
        account_id=account.pk, user_id=None, **{"name": "Web shop", "site": site, **values}
    )


def a_token(member: Member, scope: str = Scope.WRITE, **values: Any) -> tuple[Token, str]:
    """A token of this member with its secret."""
    return accounts.make_token(
        account_id=member.account_id,
        user_id=member.user_id,
        **{"name": f"{scope} token", "scope": scope, **values},
    )
