"""The account's settings."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import Account
from apps.accounts.roles import May
from apps.backoffice.forms import Form
from apps.backoffice.pages.accounts import zones
from apps.backoffice.pages.base import FormPage, Paths
from apps.core import periods
from apps.intake import registry

FIELDS = (
    "name",
    "timezone",
    "currency",
    "inactivity_s",
    "closing_days",
    "message_text",
    "hits_days",
    "texts_days",
    "chat_goals_tracked",
    "link_contacts",
    "phone_country",
)


class SettingsForm(Form):
    name = forms.CharField(label=gettext_lazy("Name"))
    timezone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=zones,
        help_text=gettext_lazy(
            "Goals are tracked by whole days of this time zone; a change holds from now on."
        ),
    )
    currency = forms.CharField(
        label=gettext_lazy("Currency"), help_text=gettext_lazy("Of transaction values: EUR, USD, ...")
    )
    inactivity_s = forms.IntegerField(
        label=gettext_lazy("Inactivity period, seconds"),
        help_text=gettext_lazy("A conversation counts as active this long after the person's last message."),
    )
    closing_days = forms.IntegerField(
        label=gettext_lazy("Closing period, days"),
        help_text=gettext_lazy("Results older than this are not judged again."),
    )
    message_text = forms.ChoiceField(
        label=gettext_lazy("Text of messages"),
        choices=[
            ("keep", gettext_lazy("keep")),
            ("mask", gettext_lazy("mask")),
            ("drop", gettext_lazy("drop")),
        ],
    )
    hits_days = forms.IntegerField(
        required=False,
        label=gettext_lazy("Keep page views and events, days"),
        help_text=gettext_lazy(
            "Empty: for ever. At least the closing period and a week. Older ones are deleted; results stay."
        ),
    )
    texts_days = forms.IntegerField(
        required=False,
        label=gettext_lazy("Keep texts of messages, days"),
        help_text=gettext_lazy("Empty: for ever. Of older messages only who wrote and when stays."),
    )
    chat_goals_tracked = forms.BooleanField(
        label=gettext_lazy("Chat goals tracked"),
        required=False,
        help_text=gettext_lazy(
            "Off: chat goals can be set, but first replies from now on are not judged, and no panel shows."
        ),
    )
    link_contacts = forms.BooleanField(
        label=gettext_lazy("Link by e-mail or phone"),
        required=False,
        help_text=gettext_lazy(
            "An e-mail or phone that is named beside another identity makes them one person, from now on."
        ),
    )
    phone_country = forms.CharField(
        label=gettext_lazy("Country of phone numbers"),
        required=False,
        max_length=2,
        help_text=gettext_lazy("Whose numbers may come without their code: DE, RU, ... (ISO 3166)"),
    )

    def prepare(self) -> None:
        """A zone that the portal's data does not know stays chosen until another is: saving changes nothing unasked."""
        stored = self.initial.get("timezone", "UTC")
        if not periods.is_known(stored):
            known = self.fields["timezone"]
            known.choices = [(stored, _("%s (not known; counted as UTC)") % stored), *zones()]  # type: ignore[attr-defined]


class SettingsPage(FormPage):
    title = gettext_lazy("Settings")
    sees = May.RUN_ACCOUNT
    form_class = SettingsForm
    back = "index"

    def initial(self) -> dict[str, Any]:
        account: Account = self.here.account
        return {name: getattr(account, name) for name in FIELDS}

    def act(self, form: Any) -> HttpResponse:
        registry.save_settings(account_id=self.account_id, user_id=self.here.user.pk, **form.cleaned_data)
        return self.go("settings", say=_("The settings are saved."))


paths: Paths = [("settings/", SettingsPage, "settings")]
