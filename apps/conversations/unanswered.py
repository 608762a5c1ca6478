"""Which conversations wait for an answer: the person spoke last, and nobody has ended it.

Once for rows that are asked for and once for a row that is read; a test holds the two together.
"""

from django.db.models import F, Q

from apps.conversations.models import Conversation, Event

ENDED = (Event.Kind.SOLVED, Event.Kind.CLOSED)
UNANSWERED = (
    Q(person_said_at__isnull=False)
    & (Q(agent_said_at__isnull=True) | Q(person_said_at__gt=F("agent_said_at")))
    & ~Q(status__in=ENDED)
)


def is_unanswered(one: Conversation) -> bool:
    """`UNANSWERED` of a row that is read."""
    if one.person_said_at is None or one.status in ENDED:
        return False
    return one.agent_said_at is None or one.person_said_at > one.agent_said_at
