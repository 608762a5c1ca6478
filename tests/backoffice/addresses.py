"""Every address of the admin, from the resolver, with arguments that exist in the cast's account."""

from dataclasses import dataclass, field
from typing import Any

from django.urls import URLPattern, reverse

from apps.accounts.addresses import account_url
from apps.accounts.models import Account, Member
from apps.accounts.roles import Role
from apps.accounts.services import invite
from apps.backoffice.site import site
from apps.conversations.models import Channel
from apps.conversions.models import Conversion
from apps.conversions.selectors import encode_id
from apps.exports.models import Export
from apps.goals.models import MessagingGoal
from apps.hourly.models import Run
from apps.people.models import Identity, Merge
from tests import factories
from tests.backoffice.conftest import a_goal
from tests.backoffice.facts import a_story
from tests.cast import Cast
from tests.goals.chats import a_chat_goal

WORKERS = frozenset({"owner", "admin"})
READERS = WORKERS | {"analyst"}
OWNER = frozenset({"owner"})
OPERATORS = frozenset[str]()


@dataclass(frozen=True)
class Row:
    """Who may open a page; `refused`: who sees it exists and is told why not (403). The others: not there."""

    see: frozenset[str] = READERS
    refused: frozenset[str] = frozenset()
    post_only: bool = False


CONFIGURING = Row(see=WORKERS, refused=frozenset({"analyst"}))
PAGES: dict[str, Row] = {
    "index": Row(),
    "goals": Row(),
    "goal": Row(),
    "goal_add": CONFIGURING,
    "goal_try_url": Row(see=WORKERS, refused=frozenset({"analyst"}), post_only=True),
    "goal_activate": CONFIGURING,
    "goal_deactivate": CONFIGURING,
    "goal_duplicate": CONFIGURING,
    "goal_delete": CONFIGURING,
    "goal_history": Row(),
    "goal_restore": CONFIGURING,
    "goal_export": Row(),
    "chat_goals": Row(),
    "chat_goal_add": CONFIGURING,
    "chat_goal": CONFIGURING,
    "chat_goal_delete": CONFIGURING,
    "chat_goal_history": Row(),
    "chat_analytics": Row(),
    "chat_analytics_csv": Row(),
    "chat_inquiries": Row(),
    "conversions": Row(),
    "explanation": Row(),
    "visits": Row(),
    "exports": Row(),
    "export_progress": Row(see=OWNER),  # the others have not asked for it
    "export_cancel": Row(see=OWNER),
    "export_download": Row(see=OWNER),
    "people": Row(see=WORKERS),
    "person": Row(see=WORKERS),
    "person_link": Row(see=WORKERS),
    "person_unlink": Row(see=WORKERS),
    "person_relink": Row(see=WORKERS),
    "person_merge": Row(see=WORKERS),
    "person_unmerge": Row(see=WORKERS),
    "person_access": Row(see=WORKERS),
    "person_erase": Row(see=OWNER, refused=frozenset({"admin"})),
    "erasures": Row(see=OWNER),
    "agents": Row(see=WORKERS),
    "agent_add": Row(see=WORKERS),
    "agent": Row(see=WORKERS),
    "agent_delete": Row(see=WORKERS),
    "groups": Row(see=WORKERS),
    "group_add": Row(see=WORKERS),
    "group": Row(see=WORKERS),
    "group_archive": Row(see=WORKERS),
    "channels": Row(see=WORKERS),
    "channel_add": Row(see=WORKERS),
    "channel": Row(see=WORKERS),
    "counters": Row(see=WORKERS),
    "counter_add": Row(see=WORKERS),
    "counter": Row(see=WORKERS),
    "counter_send": Row(see=WORKERS),
    "counter_archive": Row(see=WORKERS),
    "counter_tag": Row(see=WORKERS),
    "counter_live": Row(see=WORKERS),
    "counter_tag_mail": Row(see=WORKERS),
    "members": Row(see=WORKERS),
    "member_add": Row(see=WORKERS),
    "member": Row(see=WORKERS),
    "member_remove": Row(see=WORKERS),
    "member_link": Row(see=WORKERS),
    "invitation_send": Row(see=WORKERS),
    "invitation_withdraw": Row(see=WORKERS),
    "invitation_copy": Row(see=WORKERS),
    "tokens": Row(see=WORKERS),
    "token_add": Row(see=WORKERS),
    "token_revoke": Row(see=WORKERS),
    "settings": Row(see=OWNER),
    "audit": Row(see=WORKERS),
    "runs": Row(see=WORKERS),
    "run_now": Row(see=WORKERS),
    "run_progress": Row(see=WORKERS),
    "health": Row(),
    "test_mail": Row(),
    "accounts": Row(see=OPERATORS),
    "new_account": Row(see=OPERATORS),
    "outbox": Row(see=OPERATORS),
    "password_change": Row(),
}
OPEN = {"login", "logout"}
"""Signing in and out are asked for by anybody."""
WITHOUT_ACCOUNT = OPEN | {"password_change", "accounts", "new_account", "outbox"}
"""What belongs to a user or to the installation: there with an account in the address and without one."""


def named() -> dict[str, URLPattern]:
    """The admin's addresses by name, as they are routed."""
    return {str(pattern.name): pattern for pattern in site.get_urls()}


@dataclass
class World:
    """Something of everything, so that every address has its arguments."""

    cast: Cast
    arguments: dict[str, Any] = field(default_factory=dict)

    def address(self, name: str, account: Account | None = None) -> str:
        """The address with this account's arguments, below the number of this account or of another."""
        wanted = named()[name].pattern.converters
        args = [self.arguments[key] for key in wanted]
        return account_url("admin", (account or self.cast.account).pk, name, *args)

    def bare_address(self, name: str) -> str:
        """The same without an account, as bookmarks were once."""
        wanted = named()[name].pattern.converters
        return reverse(f"admin:{name}", kwargs={key: self.arguments[key] for key in wanted})


def make(cast: Cast) -> World:
    goal = a_goal(cast, days_ago=1)
    a_story(cast)
    conversion = Conversion.objects.get(account_id=cast.account.pk)
    export = Export.objects.create(
        account=cast.account,
        user=cast.owner.user,
        goal=MessagingGoal.objects.get(pk=goal.pk),
        first_day="2026-01-01",
        last_day="2026-01-02",
        created_at=goal.created_at,
    )
    channel = Channel.objects.get(account=cast.account)
    spare: Member = factories.a_member(cast.account, Role.ANALYST, "spare@shop.example")
    known = Identity.objects.filter(account=cast.account).latest("pk")
    return World(
        cast,
        {
            "goal_id": goal.pk,
            "chat_goal_id": a_chat_goal(channel).pk,
            "number": 1,
            "conversion_id": encode_id(
                goal_id=goal.pk,
                counter_id=conversion.counter_id,
                time=conversion.time,
                hit_id=conversion.hit_id,
            ),
            "export_id": export.pk,
            "agent_id": cast.ben.pk,
            "group_id": cast.support.pk,
            "channel_id": channel.pk,
            "member_id": spare.pk,
            "invitation_id": invite(
                account_id=cast.account.pk,
                user_id=cast.owner.user_id,
                email="invited@shop.example",
                role="analyst",
            ).pk,
            "token_key": cast.tokens["read"].token_key,
            "run_id": Run.objects.filter(account=cast.account).latest("pk").pk,
            "counter_number": cast.counter.pk,
            "person_id": known.person_id,
            "identity_id": known.pk,
            "merge_id": Merge.objects.create(
                account=cast.account, kept_id=known.person_id, gone_id=0, identities=[known.pk]
            ).pk,
        },
    )
