"""Why a reach was credited, not credited or dropped, in words."""

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from apps.backoffice.pages.base import Page, Paths
from apps.conversions import selectors
from apps.conversions.models import Conversion

OUTCOMES = {outcome.name.lower(): outcome for outcome in Conversion.Outcome}
BADGES = {"credited": "good", "uncredited": "warn"}


class ExplanationPage(Page):
    template_name = "backoffice/explanation.html"

    def get(self, request: HttpRequest, conversion_id: str) -> HttpResponseBase:
        said = selectors.explain(account_id=self.account_id, conversion_id=conversion_id)
        return self.show(
            title=_("Why? %s") % said.goal,
            said=said,
            outcome=OUTCOMES[said.outcome].label,
            badge=BADGES.get(said.outcome, ""),
            corrections=[
                {"at": one.at, "why": one.why, "changes": _changes(one.before, one.after)}
                for one in said.corrections
            ],
        )


def _changes(before: dict[str, Any], after: dict[str, Any] | None) -> list[tuple[str, Any, Any]]:
    """`(field, before, after)` of what differs; a result that is gone has nothing after."""
    now = after or {}
    fields = [field for field in {**before, **now} if before.get(field) != now.get(field)]
    return [(field, before.get(field), now.get(field)) for field in fields]


paths: Paths = [("conversions/<str:conversion_id>/", ExplanationPage, "explanation")]
