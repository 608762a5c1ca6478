"""Goals are written here. Every save makes a version; versions never change."""

from apps.goals.services.chat_goals import delete_chat_goal, purge_chat_reaches, save_chat_goal
from apps.goals.services.lifecycle import activate, deactivate, delete, duplicate
from apps.goals.services.purging import purge_reaches
from apps.goals.services.saving import rematch, restore, save_goal

__all__ = [
    "activate",
    "deactivate",
    "delete",
    "delete_chat_goal",
    "duplicate",
    "purge_chat_reaches",
    "purge_reaches",
    "rematch",
    "restore",
    "save_chat_goal",
    "save_goal",
]
