"""Messaging goals are written here. Every save makes a version; versions never change."""

from apps.goals.services.lifecycle import activate, deactivate, delete, duplicate
from apps.goals.services.purging import purge_reaches
from apps.goals.services.saving import rematch, restore, save_goal

__all__ = [
    "activate",
    "deactivate",
    "delete",
    "duplicate",
    "purge_reaches",
    "rematch",
    "restore",
    "save_goal",
]
