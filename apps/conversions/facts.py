"""Reading what the rules need: registry, terms, and conversations packed as they come off the wire."""

import struct
from collections import OrderedDict
from collections.abc import Collection
from typing import Any

from django.db import connection
from psycopg import Cursor

from apps.accounts.models import Account, AccountSettings, Agent, Group
from apps.conversations.models import Channel, ChannelKind
from apps.conversions.attribution import DAY_US, Terms, Thread
from apps.conversions.registry import AgentAt, Registry
from apps.core import clock
from apps.core.arrays import numbers
from apps.goals.models import GoalVersion, VersionGroup

_EVENT = struct.Struct("!q h q q")  # as _CONVERSATIONS packs one: time, kind, agent, group
_CONVERSATIONS = """
SELECT c.id, c.person_id, c.channel_id, h.external_id, c.ticket, (
    SELECT string_agg(
        timestamptz_send(v.time) || int2send(v.kind)
        || int8send(coalesce(v.agent_id, 0)) || int8send(coalesce(v.group_id, 0)),
        '' ORDER BY v.time, v.seq, v.id
    ) FROM conversations_event v WHERE v.account_id = c.account_id AND v.conversation_id = c.id
)
FROM conversations_conversation c JOIN conversations_channel h ON h.id = c.channel_id
WHERE c.account_id = %s AND c.person_id = ANY(%s::bigint[])
"""
"""Each conversation with its events packed into one value: a row for each event costs twice as much."""


_AGENTS = """
SELECT v.agent_id, (extract(epoch FROM v.at - timestamptz '2000-01-01 00:00+00') * 1000000)::bigint,
    v.kind, v.groups, v.name, v.email
FROM accounts_agentvalues v JOIN accounts_agent a ON a.id = v.agent_id WHERE a.account_id = %s
"""


_STAMP = """
SELECT count(*), sum(hashtextextended(concat_ws(' ', xmin, ctid), 0)) FROM (
    SELECT v.xmin, v.ctid FROM accounts_agentvalues v JOIN accounts_agent a ON a.id = v.agent_id
        WHERE a.account_id = %(account)s
    UNION ALL SELECT k.xmin, k.ctid FROM conversations_channelkind k JOIN conversations_channel c ON c.id = k.channel_id
        WHERE c.account_id = %(account)s
    UNION ALL SELECT xmin, ctid FROM accounts_group WHERE account_id = %(account)s
    UNION ALL SELECT xmin, ctid FROM accounts_accountsettings WHERE account_id = %(account)s
    UNION ALL SELECT xmin, ctid FROM accounts_account WHERE id = %(account)s
) AS written
"""
"""How many rows a registry is made of, who wrote them and where they lie: other rows, another stamp."""
_REGISTRIES: OrderedDict[int, tuple[tuple[int, int], Registry]] = OrderedDict()
_REGISTRIES_KEPT = 50


def registry(*, account_id: int) -> Registry:
    """What the account's agents, channels and settings were through time; kept while its rows are the same."""
    with connection.wrap_database_errors:
        return registry_of(ask_registry(account_id=account_id), account_id=account_id)


def ask_registry(*, account_id: int) -> "Cursor[Any]":
    """Whether it is still the same: the question, sent."""
    connection.ensure_connection()
    return Cursor(connection.connection).execute(_STAMP, {"account": account_id})


def registry_of(asked: "Cursor[Any]", *, account_id: int) -> Registry:
    """The answer to `ask_registry`."""
    stamp = asked.fetchone()
    kept = _REGISTRIES.get(account_id)
    if kept and kept[0] == stamp:
        return kept[1]
    assert stamp  # an aggregate has one row
    _REGISTRIES[account_id] = stamp, _read_registry(account_id)
    while len(_REGISTRIES) > _REGISTRIES_KEPT:
        _REGISTRIES.popitem(last=False)
    return _REGISTRIES[account_id][1]


def _read_registry(account_id: int) -> Registry:
    agents: dict[int, list[AgentAt]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_AGENTS, [account_id])
        for agent, at, kind, groups, name, email in cursor.fetchall():
            bot = None if kind is None else kind == Agent.Kind.BOT.value
            members = None if groups is None else frozenset(groups)
            agents.setdefault(agent, []).append(AgentAt(at, bot, members, name, email))
    excluded: dict[int, list[tuple[int, bool]]] = {}
    kinds = ChannelKind.objects.filter(channel__account_id=account_id)
    for channel, at, kind in kinds.values_list("channel_id", "at", "kind"):
        excluded.setdefault(channel, []).append((clock.to_us(at), kind in Channel.EXCLUDED))
    groups_of = Group.objects.filter(account_id=account_id).values_list("pk", "external_id")
    return Registry(
        agents=agents,
        excluded=excluded,
        inactivity_us=_inactivity(account_id),
        group_order={group: external_id.encode() for group, external_id in groups_of},
    )


def _inactivity(account_id: int) -> list[tuple[int, int]]:
    rows = AccountSettings.objects.filter(account_id=account_id).values_list("at", "inactivity_s")
    steps = [(clock.to_us(at), seconds * 1_000_000) for at, seconds in rows]
    if steps:
        return steps
    return [(0, Account.objects.values_list("inactivity_s", flat=True).get(pk=account_id) * 1_000_000)]


_TERMS: OrderedDict[int, Terms] = OrderedDict()
_TERMS_KEPT = 10_000  # versions never change


def terms(*, versions: Collection[int]) -> dict[int, Terms]:
    """What these goal versions say about credit."""
    unknown = [version for version in versions if version not in _TERMS]
    if unknown:
        _TERMS.update(_read_terms(unknown))
    found = {version: _TERMS[version] for version in versions}
    while len(_TERMS) > _TERMS_KEPT:
        _TERMS.popitem(last=False)
    return found


def _read_terms(versions: Collection[int]) -> dict[int, Terms]:
    groups: dict[int, set[int]] = {version: set() for version in versions}
    for version, group in VersionGroup.objects.filter(version__in=versions).values_list(
        "version_id", "group_id"
    ):
        groups[version].add(group)
    return {
        one.pk: Terms(
            one.goal_id,
            one.pk,
            frozenset(groups[one.pk]),
            one.attribution == GoalVersion.Attribution.FIRST_TOUCH,
            one.window_days * DAY_US,
            one.bots_eligible,
            one.window_on_active,
            one.all_channels,
        )
        for one in GoalVersion.objects.filter(pk__in=versions)
    }


def threads(*, account_id: int, people: Collection[int]) -> dict[int, list[Thread]]:
    """The conversations of these people, with all their events, not yet advanced."""
    return threads_of(ask_threads(account_id=account_id, people=people))


def ask_threads(*, account_id: int, people: Collection[int]) -> "Cursor[Any]":
    """The same question, sent; within a pipeline PostgreSQL works on it from now on (`threads_of` reads the answer)."""
    connection.ensure_connection()
    cursor = Cursor(connection.connection)  # Django's own cursors know no binary results
    cursor.execute(_CONVERSATIONS, [account_id, numbers(people)], binary=True)
    return cursor


def threads_of(asked: "Cursor[Any]") -> dict[int, list[Thread]]:
    """The answer to `ask_threads`."""
    found: dict[int, list[Thread]] = {}
    for conversation, person, channel, channel_name, ticket, packed in asked.fetchall():
        thread = Thread(conversation, channel, (channel_name, ticket), _EVENT.iter_unpack(packed or b""))
        found.setdefault(person, []).append(thread)
    return found
