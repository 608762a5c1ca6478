"""Channels: where conversations happen, and of which kind each is."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.roles import May
from apps.backoffice.forms import Form
from apps.backoffice.pages.base import FormPage, Paths
from apps.backoffice.tables import Column, TablePage
from apps.conversations.models import Channel
from apps.core.errors import NotThere
from apps.intake import registry


class ChannelFilters(Form):
    q = forms.CharField(label=gettext_lazy("Name or id contains"), required=False)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=[("", gettext_lazy("Any")), *Channel.Kind.choices], required=False
    )


class ChannelsPage(TablePage):
    title = gettext_lazy("Channels")
    template_name = "backoffice/channels.html"
    sees = May.CONFIGURE
    filters = ChannelFilters
    ordering = "name"
    columns = (
        Column("name", gettext_lazy("Name"), ("name", "external_id")),
        Column("id", gettext_lazy("External id"), ("external_id",)),
        Column("kind", gettext_lazy("Kind"), ("kind",)),
        Column("goals", gettext_lazy("Messaging goals")),
    )

    def rows(self, wanted: dict[str, Any]) -> QuerySet[Channel]:
        channels = Channel.objects.filter(account_id=self.account_id)
        if text := wanted.get("q"):
            channels = channels.filter(Q(name__icontains=text) | Q(external_id__icontains=text))
        if wanted.get("kind"):
            channels = channels.filter(kind=wanted["kind"])
        return channels

    def decorate(self, rows: list[Any]) -> list[dict[str, Any]]:
        return [{"channel": channel, "excluded": channel.kind in Channel.EXCLUDED} for channel in rows]


class ChannelForm(Form):
    external_id = forms.CharField(
        label=gettext_lazy("External id"),
        help_text=gettext_lazy("As conversation events name the channel; a channel with this id is changed."),
    )
    name = forms.CharField(label=gettext_lazy("Name"), required=False)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=Channel.Kind.choices,
        help_text=gettext_lazy("Goals leave out third-party bots and Unity unless a goal says otherwise."),
    )

    def prepare(self) -> None:
        self.fields["external_id"].disabled = bool(self.initial.get("external_id"))


class ChannelPage(FormPage):
    """Make a channel, or change one as of now."""

    sees = May.CONFIGURE
    form_class = ChannelForm
    back = "channels"

    def initial(self) -> dict[str, Any]:
        if "channel_id" not in self.kwargs:
            return {}
        channel = Channel.objects.filter(account_id=self.account_id, pk=self.kwargs["channel_id"]).first()
        if channel is None:
            raise NotThere
        return {"external_id": channel.external_id, "name": channel.name, "kind": channel.kind}

    def extra(self) -> dict[str, Any]:
        return {"title": _("Channel") if "channel_id" in self.kwargs else _("New channel")}

    def act(self, form: Any) -> HttpResponse:
        channel, _new = registry.save_channel(account_id=self.account_id, **form.cleaned_data)
        return self.go("channels", say=_("%s is saved.") % channel)


paths: Paths = [
    ("channels/", ChannelsPage, "channels"),
    ("channels/add/", ChannelPage, "channel_add"),
    ("channels/<id:channel_id>/", ChannelPage, "channel"),
]
