"""Who sees which conversations: the row *workspace* of the table of roles."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.accounts.models import Group
from apps.accounts.roles import Role
from apps.accounts.selectors import Context
from apps.conversations.models import Conversation, Held
from apps.core.errors import NotThere

Holder = tuple[bool, int]
"""(by group?, number of the agent or group)"""


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody may see: the account's conversations, or those that somebody of `holders` ever held."""

    account_id: int
    everything: bool
    agent_id: int | None = None
    group_ids: tuple[int, ...] = ()

    @property
    def holders(self) -> list[Holder]:
        """The agent and the agent's groups."""
        own = [] if self.agent_id is None else [(False, self.agent_id)]
        return [*own, *((True, group) for group in self.group_ids)]


def sight_of(*, here: Context) -> Sight:
    """Agents see what was assigned at any time to them or to one of their groups; all others the account's."""
    account_id = here.account.pk
    groups: tuple[int, ...] = ()
    if here.agent_id is not None:
        of_agent = Group.objects.filter(account_id=account_id, agents=here.agent_id)
        groups = tuple(of_agent.order_by("pk").values_list("pk", flat=True))
    return Sight(account_id, here.role != Role.AGENT, here.agent_id, groups)


def visible_conversations(*, sight: Sight) -> QuerySet[Conversation]:
    """The conversations that are there for somebody. For one or some of them; `listing` walks through all."""
    every = Conversation.objects.filter(account_id=sight.account_id)
    return every if sight.everything else every.filter(Exists(held_by(sight.holders)))


def held_by(holders: list[Holder]) -> QuerySet[Held]:
    """For `Exists`: whether one of these ever held the conversation of the outer query."""
    agents = [holder for by_group, holder in holders if not by_group]
    groups = [holder for by_group, holder in holders if by_group]
    return Held.objects.filter(
        Q(by_group=False, holder_id__in=agents) | Q(by_group=True, holder_id__in=groups),
        account_id=OuterRef("account_id"),
        conversation_id=OuterRef("pk"),
    )


def conversation(*, sight: Sight, number: int) -> Conversation:
    """One conversation; NotThere for whoever may not see it."""
    found = visible_conversations(sight=sight).select_related("channel").filter(pk=number).first()
    if found is None:
        raise NotThere
    return found
