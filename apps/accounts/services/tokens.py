"""API tokens: shown once, stored hashed, never doing more than their maker may."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from knox.models import get_digest_token
from knox.settings import CONSTANTS

from apps.accounts import checks, selectors
from apps.accounts.models import Token, User
from apps.accounts.roles import Scope
from apps.accounts.services.audit import audit
from apps.core import clock
from apps.core.errors import NotThere, Refused


@transaction.atomic
def make_token(
    *,
    account_id: int,
    user_id: int,
    name: str,
    scope: str,
    counter_number: int | None = None,
    expiry: datetime | None = None,
) -> tuple[Token, str]:
    """A new token with its secret, which cannot be had again. The maker must have a part in the account.

    Callers have checked that the counter is the account's: counters lie above this app.
    """
    user = User.objects.get(pk=user_id)
    if selectors.role_in(user=user, account_id=account_id) is None:
        raise NotThere
    digest, secret = get_digest_token()
    token = Token(
        digest=digest,
        token_key=secret[: CONSTANTS.TOKEN_KEY_LENGTH],
        user=user,
        account_id=account_id,
        name=name.strip(),
        scope=scope,
        counter_number=counter_number,
        expiry=expiry,
    )
    _check(token)
    token.save(force_insert=True)
    audit(account_id=account_id, user=user, action="token.made", target=str(token), after=_values(token))
    return token, secret


def _check(token: Token) -> None:
    checks.clean(token, ["name", "scope", "counter_number"])
    if token.counter_number is not None and token.scope != Scope.INGEST:
        raise Refused.one(
            "counter", "only_ingest", _("Only a token with the scope ingest is bound to a counter.")
        )
    if token.expiry is not None and token.expiry <= clock.now():
        raise Refused.one("expires_at", "in_the_past", _("This instant has passed; choose a later one."))


def _values(token: Token) -> dict[str, object]:
    return {
        "scope": str(token.scope),
        "counter": token.counter_number,
        "expires_at": token.expiry.isoformat() if token.expiry else None,
    }


@transaction.atomic
def revoke_token(*, account_id: int, user_id: int | None, token_key: str) -> Token:
    """End a token, named by the beginning of its secret. Revoking twice changes nothing."""
    token = (
        selectors.tokens(account_id=account_id)
        .select_for_update(of=["self"])
        .filter(token_key=token_key)
        .first()
    )
    if not token:
        raise NotThere
    if token.revoked_at is None:
        token.revoked_at = clock.now()
        token.save(update_fields=["revoked_at"])
        audit(
            account_id=account_id,
            user=user_id,
            action="token.revoked",
            target=str(token),
            before=_values(token),
        )
    return token


def note_use(*, token: Token) -> None:
    """Remember that the token was used, at most once a minute: it is a hint, not a log."""
    now = clock.now()
    if token.last_used_at is None or (now - token.last_used_at).total_seconds() >= 60:
        Token.objects.filter(pk=token.pk).update(last_used_at=now)
        token.last_used_at = now
