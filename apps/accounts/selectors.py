"""Who somebody is, and what an account holds of people, tokens and changes. Each query names its account."""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from django.contrib.auth.tokens import default_token_generator
from django.db.models import QuerySet
from django.utils.http import urlsafe_base64_decode

from apps.accounts.link_tokens import digest
from apps.accounts.models import (
    Account,
    Agent,
    AuditEntry,
    Group,
    Invitation,
    Member,
    Token,
    User,
    UserSession,
)
from apps.accounts.roles import May, Role, allowed
from apps.core import clock, periods
from apps.core.errors import NotThere

__all__ = [
    "Context",
    "account",
    "accounts_of",
    "agents",
    "audit_entries",
    "context",
    "groups",
    "invitations",
    "members",
    "membership",
    "open_invitation",
    "reset_user",
    "role_in",
    "session_mark",
    "sessions",
    "today",
    "tokens",
    "zone",
]


@dataclass(frozen=True)
class Context:
    """Somebody at work in one account. An operator works with an owner's role and is logged as himself."""

    account: Account
    user: User
    role: str
    agent_id: int | None = None

    def may(self, what: May) -> bool:
        return allowed(self.role, what)

    @property
    def zone(self) -> ZoneInfo:
        """The account's time zone."""
        return periods.zone(self.account.timezone)

    @property
    def today(self) -> date:
        """The account's calendar date now."""
        return periods.date_of(clock.now(), self.zone)


def membership(*, user: User, account_id: int) -> Member | None:
    """The user's membership in the account, if there is one."""
    return (
        Member.objects.filter(account_id=account_id, user_id=user.pk)
        .select_related("account", "agent")
        .first()
    )


def role_in(*, user: User, account_id: int) -> str | None:
    """The role that the user has in the account; an operator has an owner's in every one."""
    if not user.is_active:
        return None
    if user.is_superuser:
        return Role.OWNER if Account.objects.filter(pk=account_id).exists() else None
    return (
        Member.objects.filter(account_id=account_id, user_id=user.pk).values_list("role", flat=True).first()
    )


def context(*, user: User, account_id: int) -> Context:
    """The user at work in the account; NotThere for whoever has no part in it."""
    if not user.is_active:
        raise NotThere
    if user.is_superuser:
        return Context(account(account_id=account_id), user, Role.OWNER)
    if member := membership(user=user, account_id=account_id):
        return Context(member.account, user, member.role, member.agent_id)
    raise NotThere


def accounts_of(*, user: User) -> QuerySet[Account]:
    """The accounts that this user can work in, by name."""
    every = Account.objects.order_by("name", "pk")
    if not user.is_active:
        return every.none()
    return every if user.is_superuser else every.filter(members__user_id=user.pk)


def account(*, account_id: int) -> Account:
    try:
        return Account.objects.get(pk=account_id)
    except Account.DoesNotExist:
        raise NotThere from None


def zone(*, account_id: int) -> ZoneInfo:
    """The account's time zone, in force now."""
    return periods.zone(Account.objects.values_list("timezone", flat=True).get(pk=account_id))


def today(*, account_id: int) -> date:
    """The account's calendar date now: what *today* means everywhere."""
    return periods.date_of(clock.now(), zone(account_id=account_id))


def members(*, account_id: int) -> QuerySet[Member]:
    return Member.objects.filter(account_id=account_id).select_related("user", "agent")


def invitations(*, account_id: int) -> QuerySet[Invitation]:
    """The invitations that wait to be accepted, those whose link has ended among them."""
    return Invitation.objects.filter(Invitation.PENDING, account_id=account_id).select_related(
        "account", "agent", "invited_by"
    )


def open_invitation(*, token: str) -> Invitation | None:
    """The invitation that this link opens, if it still can be accepted."""
    waiting = Invitation.objects.filter(Invitation.PENDING, digest=digest(token), expires_at__gt=clock.now())
    return waiting.select_related("account", "agent", "invited_by").first()


def reset_user(*, token: str) -> User | None:
    """The active user whose password this link of a mail changes, if it still does."""
    number, _dot, secret = token.partition(".")
    try:
        pk = int(urlsafe_base64_decode(number).decode("ascii"))
        user = User.objects.filter(pk=pk, is_active=True).first()
    except (ValueError, OverflowError):
        return None
    return user if user and default_token_generator.check_token(user, secret) else None


def sessions(*, user_id: int) -> QuerySet[UserSession]:
    """The user's sessions that have not ended, the last used first."""
    return UserSession.objects.filter(user_id=user_id, expire_date__gt=clock.now()).order_by("-seen_at")


def session_mark(*, session_key: str) -> str:
    """By what a page names a session: its key would let whoever reads the page in."""
    return digest(session_key)[:20]


def agents(*, account_id: int) -> QuerySet[Agent]:
    """The agents that are not deleted, placeholders among them."""
    return Agent.objects.filter(account_id=account_id, deleted_at=None)


def groups(*, account_id: int) -> QuerySet[Group]:
    """All groups, archived ones and placeholders among them."""
    return Group.objects.filter(account_id=account_id)


def tokens(*, account_id: int) -> QuerySet[Token]:
    """All tokens, ended and revoked ones among them."""
    return Token.objects.filter(account_id=account_id).select_related("user")


def audit_entries(*, account_id: int) -> QuerySet[AuditEntry]:
    return AuditEntry.objects.filter(account_id=account_id)
