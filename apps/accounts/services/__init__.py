"""What is written here: accounts, members, agents, groups, tokens, login links, audit entries."""

from apps.accounts.services.accounts import make_account, record_settings
from apps.accounts.services.agents import (
    ensure_agents,
    ensure_groups,
    record_agent,
    record_group,
    retire_agent,
    retire_group,
)

__all__ = [
    "ensure_agents",
    "ensure_groups",
    "make_account",
    "record_agent",
    "record_group",
    "record_settings",
    "retire_agent",
    "retire_group",
]
