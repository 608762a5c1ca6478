"""What a goal's row menu does; each a question with a button, each one service."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.accounts.roles import May
from apps.backoffice.pages.base import AskPage, Paths
from apps.conversions import selectors as conversions
from apps.goals import selectors, services
from apps.goals.models import GoalVersion


class GoalAsk(AskPage):
    """A question about one goal of the account."""

    does = May.CONFIGURE
    back = "goals"

    def version(self) -> GoalVersion:
        """What the goal says now."""
        goal = selectors.goal(account_id=self.account_id, goal_id=self.kwargs["goal_id"])
        return selectors.current(goal)

    def extra(self) -> dict[str, Any]:
        return {**super().extra(), "title": f"{self.title}: {self.version().name}"}

    def which(self) -> dict[str, int]:
        """The arguments that every goal's service takes."""
        return {
            "account_id": self.account_id,
            "user_id": self.here.user.pk,
            "goal_id": self.kwargs["goal_id"],
        }


class ActivatePage(GoalAsk):
    title = gettext_lazy("Activate")
    button = gettext_lazy("Activate")

    def question(self) -> str:
        version = self.version()
        today = self.here.today
        return _("Page views from %(start)s on will be tracked (time zone %(zone)s).") % {
            "start": max(version.start_date or today, today),
            "zone": self.here.account.timezone,
        }

    def act(self, form: Any) -> HttpResponse:
        version = selectors.current(services.activate(**self.which()))
        shown = selectors.status_of(version=version, today=self.here.today)
        if shown.code == "ended":
            say = _(
                "%s is active, but its end date has passed: it takes one of the 15 places and tracks nothing."
            )
            return self.go("goals", say=say % version.name, level=messages.WARNING)
        return self.go("goals", say=_("%s is active.") % version.name)


class DeactivatePage(GoalAsk):
    title = gettext_lazy("Deactivate")
    button = gettext_lazy("Deactivate")

    def question(self) -> str:
        return _("Tracking stops now. What has been collected stays.")

    def act(self, form: Any) -> HttpResponse:
        goal = services.deactivate(**self.which())
        return self.go("goals", say=_("%s is inactive.") % selectors.current(goal).name)


class DuplicatePage(GoalAsk):
    title = gettext_lazy("Duplicate")
    button = gettext_lazy("Duplicate")

    def question(self) -> str:
        return _("The copy is inactive and has no dates.")

    def act(self, form: Any) -> HttpResponse:
        goal = services.duplicate(**self.which())
        return self.go("goal", goal.pk, say=_("This is the copy."))


class DeletePage(GoalAsk):
    title = gettext_lazy("Delete")
    button = gettext_lazy("Delete for good")
    danger = True

    def question(self) -> str:
        self.version()
        count = conversions.credited(account_id=self.account_id, goal_id=self.kwargs["goal_id"]).count()
        going = ngettext(
            "%(count)d credited conversion goes with it.", "%(count)d credited conversions go with it.", count
        ) % {"count": count}
        return _("This cannot be undone.") + " " + going

    def act(self, form: Any) -> HttpResponse:
        name = self.version().name
        services.delete(**self.which())
        return self.go("goals", say=_("%s is deleted.") % name)


paths: Paths = [
    ("goals/<id:goal_id>/activate/", ActivatePage, "goal_activate"),
    ("goals/<id:goal_id>/deactivate/", DeactivatePage, "goal_deactivate"),
    ("goals/<id:goal_id>/duplicate/", DuplicatePage, "goal_duplicate"),
    ("goals/<id:goal_id>/delete/", DeletePage, "goal_delete"),
]
