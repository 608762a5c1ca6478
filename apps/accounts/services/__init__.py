"""What is written here: accounts, members, invitations, agents, groups, tokens, links, audit entries."""

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
from apps.accounts.services.attempts import (
    begin_sign_in,
    forget_attempts,
    sign_in_failed,
    sign_in_succeeded,
)
from apps.accounts.services.audit import audit
from apps.accounts.services.email_changes import (
    ask_email_change,
    confirm_email_change,
    forget_email_changes,
)
from apps.accounts.services.invitations import (
    accept,
    accept_as_new_user,
    copy_link,
    forget_invitations,
    invite,
    make_invitation_link,
    send_again,
    withdraw,
)
from apps.accounts.services.login import forget_sign_ins, make_login_link, make_operator, use_login_link
from apps.accounts.services.mail_requests import answer_mail_requests
from apps.accounts.services.members import change_member, make_member, make_user, remove_member
from apps.accounts.services.passwords import ask_reset, reset_password, send_new_link
from apps.accounts.services.sessions import end_session, end_sessions, note_session
from apps.accounts.services.tokens import make_token, note_use, revoke_token

__all__ = [
    "accept",
    "accept_as_new_user",
    "answer_mail_requests",
    "ask_email_change",
    "ask_reset",
    "audit",
    "begin_sign_in",
    "change_member",
    "confirm_email_change",
    "copy_link",
    "end_session",
    "end_sessions",
    "ensure_agents",
    "ensure_groups",
    "forget_attempts",
    "forget_email_changes",
    "forget_invitations",
    "forget_sign_ins",
    "invite",
    "lock_account",
    "lock_agent",
    "lock_group",
    "make_account",
    "make_invitation_link",
    "make_login_link",
    "make_member",
    "make_operator",
    "make_token",
    "make_user",
    "note_session",
    "note_use",
    "record_agent",
    "record_group",
    "record_settings",
    "remove_member",
    "reset_password",
    "retire_agent",
    "retire_group",
    "revoke_token",
    "send_again",
    "send_new_link",
    "sign_in_failed",
    "sign_in_succeeded",
    "use_login_link",
    "withdraw",
]
