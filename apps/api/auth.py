"""Signing in to the API: a bearer token, or the session of the portal with its CSRF token."""

import re
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.crypto import hash_token
from rest_framework.authentication import BaseAuthentication, SessionAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, NotFound
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from apps.accounts import selectors
from apps.accounts.models import Token, User
from apps.accounts.roles import Scope, scope_covers
from apps.accounts.services import note_use
from apps.api.callers import Caller
from apps.api.throttles import note_wrong_token, refuse_guessing
from apps.core import clock
from apps.core.errors import NotThere

_SECRET = re.compile(rb"[!-~]{20,200}")


class BearerToken(BaseAuthentication):
    """`Authorization: Bearer <token>`. The token's digest is its key, so nothing is compared letter by letter."""

    def authenticate(self, request: Request) -> tuple[User, Caller] | None:
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"bearer":
            return None
        if len(words) != 2 or not _SECRET.fullmatch(words[1]):
            raise AuthenticationFailed(
                _("Write the header as: Authorization: Bearer <token>."), "invalid_token"
            )
        refuse_guessing()
        token = (
            Token.objects.select_related("user", "account")
            .filter(digest=hash_token(words[1].decode()))
            .first()
        )
        if token is None:
            note_wrong_token()
        if token is None or token.revoked_at is not None:
            raise AuthenticationFailed(_("There is no such token, or it was revoked."), "invalid_token")
        if token.expiry is not None and token.expiry <= clock.now():
            raise AuthenticationFailed(_("This token has expired; make a new one."), "expired_token")
        return self._caller(request, token)

    def _caller(self, request: Request, token: Token) -> tuple[User, Caller]:
        try:
            context = selectors.context(user=token.user, account_id=token.account_id)
        except NotThere:
            raise AuthenticationFailed(
                _("The token's maker is no member any more."), "invalid_token"
            ) from None
        named = request.headers.get("X-Account")
        if named is not None and named != str(token.account_id):
            raise NotFound
        note_use(token=token)
        return token.user, Caller(token.user, context, token)

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class Session(SessionAuthentication):
    """The portal's session. The account: the header X-Account, or the only one there is.

    Never the one opened last: another tab may have opened it, and a write would land there.
    """

    def authenticate(self, request: Request) -> tuple[User, Caller] | None:
        found = super().authenticate(request)
        if found is None:
            return None
        user: Any = found[0]
        return user, Caller(user, self._context(request, user))

    def _context(self, request: Request, user: User) -> selectors.Context | None:
        named = request.headers.get("X-Account")
        if named is not None:
            try:
                return selectors.context(user=user, account_id=_number(named))
            except NotThere:
                raise NotFound from None
        accounts = selectors.accounts_of(user=user)[:2]
        return selectors.context(user=user, account_id=accounts[0].pk) if len(accounts) == 1 else None


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise NotThere
    return int(text)


class _BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "apps.api.auth.BearerToken"
    name = "token"

    def get_security_requirement(self, auto_schema: Any) -> dict[str, list[str]]:
        """The least of the scopes that covers the operation."""
        needs = auto_schema.view.needs_now()
        writing = auto_schema.method not in SAFE_METHODS
        may = needs.do if writing else needs.see
        covering = (
            scope
            for scope in (Scope.READ, Scope.INGEST, Scope.WRITE)
            if scope_covers(scope, writing=writing, may=may)
        )
        return {self.name: [str(next(covering))]}

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token of the account, shown once when made.",
        }


class _SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "apps.api.auth.Session"
    name = ["session", "csrf"]
    priority = 1

    def get_security_requirement(self, auto_schema: Any) -> dict[str, list[str]]:
        return {"session": [], **({} if auto_schema.method in SAFE_METHODS else {"csrf": []})}

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        csrf = "The value of the cookie csrftoken; with a session, for everything that writes."
        return [
            {"type": "apiKey", "in": "cookie", "name": "sessionid"},
            {"type": "apiKey", "in": "header", "name": "X-CSRFToken", "description": csrf},
        ]
