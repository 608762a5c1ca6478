"""A person's conversations leave: first their tickets, so that nobody writes to them, then all rows."""

from collections.abc import Collection

from django.db import connection

from apps.conversations.models import Conversation

GONE = "erased:"


def tickets(*, account_id: int, person_id: int) -> dict[int, tuple[str, str]]:
    """{conversation: (channel's external id, ticket)} of a person."""
    rows = Conversation.objects.filter(account_id=account_id, person_id=person_id)
    return {
        pk: (channel, ticket)
        for pk, channel, ticket in rows.values_list("pk", "channel__external_id", "ticket")
    }


def naming(*, account_id: int, identities: Collection[int]) -> set[int]:
    """Those of the identities that some conversation goes by."""
    rows = Conversation.objects.filter(account_id=account_id, identity_id__in=identities)
    return {one for one in rows.values_list("identity_id", flat=True) if one}


def event_ids(*, account_id: int, person_id: int, most: int) -> list[str]:
    """How the events of these conversations are called, at most so many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.id FROM conversations_conversation c JOIN conversations_event e"
            " ON e.account_id = c.account_id AND e.conversation_id = c.id"
            " WHERE c.account_id = %s AND c.person_id = %s LIMIT %s",
            [account_id, person_id, most],
        )
        return [name for (name,) in cursor.fetchall()]


def detach(*, account_id: int, person_id: int) -> None:
    """Take the tickets from a person's conversations: an event that names one makes a new conversation."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE conversations_conversation SET ticket = %s || id, link = NULL, named_by = NULL"
            " WHERE account_id = %s AND person_id = %s",
            [GONE, account_id, person_id],
        )


def delete_conversations(*, account_id: int, person_id: int) -> int:
    """Delete a person's conversations with their events; how many rows."""
    mine = {"account": account_id, "person": person_id}
    count = 0
    with connection.cursor() as cursor:
        for table in ("conversations_event", "conversations_held"):
            cursor.execute(
                f"DELETE FROM {table} e USING conversations_conversation c"
                " WHERE c.account_id = %(account)s AND c.person_id = %(person)s"
                " AND e.account_id = c.account_id AND e.conversation_id = c.id",
                mine,
            )
            count += cursor.rowcount
        cursor.execute(
            "DELETE FROM conversations_conversation WHERE account_id = %(account)s AND person_id = %(person)s",
            mine,
        )
        return count + int(cursor.rowcount)
