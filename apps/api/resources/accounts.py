"""accounts/: the accounts that the caller can work in; their settings."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema

from apps.accounts import selectors
from apps.accounts.models import Account
from apps.accounts.roles import May
from apps.api import fields
from apps.api.base import Listed, Request, Response, one
from apps.api.callers import caller
from apps.core.errors import NotThere
from apps.core.locks import Lock, take
from apps.intake import registry


class AccountShape(fields.Shape):
    id = fields.Id(read_only=True)
    name = fields.Text()
    timezone = fields.Text(max_length=64)
    currency = fields.Text(max_length=3)
    inactivity_s = fields.Whole(min_value=1, max_value=7 * 86400)
    closing_days = fields.Whole(min_value=1, max_value=400)
    message_text = fields.Choice(["keep", "mask", "drop"])
    hits_days = fields.Whole(min_value=1, max_value=3660, allow_null=True)
    texts_days = fields.Whole(min_value=1, max_value=3660, allow_null=True)
    chat_goals_tracked = fields.YesNo()
    link_contacts = fields.YesNo()
    phone_country = fields.Text(allow_blank=True, max_length=2)


class Accounts(Listed):
    see, do = May.SEE_RESULTS, May.RUN_ACCOUNT
    serializer_class = AccountShape
    model = Account

    def rows(self) -> QuerySet[Account]:
        """A token's own account; for a user every account they can work in."""
        who = caller(self.request)
        if who.token:
            return Account.objects.filter(pk=who.token.account_id)
        return selectors.accounts_of(user=who.user)

    def retrieve(self, request: Request, number: int) -> Response:
        return self.shown(one(self.rows(), pk=number))

    @extend_schema(request=AccountShape(partial=True))
    def partial_update(self, request: Request, number: int) -> Response:
        """Change settings of the account that the request works in."""
        if number != self.account_id:
            raise NotThere
        values: dict[str, Any] = self.taken(partial=True)
        with self.editing(pk=number):
            account = registry.save_settings(account_id=number, user_id=self.user_id, **values)
        return self.shown(account)

    def hold(self, **named: Any) -> None:
        take(Lock.GOALS, self.account_id)
        super().hold(**named)
