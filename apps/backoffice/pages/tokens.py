"""API tokens: made with a name and a scope, shown once, revoked."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts import selectors, services
from apps.accounts.models import Token
from apps.accounts.roles import May, Scope
from apps.backoffice.forms import Form, OwnedChoice
from apps.backoffice.pages.base import AskPage, Paths
from apps.backoffice.tables import Column, RowAction, TablePage
from apps.core import clock
from apps.core.errors import NotThere
from apps.counters import selectors as counters


class TokensPage(TablePage):
    title = gettext_lazy("API tokens")
    template_name = "backoffice/tokens.html"
    sees = May.MANAGE_MEMBERS
    ordering = "-made"
    columns = (
        Column("name", gettext_lazy("Name"), ("name",)),
        Column("begin", gettext_lazy("Begins with"), ("token_key",)),
        Column("scope", gettext_lazy("Scope"), ("scope",)),
        Column("maker", gettext_lazy("Made by"), ("user__email",)),
        Column("made", gettext_lazy("Made"), ("created",)),
        Column("used", gettext_lazy("Last used"), ("last_used_at",)),
        Column("state", gettext_lazy("State"), ("revoked_at", "expiry")),
        Column("menu", ""),
    )

    def rows(self, wanted: dict[str, Any]) -> QuerySet[Token]:
        return selectors.tokens(account_id=self.account_id)

    def decorate(self, rows: list[Any]) -> list[dict[str, Any]]:
        now = clock.now()
        return [
            {
                "token": token,
                "ended": bool(token.expiry and token.expiry <= now),
                "actions": []
                if token.revoked_at
                else [
                    RowAction(_("Revoke"), reverse("admin:token_revoke", args=[token.token_key]), danger=True)
                ],
            }
            for token in rows
        ]


class TokenForm(Form):
    name = forms.CharField(label=gettext_lazy("Name"), help_text=gettext_lazy("Where it is used."))
    scope = forms.ChoiceField(label=gettext_lazy("Scope"), choices=Scope.choices, initial=Scope.READ)
    counter = OwnedChoice(
        label=gettext_lazy("Only for the counter"),
        required=False,
        help_text=gettext_lazy("For hits and conversation events only."),
    )
    expires_at = forms.DateTimeField(
        label=gettext_lazy("Ends"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )

    def prepare(self) -> None:
        assert self.here
        of_account = counters.counters(account_id=self.here.account.pk).order_by("name")
        named = [(str(counter.pk), str(counter)) for counter in of_account]
        self.fields["counter"].choices = [("", gettext_lazy("All counters")), *named]  # type: ignore[attr-defined]


class NewTokenPage(AskPage):
    """The secret is in the answer to the POST, and nowhere else."""

    title = gettext_lazy("New API token")
    sees = May.MANAGE_MEMBERS
    form_class = TokenForm
    button = gettext_lazy("Make the token")
    back = "tokens"

    def act(self, form: Any) -> HttpResponse:
        said = form.cleaned_data
        token, secret = services.make_token(
            account_id=self.account_id,
            user_id=self.here.user.pk,
            name=said["name"],
            scope=said["scope"],
            counter_number=int(said["counter"]) if said["counter"] else None,
            expiry=said["expires_at"],
        )
        return self.show("backoffice/token_made.html", title=token.name, token=token, secret=secret)


class RevokePage(AskPage):
    title = gettext_lazy("Revoke the token")
    sees = May.MANAGE_MEMBERS
    button = gettext_lazy("Revoke")
    danger = True
    back = "tokens"

    def question(self) -> str:
        token = (
            selectors.tokens(account_id=self.account_id).filter(token_key=self.kwargs["token_key"]).first()
        )
        if token is None:
            raise NotThere
        return _("Whatever uses %s is refused from now on. This cannot be undone.") % token.name

    def act(self, form: Any) -> HttpResponse:
        token = services.revoke_token(
            account_id=self.account_id, user_id=self.here.user.pk, token_key=self.kwargs["token_key"]
        )
        return self.go("tokens", say=_("%s is revoked.") % token.name)


paths: Paths = [
    ("tokens/", TokensPage, "tokens"),
    ("tokens/add/", NewTokenPage, "token_add"),
    ("tokens/<slug:token_key>/revoke/", RevokePage, "token_revoke"),
]
