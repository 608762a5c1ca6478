"""Who may do what: the table of the specification, once."""

from enum import Enum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    """A member's role in an account."""

    OWNER = "owner", _("owner")
    ADMIN = "admin", _("admin")
    ANALYST = "analyst", _("analyst")
    AGENT = "agent", _("agent")


class Scope(TextChoices):
    """What an API token may: `write` includes the two others, `ingest` cannot read."""

    READ = "read", _("read")
    WRITE = "write", _("read and write")
    INGEST = "ingest", _("hits and conversation events only")


class May(Enum):
    """The rows of the table in `accounts.md`."""

    RUN_ACCOUNT = "account settings, owners, erasure"
    MANAGE_MEMBERS = "members (not owners) and tokens"
    CONFIGURE = "counters, channels, connectors, goals, uploads"
    SEE_RESULTS = "goals, reports, conversions, explanations; exports to the own mailbox"
    MANAGE_PEOPLE = "agents, groups, people, run now, raw deliveries"
    SEE_HEALTH = "health of the pipeline"
    SEE_AUDIT = "the audit log"
    INGEST = "send hits and conversation events"
    SEE_CONVERSATIONS = (
        "workspace: conversations (an agent: those ever assigned to them or their groups), own score"
    )


_ADMIN = frozenset(
    {
        May.MANAGE_MEMBERS,
        May.CONFIGURE,
        May.SEE_RESULTS,
        May.MANAGE_PEOPLE,
        May.SEE_HEALTH,
        May.SEE_AUDIT,
        May.INGEST,
        May.SEE_CONVERSATIONS,
    }
)
_ROLES: dict[str, frozenset[May]] = {
    Role.OWNER: _ADMIN | {May.RUN_ACCOUNT},
    Role.ADMIN: _ADMIN,
    Role.ANALYST: frozenset({May.SEE_RESULTS, May.SEE_HEALTH, May.SEE_CONVERSATIONS}),
    Role.AGENT: frozenset({May.SEE_CONVERSATIONS}),
}


def allowed(role: str, may: May) -> bool:
    """Whether a member with this role may do this."""
    return may in _ROLES[role]


_INCLUDED = {
    Scope.WRITE: frozenset(Scope),
    Scope.READ: frozenset({Scope.READ}),
    Scope.INGEST: frozenset({Scope.INGEST}),
}


def scope_within(scope: str, other: str) -> bool:
    """Whether a token with the scope `scope` may do nothing that one with the scope `other` may not."""
    return scope in _INCLUDED[Scope(other)]


def scope_covers(scope: str, *, writing: bool, may: May) -> bool:
    """Whether a token's scope lets a call through, before its maker's role is asked."""
    if scope == Scope.WRITE:
        return True
    if scope == Scope.INGEST:
        return may is May.INGEST and writing
    return not writing and may is not May.INGEST
