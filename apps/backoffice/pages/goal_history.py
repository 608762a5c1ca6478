"""A goal's versions: who changed what, when; and an earlier one restored."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.roles import May
from apps.backoffice.pages.base import Page, Paths
from apps.backoffice.pages.goal_actions import GoalAsk
from apps.core import money
from apps.goals import selectors, services
from apps.goals.models import GoalVersion

SHOWN = 200


@dataclass(frozen=True)
class Change:
    """One field that a version says otherwise than the one before."""

    field: Any
    before: str
    after: str


def changes(before: GoalVersion | None, after: GoalVersion) -> list[Change]:
    """What differs; everything that is set, for a first version."""
    old, new = _words(before) if before else {}, _words(after)
    return [
        Change(field, old.get(field, ""), said) for field, said in new.items() if old.get(field, "") != said
    ]


def _words(version: GoalVersion) -> dict[Any, str]:
    fields = {field.name: field.verbose_name for field in GoalVersion._meta.fields}
    said = {fields[name]: _word(version, name) for name in selectors.PLAIN_FIELDS}
    said[_("groups")] = ", ".join(sorted(str(group) for group in version.groups.all()))
    said[_("conditions")] = "\n".join(
        f"{one.get_operator_display()} {one.value}" for one in version.conditions.all()
    )
    return said


def _word(version: GoalVersion, name: str) -> str:
    if hasattr(version, f"get_{name}_display"):
        return str(getattr(version, f"get_{name}_display")())
    value = getattr(version, name)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return (
        money.words(value, version.currency)
        if isinstance(value, Decimal)
        else ""
        if value is None
        else str(value)
    )


class HistoryPage(Page):
    template_name = "backoffice/goal_history.html"

    def get(self, request: HttpRequest, goal_id: int) -> HttpResponseBase:
        versions = list(selectors.versions(account_id=self.account_id, goal_id=goal_id)[: SHOWN + 1])
        older: list[GoalVersion | None] = [*versions[1:], None]
        rows = [
            {"version": version, "changes": changes(before, version)}
            for version, before in zip(versions, older, strict=True)
        ][:SHOWN]
        return self.show(
            title=_("History of %s") % versions[0].name,
            goal_id=goal_id,
            rows=rows,
            newest=versions[0].number,
            may_configure=self.here.may(May.CONFIGURE),
        )


class RestorePage(GoalAsk):
    title = gettext_lazy("Restore")
    button = gettext_lazy("Restore as a new version")

    def question(self) -> str:
        selectors.version(
            account_id=self.account_id, goal_id=self.kwargs["goal_id"], number=self.kwargs["number"]
        )
        return _(
            "What version %(number)d said becomes the newest version, from now on."
            " Whether the goal is active and its dates stay as they are."
        ) % {"number": self.kwargs["number"]}

    def act(self, form: Any) -> HttpResponse:
        services.restore(**self.which(), number=self.kwargs["number"])
        say = _("Version %d is restored.") % self.kwargs["number"]
        return self.go("goal_history", self.kwargs["goal_id"], say=say)


paths: Paths = [
    ("goals/<id:goal_id>/history/", HistoryPage, "goal_history"),
    ("goals/<id:goal_id>/history/<id:number>/restore/", RestorePage, "goal_restore"),
]
