"""conversions/: what was credited to whom, what stayed uncredited, and why."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema

from apps.accounts import selectors as accounts
from apps.accounts.models import Agent
from apps.accounts.roles import May
from apps.api.base import Listed, Request, Response
from apps.api.filters import NamedFilter, NumberedFilter, PersonFilter, YesNoFilter, filterset, period
from apps.api.resources.conversion_shapes import ConversionShape, ExplanationShape, Names, shown
from apps.conversations.models import Conversation
from apps.conversions import selectors
from apps.conversions.models import Conversion
from apps.counters import selectors as counters
from apps.goals import selectors as goals


class _Credited(YesNoFilter):
    """true: credited only; false: uncredited only."""

    def filter(self, qs: QuerySet[Conversion], value: bool | None) -> QuerySet[Conversion]:  # noqa: FBT001 - as its parent has it
        outcome = Conversion.Outcome
        return qs if value is None else qs.filter(outcome=outcome.CREDITED if value else outcome.UNCREDITED)


class _Person(PersonFilter):
    """The results of one person's hits."""

    def of(self, qs: QuerySet[Conversion], person: int) -> QuerySet[Conversion]:
        return selectors.of_person(rows=qs, account_id=self.parent.account_id, person_id=person)


ConversionFilter = filterset(
    Conversion,
    {
        **period("time"),
        "goal": NumberedFilter(lambda a: goals.goals(account_id=a), field_name="goal_id", label="goal"),
        "counter": NumberedFilter(
            lambda a: counters.counters(account_id=a, archived=True), field_name="counter_id", label="counter"
        ),
        "agent": NamedFilter(
            lambda a: Agent.objects.filter(account_id=a), "external_id", field_name="agent_id", label="agent"
        ),
        "group": NamedFilter(
            lambda a: accounts.groups(account_id=a), "external_id", field_name="group_id", label="group"
        ),
        "conversation": NamedFilter(
            lambda a: Conversation.objects.filter(account_id=a),
            "ticket",
            field_name="conversation_id",
            label="conversation",
        ),
        "person": _Person(field_name="person_id", label="person"),
        "credited": _Credited(field_name="outcome"),
    },
)


class Conversions(Listed):
    see = do = May.SEE_RESULTS
    serializer_class = ConversionShape
    filterset_class = ConversionFilter
    ordering = ("-time", "-goal_id", "-counter_id", "-hit_id")
    model = Conversion

    def rows(self) -> QuerySet[Conversion]:
        """Credited and uncredited; what a counting rule dropped is no conversion."""
        return selectors.counted(account_id=self.account_id)

    def list(self, request: Request) -> Response:
        """Conversions, newest first; uncredited ones too unless `credited` says."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        assert page is not None
        names = Names.of(self.account_id, page)
        rows = [shown(one, names) for one in page]
        return self.get_paginated_response(ConversionShape(rows, many=True).data)

    @extend_schema(responses=ExplanationShape, filters=False)
    def explanation(self, request: Request, key: str) -> Response:
        """Why a conversion was credited or not: candidates, rules, version; in words."""
        found = selectors.explain(account_id=self.account_id, conversion_id=key)
        return Response(ExplanationShape(found).data)
