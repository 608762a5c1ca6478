"""conversations/ and their timelines: what a member may see in the workspace, they may read here."""

from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema

from apps.accounts.models import Agent
from apps.accounts.roles import May
from apps.api.base import Listed, Request, Response
from apps.api.filters import (
    PAGING,
    CharFilter,
    ChoiceFilter,
    InstantFilter,
    YesNoFilter,
    check,
    check_parameters,
    filterset,
    period,
    unknown,
)
from apps.api.resources import conversation_shapes as shapes
from apps.conversations.models import Channel, Conversation
from apps.conversions.models import ChatStates
from apps.core import clock
from apps.workspace import selectors
from apps.workspace.selectors import Sight, Span, Wanted

ConversationFilter = filterset(
    Conversation,
    {
        **period("last_at"),
        "whose": ChoiceFilter(choices=[("mine", "mine"), ("groups", "groups"), ("all", "all")]),
        "chat_goal": ChoiceFilter(
            choices=[(one.name.lower(), one.label) for one in ChatStates], field_name="status"
        ),
        "agent": CharFilter(max_length=255),
        "channel": CharFilter(max_length=255),
        "ticket": CharFilter(max_length=255),
        "unanswered": YesNoFilter(field_name="person_said_at"),  # the field only says what it is about
        "reached": YesNoFilter(field_name="last_at"),
        "updated_since": InstantFilter(field_name="changed_at", lookup_expr="gte"),
    },
)


class Conversations(Listed):
    see = do = May.SEE_CONVERSATIONS
    serializer_class = shapes.ConversationShape
    filterset_class = ConversationFilter
    asks = frozenset({"list", "timeline"})
    ordering = ("-last_at", "-id")
    model = Conversation

    def _sight(self) -> Sight:
        return selectors.sight_of(here=self.here)

    def list(self, request: Request) -> Response:
        """Conversations, the latest activity first; agents get those ever assigned to them or to their groups.

        With `updated_since` the earliest change comes first, so that a program misses nothing: one that changes meanwhile
        comes again at the end. With a filter a page may hold fewer rows than its limit, even none: follow `next` until it
        is null.
        """
        pager: Any = self.paginator
        limit, key = pager.begin(request)
        filters: Any = self.filterset_class(request.query_params, Conversation.objects.none())
        said = check(request, filters)
        asked = {"sight": self._sight(), "wanted": self._wanted(said), "after": _place(key), "limit": limit}
        since = said["updated_since"]
        page = selectors.changed_page(**asked, since=since) if since else selectors.page(**asked)
        rows = selectors.rows(account_id=self.account_id, conversations=page.rows)
        shown = self.get_serializer([shapes.conversation(row) for row in rows], many=True).data
        ends = [str(clock.to_us(page.after[0])), str(page.after[1])] if page.after else None
        answer: Response = pager.end(shown, ends)
        return answer

    def _wanted(self, said: dict[str, Any]) -> Wanted:
        return Wanted(
            whose=said["whose"] or "all",
            state=ChatStates[said["chat_goal"].upper()] if said["chat_goal"] else None,
            reached=bool(said["reached"]),
            unanswered=bool(said["unanswered"]),
            agent_id=self._named(Agent, "agent", said["agent"]),
            channel_id=self._named(Channel, "channel", said["channel"]),
            ticket=said["ticket"],
            since=said["from"],
            until=said["to"],
        )

    def _named(self, model: Any, what: str, name: str) -> int | None:
        """The number of what a filter names by external id."""
        if not name:
            return None
        found = model.objects.filter(account_id=self.account_id, external_id=name).values_list(
            "pk", flat=True
        )
        number: int | None = found.first()
        if number is None:
            raise unknown(what, name)
        return number

    def retrieve(self, request: Request, number: int) -> Response:
        """One conversation."""
        found = selectors.conversation(sight=self._sight(), number=number)
        [row] = selectors.rows(account_id=self.account_id, conversations=[found])
        return self.shown(shapes.conversation(row))

    @extend_schema(responses=shapes.ItemShape(many=True), filters=False)
    def timeline(self, request: Request, number: int) -> Response:
        """What was said and done, the person's page views and goals with the reason for every credit, newest first."""
        pager: Any = self.paginator
        limit, key = pager.begin(request)
        check_parameters(request, PAGING)
        sight = self._sight()
        found = selectors.conversation(sight=sight, number=number)
        span = Span(limit, before=selectors.read_key(key[0]) if key else None)
        history = selectors.read(conversation=found, span=span)
        items = selectors.tell(sight=sight, conversation=found, history=history)
        shown = [shapes.item(one) for one in reversed(items)]
        answer: Response = pager.end(shown, [str(history.earlier)] if history.earlier else None)
        return answer


def _place(key: list[Any] | None) -> tuple[datetime, int] | None:
    return None if key is None else (clock.from_us(int(key[0])), int(key[1]))
