"""What is read here: who sees which conversations, pages of them, their histories and what stands beside."""

from apps.workspace.facts import Key, Span, read_key
from apps.workspace.listing import Listed, Wanted, changed_page, page
from apps.workspace.panel import (
    Person,
    Standing,
    goals_in,
    person,
    shown_state,
    standing,
    status_name,
)
from apps.workspace.rows import Row, rows
from apps.workspace.sight import Sight, conversation, sight_of, visible_conversations
from apps.workspace.timeline import History, Item, Reached, Reason, read, tell

__all__ = [
    "History",
    "Item",
    "Key",
    "Listed",
    "Person",
    "Reached",
    "Reason",
    "Row",
    "Sight",
    "Span",
    "Standing",
    "Wanted",
    "changed_page",
    "conversation",
    "goals_in",
    "page",
    "person",
    "read",
    "read_key",
    "rows",
    "shown_state",
    "sight_of",
    "standing",
    "status_name",
    "tell",
    "visible_conversations",
]
