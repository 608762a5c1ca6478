"""Emptying the tables after tests that commit."""

from django.core.management import call_command
from django.db import connection

from apps.people import known_names

MADE_IN_SQL = "visits_hit, goals_reach, conversations_event, conversions_conversion"
"""What Django's flush does not know."""


def empty_tables() -> None:
    """Empty all tables, and this process's memory of them."""
    call_command("flush", interactive=False, verbosity=0, reset_sequences=False)
    forget_what_was_committed()


def forget_what_was_committed() -> None:
    """Empty what Django's own flush leaves."""
    known_names.forget()
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {MADE_IN_SQL}")
