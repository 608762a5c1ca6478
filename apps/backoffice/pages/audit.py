"""The audit log: who changed what from what to what."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy

from apps.accounts import selectors
from apps.accounts.models import AuditEntry
from apps.accounts.roles import May
from apps.backoffice.forms import DateInput, Form
from apps.backoffice.pages.base import Paths
from apps.backoffice.tables import Column, TablePage
from apps.core import periods


class AuditFilters(Form):
    q = forms.CharField(label=gettext_lazy("Who or what contains"), required=False)
    action = forms.CharField(label=gettext_lazy("Action begins with"), required=False)
    on = forms.DateField(label=gettext_lazy("Day"), required=False, widget=DateInput())


class AuditPage(TablePage):
    title = gettext_lazy("Audit log")
    template_name = "backoffice/audit.html"
    sees = May.SEE_AUDIT
    filters = AuditFilters
    ordering = "-at"
    columns = (
        Column("at", gettext_lazy("When"), ("at",)),
        Column("actor", gettext_lazy("Who")),
        Column("action", gettext_lazy("What")),
        Column("target", gettext_lazy("Of what")),
        Column("change", gettext_lazy("Change")),
    )

    def rows(self, wanted: dict[str, Any]) -> QuerySet[AuditEntry]:
        entries = selectors.audit_entries(account_id=self.account_id)
        if text := wanted.get("q"):
            entries = entries.filter(Q(actor__icontains=text) | Q(target__icontains=text))
        if wanted.get("action"):
            entries = entries.filter(action__startswith=wanted["action"])
        if wanted.get("on"):
            day = periods.day(wanted["on"], self.here.zone)
            entries = entries.filter(at__gte=day.start, at__lt=day.end)
        return entries

    def decorate(self, rows: list[Any]) -> list[dict[str, Any]]:
        return [{"entry": entry, "changes": _changes(entry)} for entry in rows]


def _changes(entry: AuditEntry) -> list[tuple[str, Any, Any]]:
    """`(field, before, after)` of what differs."""
    fields = sorted({*entry.before, *entry.after})
    pairs = [(field, entry.before.get(field), entry.after.get(field)) for field in fields]
    return [(field, before, after) for field, before, after in pairs if before != after]


paths: Paths = [("audit/", AuditPage, "audit")]
