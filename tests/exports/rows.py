"""Credited conversions written straight into their table, for what a judge would take long to bring about."""

import csv
import io
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

from django.core.files.storage import storages

from apps.conversations.models import Channel, Conversation, Event
from apps.conversions.models import Conversion
from apps.exports.models import Export
from apps.goals.models import MessagingGoal
from tests.cast import Cast

HEADINGS = [
    "Timestamp",
    "Goal ID",
    "Goal name",
    "Agent ID",
    "Agent name",
    "Agent email",
    "Ticket ID",
    "Total transaction value",
    "Satisfaction score",
    "Contact duration to goal",
]


def a_conversation(cast: Cast, ticket: str, at: datetime) -> Conversation:
    channel, _ = Channel.objects.get_or_create(account=cast.account, external_id="web")
    made, _ = Conversation.objects.get_or_create(
        account=cast.account, channel=channel, ticket=ticket, defaults={"begun_at": at}
    )
    return made


def a_rating(conversation: Conversation, score: object, at: datetime, *, seq: int = 0, id: str = "r") -> None:  # noqa: A002
    Event.objects.create(
        account_id=conversation.account_id,
        conversation_id=conversation.pk,
        time=at,
        seq=seq,
        id=id,
        channel_id=conversation.channel_id,
        kind=Event.Kind.RATING,
        detail={"score": score},
    )


def a_conversion(
    cast: Cast, goal: MessagingGoal, at: datetime, *, hit: str = "h", ticket: str = "T1", **values
) -> Conversion:
    conversation = a_conversation(cast, ticket, at - timedelta(hours=1))
    row = {
        "account_id": cast.account.pk,
        "goal_id": goal.pk,
        "time": at,
        "counter_id": cast.counter.pk,
        "hit_id": hit,
        "version_id": goal.current_id,
        "person_id": 1,
        "outcome": Conversion.Outcome.CREDITED,
        "conversation_id": conversation.pk,
        "agent_id": cast.ana.pk,
        "group_id": cast.sales.pk,
        "active": True,
        "contact_us": 90_500_000,
        "agent_name": "Ana",
        "agent_email": "ana@shop.example",
    }
    [made] = Conversion.objects.bulk_create([Conversion(**{**row, **values})])
    return made


def an_uncredited(
    cast: Cast,
    goal: MessagingGoal,
    at: datetime,
    *,
    hit: str,
    outcome: Conversion.Outcome = Conversion.Outcome.UNCREDITED,
) -> None:
    assert goal.current_id
    nothing = dict.fromkeys(
        ["conversation_id", "agent_id", "group_id", "active", "contact_us", "agent_name", "agent_email"]
    )
    Conversion.objects.bulk_create(
        [
            Conversion(
                account_id=cast.account.pk,
                goal_id=goal.pk,
                time=at,
                counter_id=cast.counter.pk,
                hit_id=hit,
                version_id=goal.current_id,
                person_id=1,
                outcome=outcome,
                **nothing,
            )
        ]
    )


def zip_path(export: Export) -> Path:
    return Path(storages["exports"].path(export.file))


def read_csv(export: Export) -> list[dict[str, str]]:
    """The rows of an export's file, through a CSV reader."""
    return parse(zip_path(export).read_bytes())


def parse(data: bytes) -> list[dict[str, str]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        [name] = archive.namelist()
        text = archive.read(name).decode("utf-8")
    assert name.endswith(".csv")
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text[1:], newline=""), strict=True))
    assert csv.reader(io.StringIO(text[1:], newline="")).__next__() == HEADINGS
    return rows
