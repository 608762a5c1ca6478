"""A member's exports: asked for, watched, cancelled."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.roles import May
from apps.backoffice.forms import DateInput, Form
from apps.backoffice.pages.base import AskPage, Page, Paths
from apps.backoffice.pages.export_link import sent
from apps.backoffice.tables import Column, RowAction, TablePage
from apps.core import clock, periods
from apps.exports import selectors, services
from apps.exports.errors import Gone
from apps.exports.models import Export
from apps.goals import selectors as goals

OPEN = (Export.State.QUEUED, Export.State.RUNNING)
BADGES = {
    Export.State.DONE: "good",
    Export.State.FAILED: "bad",
    Export.State.CANCELLED: "",
    Export.State.RUNNING: "info",
    Export.State.QUEUED: "info",
}


class ExportsPage(TablePage):
    title = gettext_lazy("Exports")
    template_name = "backoffice/exports.html"
    ordering = "-asked"
    columns = (
        Column("goal", gettext_lazy("Goal")),
        Column("range", gettext_lazy("Days")),
        Column("asked", gettext_lazy("Asked for"), ("created_at",)),
        Column("state", gettext_lazy("State")),
        Column("rows", gettext_lazy("Rows"), numeric=True),
        Column("until", gettext_lazy("Complete until")),
        Column("ends", gettext_lazy("Link ends")),
        Column("menu", ""),
    )

    def rows(self, wanted: dict[str, Any]) -> QuerySet[Export]:
        return selectors.exports(account_id=self.account_id, user_id=self.here.user.pk)

    def decorate(self, rows: list[Any]) -> list[dict[str, Any]]:
        now = clock.now()
        return [
            {
                "export": export,
                "open": export.state in OPEN,
                "badge": BADGES[export.state],
                "ended": bool(export.expires_at and export.expires_at <= now),
                "actions": _actions(export),
            }
            for export in rows
        ]


def _actions(export: Export) -> list[RowAction]:
    if export.state == Export.State.DONE:
        return [RowAction(_("Download"), reverse("admin:export_download", args=[export.pk]))]
    if export.state not in OPEN:
        return []
    return [RowAction(_("Cancel"), reverse("admin:export_cancel", args=[export.pk]), danger=True)]


class RangeForm(Form):
    first_day = forms.DateField(label=gettext_lazy("From"), widget=DateInput())
    last_day = forms.DateField(
        label=gettext_lazy("To"), widget=DateInput(), help_text=gettext_lazy("Both days are included.")
    )


class AskExportPage(AskPage):
    """Email CSV: a range of days, then a job."""

    title = gettext_lazy("Email CSV")
    sees = May.SEE_RESULTS
    form_class = RangeForm
    button = gettext_lazy("Email CSV")
    back = "goals"

    def initial(self) -> dict[str, Any]:
        today = self.here.today
        first, last = periods.last_dates(periods.SHOWN_DAYS, today)
        return {"first_day": first, "last_day": last}

    def question(self) -> str:
        goal = goals.goal(account_id=self.account_id, goal_id=self.kwargs["goal_id"])
        return _(
            "The conversions of %(goal)s on these days (time zone %(zone)s) are put into a zipped CSV."
            " A mail to %(to)s brings the link, which ends after 14 days."
        ) % {"goal": goals.current(goal).name, "zone": self.here.account.timezone, "to": self.here.user.email}

    def act(self, form: Any) -> HttpResponse:
        services.request_export(
            account_id=self.account_id,
            user_id=self.here.user.pk,
            goal_id=self.kwargs["goal_id"],
            **form.cleaned_data,
        )
        return self.go("exports", say=_("The CSV is being made; a mail tells when it is ready."))


class CancelPage(AskPage):
    title = gettext_lazy("Cancel the export")
    button = gettext_lazy("Cancel the export")
    danger = True
    back = "exports"

    def question(self) -> str:
        export = self.export()
        return _("The CSV of %s is not made, and no mail is sent.") % export.goal

    def export(self) -> Export:
        """The member's own export."""
        return selectors.export(
            account_id=self.account_id, user_id=self.here.user.pk, export_id=self.kwargs["export_id"]
        )

    def act(self, form: Any) -> HttpResponse:
        services.cancel_export(
            account_id=self.account_id, user_id=self.here.user.pk, export_id=self.kwargs["export_id"]
        )
        return self.go("exports", say=_("The export is cancelled."))


class DownloadPage(AskPage):
    """The file again, without the mail."""

    title = gettext_lazy("Download")
    button = gettext_lazy("Download the zip")
    back = "exports"

    def question(self) -> str:
        export = selectors.export(
            account_id=self.account_id, user_id=self.here.user.pk, export_id=self.kwargs["export_id"]
        )
        return selectors.file_name(export=export)

    def act(self, form: Any) -> HttpResponseBase:
        try:
            found = services.open_file(
                account_id=self.account_id, user_id=self.here.user.pk, export_id=self.kwargs["export_id"]
            )
        except Gone:
            return TemplateResponse(self.request, "backoffice/export_gone.html", status=410)
        return sent(found)


class ProgressPage(Page):
    """How far an export is, for the list's script."""

    polled = True

    def get(self, request: HttpRequest, export_id: int) -> HttpResponse:
        export = selectors.export(account_id=self.account_id, user_id=self.here.user.pk, export_id=export_id)
        return JsonResponse(
            {
                "done": export.done,
                "total": export.total,
                "state": export.get_state_display(),
                "over": export.state not in OPEN,
            }
        )


paths: Paths = [
    ("exports/", ExportsPage, "exports"),
    ("exports/<id:export_id>/progress/", ProgressPage, "export_progress"),
    ("exports/<id:export_id>/download/", DownloadPage, "export_download"),
    ("exports/<id:export_id>/cancel/", CancelPage, "export_cancel"),
    ("goals/<id:goal_id>/export/", AskExportPage, "goal_export"),
]
