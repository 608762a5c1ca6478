"""Channels, conversations and events are written here."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection
from django.db.models import DateTimeField, Func, Q

from apps.conversations.models import Channel, ChannelKind, Conversation
from apps.conversations.retention import forget_texts
from apps.core.errors import Problem, Refused
from apps.core.retry import transactional
from apps.people.owners import Owners

__all__ = [
    "EventRow",
    "Naming",
    "ensure_channels",
    "ensure_conversations",
    "forget_texts",
    "insert_events",
    "known_events",
    "lock_channel",
    "record_channel",
    "reown",
    "settle",
]


class EventRow(NamedTuple):
    """An event as it is stored; `detail` is JSON text."""

    account: int
    conversation: int
    time: datetime
    seq: int
    id: str
    channel: int
    kind: int
    agent: int | None
    group: int | None
    detail: str | None
    arrived_at: datetime


class Naming(NamedTuple):
    """An event that names a person; the smallest by (time, seq, id as bytes) says whose a conversation is."""

    time: datetime
    seq: int
    id: str
    identity: int

    @property
    def order(self) -> tuple[datetime, int, bytes]:
        """What the first naming is chosen by."""
        return self.time, self.seq, self.id.encode()


@transactional
def record_channel(
    *, account_id: int, external_id: str, at: datetime, name: str | None = None, kind: str | None = None
) -> tuple[Channel, bool]:
    """Make or change a channel as of `at`; None leaves a value as it is. Second part: was its kind known."""
    if kind is not None and kind not in Channel.Kind.values:
        known = ", ".join(Channel.Kind.values)
        raise Refused(
            Problem("kind", "invalid_choice", f"{kind!r} is no kind of channel; known are {known}.")
        )
    channel = lock_channel(account_id=account_id, external_id=external_id)
    kind_known = channel.history.exists()
    channel.placeholder = False
    channel.name = channel.name if name is None else name[:255]
    if kind is not None and (kind != channel.kind or not kind_known):
        channel.kind = kind
        ChannelKind.objects.update_or_create(channel=channel, at=at, defaults={"kind": kind})
    channel.save(update_fields=["placeholder", "name", "kind"])
    return channel, kind_known


def lock_channel(*, account_id: int, external_id: str) -> Channel:
    """The channel of this name, made as a placeholder if need be, locked to the transaction's end."""
    if not external_id or len(external_id) > 255:
        raise Refused.one("external_id", "invalid", "A channel's external id has 1 to 255 characters.")
    ensure_channels(account_id=account_id, external_ids=[external_id])
    return Channel.objects.select_for_update(no_key=True).get(account_id=account_id, external_id=external_id)


def ensure_channels(*, account_id: int, external_ids: Collection[str]) -> dict[str, int]:
    """`{external id: id}`; unknown ones become placeholders."""
    rows = Channel.objects.filter(account_id=account_id, external_id__in=external_ids)
    found = dict(rows.values_list("external_id", "pk"))
    missing = sorted(set(external_ids) - found.keys())
    if missing:
        Channel.objects.bulk_create(
            [Channel(account_id=account_id, external_id=name, placeholder=True) for name in missing],
            ignore_conflicts=True,
        )
        found |= dict(rows.all().values_list("external_id", "pk"))
    return found


def known_events(*, account_id: int, ids: Collection[tuple[int, str]]) -> set[tuple[int, str]]:
    """Of these (channel, event id) the ones that are stored already."""
    if not ids:
        return set()
    channels, names = zip(*ids, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.channel_id, e.id FROM conversations_event e"
            " JOIN unnest(%s::bigint[], %s::text[]) AS n(channel, id)"
            " ON e.account_id = %s AND e.channel_id = n.channel AND e.id = n.id",
            [list(channels), list(names), account_id],
        )
        return set(cursor.fetchall())


def ensure_conversations(
    *, account_id: int, begun: dict[tuple[int, str], datetime], moving: Collection[int] = ()
) -> dict[tuple[int, str], Conversation]:
    """The conversations of these (channel, ticket), made where unknown, locked to the transaction's end.

    Those of the identities that are `moving` to somebody else in it are locked with them, all in one order.
    """
    channels, tickets = zip(*sorted(begun), strict=True)
    instants = [begun[key] for key in sorted(begun)]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO conversations_conversation (account_id, channel_id, ticket, begun_at)"
            " SELECT %s, n.channel, n.ticket, n.at"
            " FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[]) AS n(channel, ticket, at)"
            " ON CONFLICT DO NOTHING",
            [account_id, list(channels), list(tickets), instants],
        )
        cursor.execute(
            "SELECT c.id FROM conversations_conversation c"
            " JOIN unnest(%s::bigint[], %s::text[]) AS n(channel, ticket)"
            " ON c.account_id = %s AND c.channel_id = n.channel AND c.ticket = n.ticket",
            [list(channels), list(tickets), account_id],
        )
        ids = [pk for (pk,) in cursor.fetchall()]
    wanted = Q(pk__in=ids)
    if moving:
        wanted |= Q(identity_id__in=moving)
    rows = Conversation.objects.select_for_update(no_key=True).filter(wanted, account_id=account_id)
    held = {(one.channel_id, one.ticket): one for one in rows.order_by("pk")}
    return {key: held[key] for key in begun}


def insert_events(*, rows: Sequence[EventRow]) -> set[tuple[int, str]]:
    """Store events, the first of each (channel, id); the (channel, id) that are new."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO conversations_event (account_id, conversation_id, time, seq, id, channel_id, kind,"
            " agent_id, group_id, detail, arrived_at) SELECT * FROM unnest(%s::bigint[], %s::bigint[],"
            " %s::timestamptz[], %s::bigint[], %s::text[], %s::bigint[], %s::smallint[], %s::bigint[],"
            " %s::bigint[], %s::jsonb[], %s::timestamptz[]) ON CONFLICT DO NOTHING RETURNING channel_id, id",
            columns,
        )
        return set(cursor.fetchall())


def settle(
    *, conversation: Conversation, begun_at: datetime, naming: Naming | None, person: int | None
) -> None:
    """Write when a conversation began and, where an earlier event names somebody, whose it is."""
    fields = []
    if begun_at < conversation.begun_at:
        conversation.begun_at = begun_at
        fields.append("begun_at")
    if naming is not None:
        conversation.identity_id, conversation.person_id = naming.identity, person
        conversation.named_at, conversation.named_seq, conversation.named_by = naming[:3]
        fields += ["identity_id", "person_id", "named_at", "named_seq", "named_by"]
    if fields:
        conversation.save(update_fields=fields)


_NOW = Func(function="clock_timestamp", output_field=DateTimeField())  # not the transaction's beginning


def reown(*, account_id: int, identities: Iterable[int], who: Owners) -> set[int]:
    """Give the conversations of these identities to whom they belong now; the people concerned."""
    rows = Conversation.objects.filter(account_id=account_id, identity_id__in=list(identities))
    concerned: set[int] = set()
    for one in rows.order_by("pk").select_for_update(no_key=True):
        if one.identity_id is None or one.named_at is None:
            continue
        person = who.person(one.identity_id, one.named_at)
        if person != one.person_id:
            concerned |= {person} | ({one.person_id} if one.person_id else set())
            Conversation.objects.filter(pk=one.pk).update(person_id=person, changed_at=_NOW)
    return concerned
