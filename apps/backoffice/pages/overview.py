"""The first page: small and true."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts import selectors as accounts
from apps.accounts.roles import May
from apps.backoffice.pages.base import Page, Paths
from apps.conversations.models import Conversation
from apps.core import clock
from apps.counters import selectors as counters
from apps.goals import selectors as goals
from apps.goals.models import MAX_ACTIVE
from apps.hourly import selectors as hourly
from apps.reports import selectors as reports
from apps.visits.models import Hit


@dataclass(frozen=True)
class Step:
    """One thing that an account needs before it shows conversions."""

    words: str
    href: str
    done: bool


class OverviewPage(Page):
    title = gettext_lazy("Overview")
    template_name = "backoffice/overview.html"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        steps = self._steps() if self.here.may(May.CONFIGURE) else []
        return self.show(
            active=goals.active_count(account_id=self.account_id),
            most=MAX_ACTIVE,
            counts=self._counts(),
            complete_until=hourly.complete_until(account_id=self.account_id),
            steps=[] if all(step.done for step in steps) else steps,
        )

    def _counts(self) -> list[tuple[str, int, str]]:
        """In words, how many, and what `lately` asks for in the list of them."""
        score = reports.account_score(account_id=self.account_id, now=clock.now())
        return [
            (_("Today"), score.today.conversions, "today"),
            (_("7 days"), score.week.conversions, "7"),
            (_("30 days"), score.month.conversions, "30"),
        ]

    def _steps(self) -> list[Step]:
        mine: dict[str, Any] = {"account_id": self.account_id}
        counter = counters.counters(**mine).first()
        sending = reverse("admin:counter_tag", args=[counter.pk]) if counter else reverse("admin:counter_add")
        return [
            Step(_("Make a counter for your site"), reverse("admin:counter_add"), counter is not None),
            Step(_("Send it page views"), sending, Hit.objects.filter(**mine).exists()),
            Step(
                _("Make the groups of your agents"), reverse("admin:groups"), accounts.groups(**mine).exists()
            ),
            Step(
                _("Make an API token and send conversation events"), reverse("admin:tokens"), _chats(**mine)
            ),
            Step(_("Make a goal"), reverse("admin:goal_add"), goals.goals(**mine).exists()),
            Step(_("Let a run judge"), reverse("admin:runs"), hourly.complete_until(**mine) is not None),
        ]


def _chats(*, account_id: int) -> bool:
    return Conversation.objects.filter(account_id=account_id).exists()


paths: Paths = [("", OverviewPage, "index")]
