"""Who calls, in which account, by what means. `request.auth` holds one of these."""

from dataclasses import dataclass

from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request

from apps.accounts.models import Token, User
from apps.accounts.selectors import Context


@dataclass(frozen=True)
class Caller:
    """A signed-in user or a token at work. No context: the user has yet to name one of several accounts."""

    user: User
    context: Context | None
    token: Token | None = None

    @property
    def actor(self) -> str:
        """A name for throttling and idempotency keys: what a token does is counted for the token."""
        return f"token {self.token.pk}" if self.token else f"user {self.user.pk}"


def caller(request: Request) -> Caller:
    """Who asks; 401 when nobody does."""
    if not isinstance(request.auth, Caller):
        raise NotAuthenticated
    return request.auth


def here(request: Request) -> Context:
    """The account and role of the request; its permission was checked before."""
    context = caller(request).context
    assert context is not None
    return context
