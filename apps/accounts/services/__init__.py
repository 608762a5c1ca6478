"""What is written here: accounts, members, agents, groups, tokens, login links, audit entries."""

from apps.accounts.services.accounts import lock_account, make_account, record_settings
from apps.accounts.services.agents import (
    ensure_agents,
    ensure_groups,
    lock_agent,
    lock_group,
    record_agent,
    record_group,
    retire_agent,
    retire_group,
)
from apps.accounts.services.audit import audit
from apps.accounts.services.login import forget_sign_ins, make_login_link, make_operator, use_login_link
from apps.accounts.services.members import change_member, make_member, make_user, remove_member
from apps.accounts.services.tokens import make_token, note_use, revoke_token

__all__ = [
    "audit",
    "change_member",
    "ensure_agents",
    "ensure_groups",
    "forget_sign_ins",
    "lock_account",
    "lock_agent",
    "lock_group",
    "make_account",
    "make_login_link",
    "make_member",
    "make_operator",
    "make_token",
    "make_user",
    "note_use",
    "record_agent",
    "record_group",
    "record_settings",
    "remove_member",
    "retire_agent",
    "retire_group",
    "revoke_token",
    "use_login_link",
]
