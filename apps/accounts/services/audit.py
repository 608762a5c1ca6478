"""The audit log: appended to by whoever changes a thing, in the same transaction."""

from typing import Any

from apps.accounts import origin
from apps.accounts.models import AuditEntry, User
from apps.core import clock

COMMAND_LINE = "command line"


def audit(
    *,
    account_id: int | None,
    user: User | int | None,
    action: str,
    target: str,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    address: str | None = None,
) -> AuditEntry:
    """Note who did what ("messaging_goal.activated") to what; no user means the command line.

    `before` and `after` hold JSON values of what changed, never secrets.
    """
    if isinstance(user, int):
        user = User.objects.get(pk=user)
    return AuditEntry.objects.create(
        account_id=account_id,
        at=clock.now(),
        user=user,
        actor=_actor(user),
        address=address or origin.address(),
        action=action,
        target=target[:300],
        before=before or {},
        after=after or {},
    )


def _actor(user: User | None) -> str:
    if user is None:
        return COMMAND_LINE
    return f"{user.email} (operator)" if user.is_superuser else user.email
