"""chat-goals/: what conversations of a channel are to lead to; reports/chat-goals/: how often they did."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema

from apps.accounts.models import Agent
from apps.accounts.roles import May
from apps.api.base import Listed, Request, Resource, Response, one
from apps.api.filters import NamedFilter, answered, filterset, unknown
from apps.api.idempotency import repeatable
from apps.api.problems import Named
from apps.api.resources.chat_goal_shapes import (
    ChatGoalShape,
    ChatVersionShape,
    InquiriesQuestion,
    InquiryShape,
    RatesQuestion,
    RatesShape,
    shown_inquiries,
)
from apps.conversations.models import Channel
from apps.conversions.models import Inquiry
from apps.core import clock
from apps.core.errors import Problem
from apps.core.locks import Lock, take
from apps.goals import chat_selectors, services
from apps.goals.chat_drafts import ChatGoalDraft
from apps.goals.drafts import ConditionDraft
from apps.goals.models import ChatGoal, ChatGoalVersion
from apps.reports import chats as reports

ChatGoalFilter = filterset(
    ChatGoal,
    {
        "channel": NamedFilter(
            lambda a: Channel.objects.filter(account_id=a),
            "external_id",
            field_name="channel_id",
            label="channel",
        )
    },
)


class ChatGoals(Listed):
    see, do = May.SEE_RESULTS, May.CONFIGURE
    serializer_class = ChatGoalShape
    filterset_class = ChatGoalFilter
    model = ChatGoal

    def rows(self) -> QuerySet[ChatGoal]:
        return chat_selectors.chat_goals(account_id=self.account_id)

    def retrieve(self, request: Request, number: int) -> Response:
        return self.shown(one(self.rows(), pk=number))

    @repeatable
    def create(self, request: Request) -> Response:
        """Make a channel's chat goal, tracked from now on."""
        return self._saved(self.taken(), None, 201)

    @extend_schema(request=ChatGoalShape(partial=True))
    def partial_update(self, request: Request, number: int) -> Response:
        """Change condition or days as of now: a new version. What changes neither changes nothing."""
        with self.editing(pk=number):
            return self._saved(self._kept(one(self.rows(), pk=number)) | self.taken(partial=True), number)

    def hold(self, **named: Any) -> None:
        take(Lock.GOALS, self.account_id)

    def _kept(self, goal: ChatGoal) -> dict[str, Any]:
        """What a change of some fields leaves as it is."""
        said = chat_selectors.draft_of(goal)
        return {
            "channel": goal.channel.external_id,
            "condition": {
                "category": said.condition.category,
                "operator": said.condition.operator,
                "value": said.condition.value,
            },
            "frame_days": said.frame_days,
        }

    def destroy(self, request: Request, number: int) -> Response:
        """Delete the goal with every state that it gave; cannot be undone."""
        with self.editing(pk=number):
            services.delete_chat_goal(account_id=self.account_id, user_id=self.user_id, goal_id=number)
        return Response(status=204)

    def _saved(self, values: dict[str, Any], number: int | None, status: int = 200) -> Response:
        draft = ChatGoalDraft(
            _channel(self.account_id, values["channel"]),
            ConditionDraft(**values["condition"]),
            values["frame_days"],
        )
        goal = services.save_chat_goal(
            account_id=self.account_id, user_id=self.user_id, draft=draft, goal_id=number
        )
        return self.shown(goal, status)


def _channel(account_id: int, name: str) -> int:
    found = (
        Channel.objects.filter(account_id=account_id, external_id=name).values_list("pk", flat=True).first()
    )
    if found is None:
        detail = _("There is no channel %(name)s.") % {"name": name[:100]}
        raise Named(Problem("channel", "unknown_channel", detail))
    return found


class ChatVersions(Listed):
    """A chat goal's versions, newest first."""

    see = do = May.SEE_RESULTS
    serializer_class = ChatVersionShape
    ordering = ("-number",)
    model = ChatGoalVersion

    def rows(self) -> QuerySet[ChatGoalVersion]:
        return chat_selectors.chat_versions(account_id=self.account_id, goal_id=self.kwargs["number"])


class _OfPeriod(Resource):
    """What both reports ask for."""

    see = do = May.SEE_RESULTS
    asks = frozenset({"list", "retrieve"})
    filterset_class = None

    def asked(self, shape: type[InquiriesQuestion]) -> dict[str, Any]:
        """The parameters, checked; names looked up in the account."""
        values = answered(self.request, shape, paged=self.action == "list")
        first, last = reports.shown_days(account_id=self.account_id, last_day=values.get("to"))
        wanted = {"first_day": values.get("from") or first, "last_day": last}
        if name := values.get("channel"):
            wanted["channel_id"] = _channel(self.account_id, name)
        if name := values.get("agent"):
            wanted["agent_id"] = 0 if name == "nobody" else self._agent(name)
        return wanted | ({"by": values["by"]} if "by" in values else {})

    def _agent(self, name: str) -> int:
        agents = Agent.objects.filter(account_id=self.account_id, external_id=name)
        found = agents.values_list("pk", flat=True).first()
        if found is None:
            raise unknown("agent", name)
        return found


class ChatRates(_OfPeriod):
    serializer_class = RatesShape

    @extend_schema(parameters=[RatesQuestion], responses=RatesShape)
    def retrieve(self, request: Request) -> Response:
        """Achievement rates of the inquiries that ended in a period, by member, date or channel, as of now."""
        rates = reports.chat_rates(account_id=self.account_id, **self.asked(RatesQuestion))
        return Response(RatesShape(rates, context={"account_id": self.account_id}).data)


class EndedInquiries(_OfPeriod, Listed):
    """The inquiries behind the rates, the latest ended first."""

    serializer_class = InquiryShape
    ordering = ("-ended_at", "-conversation_id", "-number")
    model = Inquiry

    @extend_schema(parameters=[InquiriesQuestion], filters=False)
    def list(self, request: Request) -> Response:
        rows = reports.ended_inquiries(
            account_id=self.account_id, now=clock.now(), **self.asked(InquiriesQuestion)
        )
        page = self.paginate_queryset(rows)
        assert page is not None
        shown = shown_inquiries(self.account_id, page)
        return self.get_paginated_response(InquiryShape(shown, many=True).data)
