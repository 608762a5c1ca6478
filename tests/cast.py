"""A small fixed cast: the shop, its four members, two groups, two agents; and strangers who must see none of it.

Ask for it by the fixture `cast` (tests/conftest.py); `cast.secret["write"]` and the like are tokens of the owner.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from apps.accounts.models import Account, Agent, Group, Member, Token, User
from apps.accounts.roles import Role, Scope
from apps.accounts.services import revoke_token
from apps.core import clock
from apps.counters.models import Counter
from tests import factories


@dataclass
class Cast:
    """Who takes part. `other` and whatever begins with it is another account's."""

    account: Account
    owner: Member
    admin: Member
    analyst: Member
    agent: Member  # tied to `ana`
    sales: Group
    support: Group
    ana: Agent
    ben: Agent
    counter: Counter
    other: Account
    stranger: Member  # the other account's owner
    other_group: Group
    other_agent: Agent
    other_counter: Counter
    operator: User
    tokens: dict[str, Token] = field(default_factory=dict)
    secret: dict[str, str] = field(default_factory=dict)

    def member(self, role: str) -> Member:
        """The member with this role, or the stranger."""
        member: Member = getattr(self, role)
        return member


def make() -> Cast:
    account, other = factories.an_account("Shop"), factories.an_account("Other shop")
    sales, support = factories.a_group(account, "sales"), factories.a_group(account, "support")
    ana, ben = factories.an_agent(account, "ana", sales), factories.an_agent(account, "ben", support)
    other_group = factories.a_group(other, "other-sales")
    cast = Cast(
        account=account,
        owner=factories.a_member(account, Role.OWNER, "owner@shop.example"),
        admin=factories.a_member(account, Role.ADMIN, "admin@shop.example"),
        analyst=factories.a_member(account, Role.ANALYST, "analyst@shop.example"),
        agent=factories.a_member(account, Role.AGENT, "agent@shop.example", "ana"),
        sales=sales,
        support=support,
        ana=ana,
        ben=ben,
        counter=factories.a_counter(account),
        other=other,
        stranger=factories.a_member(other, Role.OWNER, "stranger@other.example"),
        other_group=other_group,
        other_agent=factories.an_agent(other, "other-ana", other_group),
        other_counter=factories.a_counter(other, "https://other.example"),
        operator=factories.a_user("operator@host.example", operator=True),
    )
    _give_tokens(cast)
    return cast


def _give_tokens(cast: Cast) -> None:
    """Secrets: read, write, ingest, bound (ingest, this counter), elsewhere (ingest, another counter of the
    account), expired, revoked; stranger (write, the other account)."""
    elsewhere = factories.a_counter(cast.account, "https://elsewhere.example", name="Elsewhere")
    _give(cast, "read", scope=Scope.READ)
    _give(cast, "write", scope=Scope.WRITE)
    _give(cast, "ingest", scope=Scope.INGEST)
    _give(cast, "bound", scope=Scope.INGEST, counter_number=cast.counter.pk)
    _give(cast, "elsewhere", scope=Scope.INGEST, counter_number=elsewhere.pk)
    _give(cast, "expired", scope=Scope.WRITE)
    Token.objects.filter(pk=cast.tokens["expired"].pk).update(expiry=clock.now() - timedelta(seconds=1))
    _give(cast, "revoked", scope=Scope.WRITE)
    revoke_token(account_id=cast.account.pk, user_id=None, token_key=cast.tokens["revoked"].token_key)
    cast.tokens["stranger"], cast.secret["stranger"] = factories.a_token(cast.stranger, Scope.WRITE)


def _give(cast: Cast, kind: str, **values: object) -> None:
    cast.tokens[kind], cast.secret[kind] = factories.a_token(cast.owner, **{"name": kind, **values})  # type: ignore[arg-type]
