"""The page of messaging goals: what runs, until when, and what it brought in seven days."""

from datetime import date
from typing import Any

from django import forms
from django.contrib.postgres.aggregates import StringAgg
from django.db.models import Case, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts import selectors as accounts
from apps.accounts.roles import May
from apps.backoffice.forms import DateInput, Form, OwnedChoice, choices_of
from apps.backoffice.pages.base import Paths
from apps.backoffice.tables import Column, RowAction, TablePage
from apps.core import clock
from apps.goals import selectors
from apps.goals.models import MAX_ACTIVE, MessagingGoal, VersionGroup
from apps.goals.status import Status
from apps.hourly import selectors as hourly
from apps.reports import selectors as reports

PLACED = "placed"
"""All that are not inactive: what the number of active goals counts."""
STATUSES = (
    ("", gettext_lazy("Any")),
    (PLACED, gettext_lazy("Takes one of the 15 places")),
    ("active", gettext_lazy("Active")),
    ("remaining", gettext_lazy("Ending in days")),
    ("ended", gettext_lazy("Ended")),
    ("inactive", gettext_lazy("Inactive")),
)
BADGES = {"active": "good", "remaining": "warn", "ended": "bad", "inactive": ""}


class GoalFilters(Form):
    q = forms.CharField(label=gettext_lazy("Name contains"), required=False)
    status = forms.ChoiceField(label=gettext_lazy("Status"), choices=STATUSES, required=False)
    group = OwnedChoice(label=gettext_lazy("Group"), required=False)
    on = forms.DateField(label=gettext_lazy("Dates include"), required=False, widget=DateInput())

    def prepare(self) -> None:
        assert self.here
        groups = accounts.groups(account_id=self.here.account.pk).order_by("name", "external_id")
        self.fields["group"].choices = choices_of(groups, gettext_lazy("Any"))  # type: ignore[attr-defined]


class GoalsPage(TablePage):
    title = gettext_lazy("Messaging goals")
    template_name = "backoffice/goals.html"
    filters = GoalFilters
    ordering = "name"
    columns = (
        Column("name", gettext_lazy("Name"), ("current__name",)),
        Column("groups", gettext_lazy("Groups"), ("group_names",)),
        Column("status", gettext_lazy("Status"), ("status_order", "current__end_date")),
        Column("start", gettext_lazy("Start date"), ("current__start_date",)),
        Column("end", gettext_lazy("End date"), ("current__end_date",)),
        Column("conversions", gettext_lazy("7 day conversion"), ("conversions",), numeric=True),
        Column("menu", ""),
    )

    def rows(self, wanted: dict[str, Any]) -> QuerySet[MessagingGoal]:
        self.counts = reports.seven_day_conversions(account_id=self.account_id, now=clock.now())
        self.today = self.here.today
        goals = annotated(selectors.goals(account_id=self.account_id), self.counts, self.today)
        return _filtered(goals, wanted).prefetch_related("current__groups")

    def decorate(self, rows: list[Any]) -> list[dict[str, Any]]:
        zeros = [goal.pk for goal in rows if not self.counts.get(goal.pk)]
        self.why = reports.why_zeros(account_id=self.account_id, goal_ids=zeros)
        return [self._row(goal) for goal in rows]

    def _row(self, goal: MessagingGoal) -> dict[str, Any]:
        version = selectors.current(goal)
        shown = selectors.status_of(version=version, today=self.today)
        return {
            "goal": goal,
            "version": version,
            "groups": sorted(str(group) for group in version.groups.all()),
            "status": shown,
            "badge": BADGES[shown.code],
            "conversions": self.counts.get(goal.pk, 0),
            "why": self.why.get(goal.pk, ""),
            "actions": self._actions(goal, shown),
        }

    def _actions(self, goal: MessagingGoal, shown: Status) -> list[RowAction]:
        def to(name: str) -> str:
            return reverse(f"admin:{name}", args=[goal.pk])

        mail = RowAction(_("Email CSV"), to("goal_export"))
        history = RowAction(_("History"), to("goal_history"), dialog=False)
        if not self.here.may(May.CONFIGURE):
            return [RowAction(_("Look"), to("goal"), dialog=False), mail, history]
        off = shown.code == "inactive"
        return [
            RowAction(_("Edit"), to("goal"), dialog=False),
            RowAction(_("Activate"), to("goal_activate"))
            if off
            else RowAction(_("Deactivate"), to("goal_deactivate")),
            RowAction(_("Duplicate"), to("goal_duplicate")),
            mail,
            history,
            RowAction(_("Delete"), to("goal_delete"), danger=True),
        ]

    def extra(self) -> dict[str, Any]:
        return {
            "active": selectors.active_count(account_id=self.account_id),
            "most": MAX_ACTIVE,
            "complete_until": hourly.complete_until(account_id=self.account_id),
            "may_configure": self.here.may(May.CONFIGURE),
        }


def annotated(goals: QuerySet[MessagingGoal], counts: dict[int, int], today: date) -> QuerySet[MessagingGoal]:
    """The goals with what their columns are ordered and filtered by."""
    names = VersionGroup.objects.filter(version_id=OuterRef("current_id")).values("version_id")
    return selectors.with_status(goals=goals, today=today).annotate(
        group_names=Subquery(
            names.annotate(all=StringAgg("group__name", ", ", order_by="group__name")).values("all")
        ),
        status_order=Case(
            *(When(status_code=code, then=Value(place)) for place, (code, _name) in enumerate(STATUSES)),
            output_field=IntegerField(),
        ),
        conversions=Case(
            *(When(pk=goal, then=Value(count)) for goal, count in counts.items()),
            default=Value(0),
            output_field=IntegerField(),
        ),
    )


def _filtered(goals: QuerySet[MessagingGoal], wanted: dict[str, Any]) -> QuerySet[MessagingGoal]:
    if wanted.get("q"):
        goals = goals.filter(current__name__icontains=wanted["q"])
    if wanted.get("status") == PLACED:
        goals = goals.filter(slot__isnull=False)
    elif wanted.get("status"):
        goals = goals.filter(Q(("status_code", wanted["status"])))
    if wanted.get("group"):
        named = VersionGroup.objects.filter(group_id=wanted["group"]).values("version_id")
        goals = goals.filter(current_id__in=named)
    if day := wanted.get("on"):
        goals = goals.filter(current__start_date__lte=day).exclude(current__end_date__lt=day)
    return goals


paths: Paths = [("goals/", GoalsPage, "goals")]
