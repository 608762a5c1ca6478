"""The ledger of runs, and a run asked for now."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.roles import May
from apps.backoffice.forms import Form
from apps.backoffice.pages.base import AskPage, Page, Paths
from apps.backoffice.tables import Column, TablePage
from apps.hourly import selectors, services
from apps.hourly.models import Run

OVER = (Run.State.DONE, Run.State.FAILED)
BADGES = {
    Run.State.DONE: "good",
    Run.State.FAILED: "bad",
    Run.State.RUNNING: "info",
    Run.State.QUEUED: "info",
}


class RunFilters(Form):
    state = forms.ChoiceField(
        label=gettext_lazy("State"), choices=[("", gettext_lazy("Any")), *Run.State.choices], required=False
    )


class RunsPage(TablePage):
    title = gettext_lazy("Runs")
    template_name = "backoffice/runs.html"
    sees = May.MANAGE_PEOPLE
    filters = RunFilters
    ordering = "-begun"
    columns = (
        Column("begun", gettext_lazy("Asked for"), ("created_at",)),
        Column("hour", gettext_lazy("Hour")),
        Column("state", gettext_lazy("State")),
        Column("took", gettext_lazy("Took"), numeric=True),
        Column("people", gettext_lazy("People"), numeric=True),
        Column("credited", gettext_lazy("Credited"), numeric=True),
        Column("uncredited", gettext_lazy("Uncredited"), numeric=True),
        Column("dropped", gettext_lazy("Dropped"), numeric=True),
        Column("corrected", gettext_lazy("Corrected"), numeric=True),
    )

    def rows(self, wanted: dict[str, Any]) -> QuerySet[Run]:
        runs = selectors.runs(account_id=self.account_id).select_related("requested_by")
        return runs.filter(state=wanted["state"]) if wanted.get("state") else runs

    def decorate(self, rows: list[Any]) -> list[dict[str, Any]]:
        return [
            {"run": run, "took": _took(run), "over": run.state in OVER, "badge": BADGES[run.state]}
            for run in rows
        ]


def _took(run: Run) -> str:
    if not (run.started_at and run.finished_at):
        return ""
    return _("%.1f s") % (run.finished_at - run.started_at).total_seconds()


class RunNowPage(AskPage):
    title = gettext_lazy("Run now")
    sees = May.MANAGE_PEOPLE
    button = gettext_lazy("Run now")
    back = "runs"

    def question(self) -> str:
        return _("Judge what waits without waiting for the hour. Nothing is counted twice.")

    def act(self, form: Any) -> HttpResponse:
        services.request_run(account_id=self.account_id, user_id=self.here.user.pk)
        return self.go("runs", say=_("A run is asked for; its progress shows here."))


class ProgressPage(Page):
    """How far a run is, for the list's script."""

    polled = True
    sees = May.MANAGE_PEOPLE

    def get(self, request: HttpRequest, run_id: int) -> HttpResponse:
        run = selectors.run(account_id=self.account_id, run_id=run_id)
        over = run.state in OVER
        return JsonResponse(
            {"done": run.people, "total": run.total, "state": run.get_state_display(), "over": over}
        )


paths: Paths = [
    ("runs/", RunsPage, "runs"),
    ("runs/now/", RunNowPage, "run_now"),
    ("runs/<id:run_id>/progress/", ProgressPage, "run_progress"),
]
