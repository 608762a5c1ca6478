"""Agents, groups, channels and settings: the change, its history and the marks of whom it concerns."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection

from apps.accounts import services as accounts
from apps.accounts.models import Account, Agent, AgentValues, Group
from apps.conversations import services as conversations
from apps.conversations.models import Channel
from apps.core import clock
from apps.core.clock import BEGINNING
from apps.core.locks import Lock, take
from apps.core.retry import Overtaken, transactional
from apps.goals import chat_marks
from apps.goals import services as goals
from apps.intake.links import settle
from apps.people.models import Mark
from apps.people.selectors import contact_ends
from apps.people.services import hold, leave_marks

__all__ = ["archive_group", "delete_agent", "save_agent", "save_channel", "save_group", "save_settings"]

_OF_AGENT = (
    "SELECT DISTINCT c.person_id FROM conversations_event e"
    " JOIN conversations_conversation c ON c.id = e.conversation_id"
    " WHERE e.account_id = %s AND e.agent_id = %s AND c.person_id IS NOT NULL"
)
_OF_CHANNEL = (
    "SELECT DISTINCT person_id FROM conversations_conversation"
    " WHERE account_id = %s AND channel_id = %s AND person_id IS NOT NULL"
)
_LATER = "SELECT DISTINCT person_id FROM goals_reach WHERE account_id = %s AND time >= %s"


def _people(query: str, *arguments: Any) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(query, arguments)
        return {person for (person,) in cursor.fetchall()}


def _mark(account_id: int, people: Iterable[int], since: datetime, reason: Mark.Reason) -> None:
    leave_marks(account_id=account_id, marks=[(person, since) for person in people], reason=reason)


@transactional
def save_agent(
    *,
    account_id: int,
    external_id: str,
    name: str | None = None,
    email: str | None = None,
    kind: str | None = None,
    groups: list[str] | None = None,
    at: datetime | None = None,
) -> tuple[Agent, bool]:
    """Make or change an agent by external id as of now (or `at`); None leaves a value as it is.

    Groups are named by external id; unknown ones become placeholders. Whether the agent is new: unknown, only named
    by events, or deleted until now.
    """
    other_kind = kind is not None and _is_other_kind(account_id, external_id, kind)
    if other_kind:
        take(Lock.GOALS, account_id)  # no first reply is judged meanwhile; before rows that events wait for
    before = accounts.lock_agent(account_id=account_id, external_id=external_id)
    if kind is not None and other_kind != _is_other_kind(account_id, external_id, kind):
        raise Overtaken
    at = at or clock.now()  # under the lock: the history's order is that of the changes
    ids = None
    if groups is not None:
        ids = list(accounts.ensure_groups(account_id=account_id, external_ids=groups).values())
    first_known = _unrecorded(before)
    agent, _ = accounts.record_agent(
        account_id=account_id,
        external_id=external_id,
        at=at,
        name=name,
        email=email,
        kind=kind,
        group_ids=ids,
    )
    if first_known:  # what was blank so far takes these values from the beginning
        _mark(account_id, _people(_OF_AGENT, account_id, agent.pk), BEGINNING, Mark.Reason.AGENT)
    else:
        _mark(account_id, _people(_LATER, account_id, at), at, Mark.Reason.AGENT)
    if other_kind:
        since = BEGINNING if first_known else at
        chat_marks.mark_agent(account_id=account_id, agent_id=agent.pk, since=since)
    return agent, before.placeholder or before.deleted_at is not None


def _is_other_kind(account_id: int, external_id: str, kind: str) -> bool:
    """Whether the agent is to be of another kind than it was; of an unknown one, whether it is to be a bot."""
    history = AgentValues.objects.filter(
        agent__account_id=account_id, agent__external_id=external_id, kind__isnull=False
    )
    known = set(history.values_list("kind", flat=True))
    return kind == Agent.Kind.BOT if not known else known != {kind}


def _unrecorded(agent: Agent) -> bool:
    """Whether some value of the agent was never recorded."""
    last = agent.history.order_by("-at").first()
    return last is None or None in (last.name, last.email, last.kind, last.groups)


@transactional
def delete_agent(*, account_id: int, agent_id: int) -> Agent:
    """Remove an agent from choices; past credit and history stay."""
    return accounts.retire_agent(account_id=account_id, agent_id=agent_id, at=clock.now())


@transactional
def save_group(*, account_id: int, external_id: str, name: str) -> tuple[Group, bool]:
    """Make or name a group; whether it is new: unknown or only named by events until now."""
    new = accounts.lock_group(account_id=account_id, external_id=external_id).placeholder
    return accounts.record_group(account_id=account_id, external_id=external_id, name=name), new


@transactional
def archive_group(*, account_id: int, group_id: int) -> Group:
    """Take a group out of choices; goals that name it go on."""
    return accounts.retire_group(account_id=account_id, group_id=group_id, at=clock.now())


@transactional
def save_channel(
    *,
    account_id: int,
    external_id: str,
    name: str | None = None,
    kind: str | None = None,
    at: datetime | None = None,
) -> tuple[Channel, bool]:
    """Make or change a channel as of now (or `at`); whether it is new: unknown or only named by events until now."""
    new = conversations.lock_channel(account_id=account_id, external_id=external_id).placeholder
    at = at or clock.now()
    channel, known = conversations.record_channel(
        account_id=account_id, external_id=external_id, at=at, name=name, kind=kind
    )
    if kind is not None:
        since = at if known else BEGINNING
        _mark(account_id, _people(_OF_CHANNEL, account_id, channel.pk), since, Mark.Reason.CHANNEL)
    return channel, new


@transactional
def save_settings(*, account_id: int, at: datetime | None = None, **values: Any) -> Account:
    """Change settings of the account as of now (or `at`).

    The time zone decides on which dates goals are tracked, the switch which first replies are judged, so they
    change alone with the goals; and whether e-mails link changes while nothing is linked.
    """
    if {"timezone", "chat_goals_tracked", "link_contacts"} & values.keys():
        take(Lock.GOALS, account_id)
    tracked = accounts.lock_account(account_id=account_id).chat_goals_tracked
    at = at or clock.now()  # under the lock: the history's order is that of the changes
    account = accounts.record_settings(account_id=account_id, at=at, **values)
    if "timezone" in values:
        goals.rematch(account_id=account_id, since=at)
    if account.chat_goals_tracked != tracked:
        channels = chat_marks.tracked_channels(account_id=account_id)
        chat_marks.sweep(account_id=account_id, channels=channels)
    if {"timezone", "inactivity_s"} & values.keys():
        _mark(account_id, _people(_LATER, account_id, at), at, Mark.Reason.SETTINGS)
    if "link_contacts" in values and (ends := contact_ends(account_id=account_id, since=at)):
        hold(account_id=account_id, linked=ends, others=())
        settle(account_id=account_id, identities=ends)
    return account
