"""API tokens: shown once, stored hashed, never doing more than their maker may."""

from datetime import datetime

from django.utils.translation import gettext as _
from knox.models import get_digest_token
from knox.settings import CONSTANTS

from apps.accounts import checks, selectors
from apps.accounts.models import Token, User
from apps.accounts.roles import Scope, scope_within
from apps.accounts.services.audit import audit
from apps.core import clock
from apps.core.errors import NotThere, Refused
from apps.core.retry import transactional


@transactional
def make_token(
    *,
    account_id: int,
    user_id: int,
    name: str,
    scope: str,
    counter_number: int | None = None,
    expiry: datetime | None = None,
    parent: Token | None = None,
) -> tuple[Token, str]:
    """A new token with its secret, which cannot be had again. The maker must have a part in the account.

    `parent` is the token that asks for it, if one does: the new one is never wider and ends at the latest with it.
    Callers have checked that the counter is the account's: counters lie above this app.
    """
    user = User.objects.get(pk=user_id)
    if selectors.role_in(user=user, account_id=account_id) is None:
        raise NotThere
    parent = _hold_parent(account_id, parent) if parent else None
    if parent and expiry is None:
        expiry = parent.expiry
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
        parent=parent,
    )
    _check(token)
    token.save(force_insert=True)
    audit(account_id=account_id, user=user, action="token.made", target=str(token), after=_values(token))
    return token, secret


def _hold_parent(account_id: int, parent: Token) -> Token:
    """The token at work, locked: it cannot be revoked while it makes another."""
    held = (
        selectors.tokens(account_id=account_id)
        .select_for_update(no_key=True, of=["self"])
        .filter(pk=parent.pk)
        .first()
    )
    if held is None or held.revoked_at is not None or (held.expiry and held.expiry <= clock.now()):
        raise NotThere
    return held


def _check(token: Token) -> None:
    checks.clean(token, ["name", "scope", "counter_number"])
    if token.counter_number is not None and token.scope != Scope.INGEST:
        raise Refused.one(
            "counter", "only_ingest", _("Only a token with the scope ingest is bound to a counter.")
        )
    if token.expiry is not None and token.expiry <= clock.now():
        raise Refused.one("expires_at", "in_the_past", _("This instant has passed; choose a later one."))
    if token.parent:
        _check_within(token, token.parent)


def _check_within(token: Token, parent: Token) -> None:
    """A token made with a token does not outlive it and may nothing that it may not."""
    if not scope_within(token.scope, parent.scope):
        raise Refused.one("scope", "wider", _("A token cannot make another with a wider scope than its own."))
    if parent.counter_number not in (None, token.counter_number):
        raise Refused.one("counter", "wider", _("A token bound to a counter makes only tokens bound to it."))
    if parent.expiry and (token.expiry is None or token.expiry > parent.expiry):
        raise Refused.one(
            "expires_at",
            "later_than_its_maker",
            _("A token ends at the latest when the token that makes it does."),
        )


def _values(token: Token) -> dict[str, object]:
    return {
        "scope": str(token.scope),
        "counter": token.counter_number,
        "expires_at": token.expiry.isoformat() if token.expiry else None,
    }


@transactional
def revoke_token(*, account_id: int, user_id: int | None, token_key: str) -> Token:
    """End a token, named by the beginning of its secret, and all that were made with it.

    Revoking twice changes nothing.
    """
    token = (
        selectors.tokens(account_id=account_id)
        .select_for_update(no_key=True, of=["self"])
        .filter(token_key=token_key)
        .first()
    )
    if not token:
        raise NotThere
    for ended in _with_descendants(token):
        if ended.revoked_at is None:
            ended.revoked_at = clock.now()
            ended.save(update_fields=["revoked_at"])
            audit(
                account_id=account_id,
                user=user_id,
                action="token.revoked",
                target=str(ended),
                before=_values(ended),
            )
    return token


def _with_descendants(token: Token) -> list[Token]:
    """The token (locked already), those made with it, those made with these, and so on, locked from the top down."""
    found = generation = [token]
    while generation:
        makers = [maker.pk for maker in generation]
        generation = list(
            Token.objects.select_for_update(no_key=True).filter(parent_id__in=makers).order_by("pk")
        )
        found = found + generation
    return found


def note_use(*, token: Token) -> None:
    """Remember that the token was used, at most once a minute: it is a hint, not a log."""
    now = clock.now()
    if token.last_used_at is None or (now - token.last_used_at).total_seconds() >= 60:
        Token.objects.filter(pk=token.pk).update(last_used_at=now)
        token.last_used_at = now
