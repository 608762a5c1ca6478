"""What waits for an answer: asked of the database and of a row that was read."""

from datetime import UTC, datetime, timedelta
from itertools import product

from apps.conversations.models import Channel, Conversation, Event
from apps.conversations.unanswered import UNANSWERED, is_unanswered

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
TIMES = [None, NOON, NOON + timedelta(microseconds=1)]
STATUSES = [kind for kind in Event.Kind if Event.Kind.NEW <= kind <= Event.Kind.CLOSED]


def test_the_database_and_a_row_agree_on_what_waits_for_an_answer(cast):
    channel = Channel.objects.create(account=cast.account, external_id="web")
    Conversation.objects.bulk_create(
        Conversation(
            account=cast.account, channel=channel, ticket=f"T-{number}", begun_at=NOON, last_at=NOON,
            person_said_at=person, agent_said_at=agent, status=status,
        )
        for number, (person, agent, status) in enumerate(product(TIMES, TIMES, STATUSES))
    )  # fmt: skip
    rows = Conversation.objects.filter(account=cast.account)
    asked = set(rows.filter(UNANSWERED).values_list("ticket", flat=True))
    assert asked == {one.ticket for one in rows if is_unanswered(one)}
    waiting = rows.filter(ticket__in=asked).values_list("person_said_at", "agent_said_at").distinct()
    assert set(waiting) == {(NOON, None), (TIMES[2], None), (TIMES[2], NOON)}
    assert not rows.filter(ticket__in=asked, status__in=(Event.Kind.SOLVED, Event.Kind.CLOSED)).exists()
