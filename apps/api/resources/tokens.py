"""tokens/: API tokens of the account. The secret is in the answer to the POST that makes one, and nowhere else."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from apps.accounts import selectors, services
from apps.accounts.models import Token
from apps.accounts.roles import May, Scope
from apps.api import fields
from apps.api.base import Listed, Request, Response, one
from apps.api.callers import caller
from apps.api.idempotency import repeatable
from apps.api.problems import Named
from apps.core.errors import NotThere, Problem
from apps.counters import selectors as counters


class TokenShape(fields.Shape):
    id = fields.Text(source="token_key", read_only=True, help_text="The beginning of the secret.")
    name = fields.Text()
    scope = fields.Choice(Scope.choices)
    counter = fields.Id(source="counter_number", required=False, allow_null=True)
    expires_at = fields.Instant(source="expiry", required=False, allow_null=True)
    maker = fields.Text(source="user.email", read_only=True)
    created_at = serializers.DateTimeField(source="created", read_only=True)
    last_used_at = serializers.DateTimeField(read_only=True, allow_null=True)
    revoked_at = serializers.DateTimeField(read_only=True, allow_null=True)


class TokenMade(TokenShape):
    secret = serializers.CharField(
        read_only=True,
        allow_null=True,
        help_text="Shown once; null when the same Idempotency-Key is sent again.",
    )


class Tokens(Listed):
    see = do = May.MANAGE_MEMBERS
    serializer_class = TokenShape
    ordering = ("-created", "token_key")
    model = Token

    def rows(self) -> QuerySet[Token]:
        return selectors.tokens(account_id=self.account_id)

    def retrieve(self, request: Request, key: str) -> Response:
        return self.shown(one(self.rows(), token_key=key))

    @extend_schema(responses={201: TokenMade})
    @repeatable
    def create(self, request: Request) -> Response:
        values: dict[str, Any] = self.taken()
        if (number := values.get("counter_number")) is not None:
            self._check_counter(number)
        token, secret = services.make_token(
            account_id=self.account_id, user_id=self.user_id, parent=caller(request).token, **values
        )
        return Response({**self.get_serializer(token).data, "secret": secret}, 201)

    def _check_counter(self, number: int) -> None:
        try:
            counters.counter(account_id=self.account_id, number=number)
        except NotThere:
            raise Named(Problem("counter", "unknown_counter", f"There is no counter {number}.")) from None

    def destroy(self, request: Request, key: str) -> Response:
        """Revoke a token; it stays listed."""
        with self.editing(token_key=key):
            services.revoke_token(account_id=self.account_id, user_id=self.user_id, token_key=key)
        return Response(status=204)
