"""The list of conversations with its filters, and the own score above it."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Agent
from apps.conversions.models import ChatStates
from apps.core import clock
from apps.core.errors import NotThere
from apps.reports.selectors import agent_score
from apps.workspace import selectors
from apps.workspace.sight import Sight
from apps.workspace.views.base import Screen

AGENTS = 500
WHOSE = [("all", _("All I may see")), ("mine", _("Mine")), ("groups", _("My groups"))]


class ListFilters(forms.Form):
    q = forms.CharField(
        label=_("Ticket or name"), required=False, max_length=255, widget=forms.TextInput({"type": "search"})
    )
    whose = forms.ChoiceField(label=_("Whose"), choices=WHOSE, required=False)
    agent = forms.TypedChoiceField(label=_("Agent"), required=False, coerce=int, empty_value=None)
    state = forms.TypedChoiceField(
        label=_("Chat goal"),
        choices=[("", _("Any state")), *ChatStates.choices],
        required=False,
        coerce=lambda text: ChatStates(int(text)),
        empty_value=None,
    )
    reached = forms.BooleanField(label=_("Goal reached"), required=False)
    unanswered = forms.BooleanField(label=_("Unanswered"), required=False)

    def __init__(self, data: QueryDict, *, sight: Sight, tracked: bool) -> None:
        super().__init__(data, label_suffix="")
        if not tracked:  # the account tracks no chat goals: neither panel nor badge shows, nor is asked for
            del self.fields["state"]
        if not sight.holders:
            del self.fields["whose"]
        named = [(agent.pk, str(agent)) for agent in _agents(sight)]
        self.fields["agent"].choices = [("", _("Anybody")), *named]  # type: ignore[attr-defined]

    def wanted(self) -> selectors.Wanted:
        """What it asks for; what makes no sense is left out (its error is shown)."""
        self.is_valid()
        said = self.cleaned_data
        return selectors.Wanted(
            whose=said.get("whose") or "all",
            state=said.get("state"),
            reached=bool(said.get("reached")),
            unanswered=bool(said.get("unanswered")),
            agent_id=said.get("agent"),
            search=(said.get("q") or "").replace("\x00", ""),
        )


def _agents(sight: Sight) -> list[Agent]:
    """Whom the filter offers: to an agent the colleagues of their groups."""
    agents = Agent.objects.filter(account_id=sight.account_id, deleted_at=None)
    if not sight.everything:
        agents = agents.filter(pk__in=Agent.objects.filter(groups__in=sight.group_ids).values("pk"))
    return list(agents.order_by("name", "external_id")[:AGENTS])


class ListPage(Screen):
    template_name = "workspace/list.html"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        form = ListFilters(request.GET, sight=self.sight, tracked=self.here.account.chat_goals_tracked)
        wanted = form.wanted()
        after = _place(request.GET.get("after", ""))
        page = selectors.page(sight=self.sight, wanted=wanted, after=after)
        return self.show(
            filters=form,
            filtered=any(request.GET.get(name) for name in form.fields),
            rows=selectors.rows(account_id=self.account_id, conversations=page.rows),
            first=_address(request.GET, None) if after else None,
            after=_address(request.GET, page.after) if page.after else None,
            looked_until=page.looked_until,
            score=self._score(),
        )

    def _score(self) -> Any:
        if self.here.agent_id is None:
            return None
        return agent_score(account_id=self.account_id, agent_id=self.here.agent_id, now=clock.now())


def _place(text: str) -> tuple[datetime, int] | None:
    """The place in an address; NotThere for anything that is none."""
    if not text:
        return None
    us, _dot, number = text.partition(".")
    try:
        at, found = clock.from_us(int(us)), int(number)
    except (ValueError, OverflowError):
        raise NotThere from None
    if not (1900 < at.year < 9000 and 0 <= found < 2**63):
        raise NotThere
    return at, found


def _address(query: QueryDict, place: tuple[datetime, int] | None) -> str:
    kept = {key: query[key] for key in query if query[key] and key != "after"}
    if place is not None:
        kept["after"] = f"{clock.to_us(place[0])}.{place[1]}"
    return "?" + urlencode(kept)
