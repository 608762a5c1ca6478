"""conversions/: what was credited to whom, what stayed uncredited, and why."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema

from apps.accounts.models import Agent, Group
from apps.accounts.roles import May
from apps.api.base import Listed, Request, Response
from apps.api.filters import CharFilter, Filters, NumberFilter, YesNoFilter, filterset, period
from apps.api.problems import Named
from apps.api.resources.conversion_shapes import ConversionShape, ExplanationShape, Names, shown
from apps.conversations.models import Conversation
from apps.conversions import selectors
from apps.conversions.models import Conversion
from apps.core.errors import Problem
from apps.counters import selectors as counters
from apps.goals import selectors as goals


class _Named(CharFilter):
    """A filter by a name of the account; one that does not exist is a 404 that says so."""

    def __init__(self, model: Any, column: str, **options: Any) -> None:
        super().__init__(max_length=255, **options)
        self.model_named, self.column = model, column

    def filter(self, qs: QuerySet[Any], value: str | None) -> QuerySet[Any]:
        if not value:
            return qs
        account_id = self.parent.account_id
        ids = list(
            self.model_named.objects.filter(account_id=account_id, **{self.column: value}).values_list(
                "pk", flat=True
            )
        )
        return qs.filter(**{f"{self.field_name}__in": ids or self._unknown(value)})

    def _unknown(self, value: str) -> list[int]:
        detail = _("There is no %(what)s %(name)s.")
        names = {"what": self.model_named._meta.verbose_name, "name": value[:100]}
        raise Named(Problem(str(self.label), "unknown", detail % names), parameter=True)


class _Numbered(NumberFilter):
    """A filter by a number of the account; one that does not exist is a 404 that says so."""

    def __init__(self, rows: Any, **options: Any) -> None:
        super().__init__(**options)
        self.rows_of = rows

    def filter(self, qs: QuerySet[Any], value: int | None) -> QuerySet[Any]:
        if value is None:
            return qs
        if not self.rows_of(self.parent.account_id).filter(pk=value).exists():
            detail = _("There is no %(what)s %(name)s.") % {"what": self.label, "name": value}
            raise Named(Problem(str(self.label), "unknown", detail), parameter=True)
        return qs.filter(**{self.field_name: value})


class _Credited(YesNoFilter):
    """true: credited only; false: uncredited only."""

    def filter(self, qs: QuerySet[Any], value: bool | None) -> QuerySet[Any]:  # noqa: FBT001 - as its parent has it
        outcome = Conversion.Outcome
        return qs if value is None else qs.filter(outcome=outcome.CREDITED if value else outcome.UNCREDITED)


_ConversionFilter = filterset(
    Conversion,
    {
        **period("time"),
        "goal": _Numbered(
            lambda account: goals.goals(account_id=account), field_name="goal_id", label="goal"
        ),
        "counter": _Numbered(
            lambda account: counters.counters(account_id=account, archived=True),
            field_name="counter_id",
            label="counter",
        ),
        "agent": _Named(Agent, "external_id", field_name="agent_id", label="agent"),
        "group": _Named(Group, "external_id", field_name="group_id", label="group"),
        "conversation": _Named(Conversation, "ticket", field_name="conversation_id", label="conversation"),
        "credited": _Credited(field_name="outcome"),
    },
)


class ConversionFilter(_ConversionFilter):  # type: ignore[misc, valid-type]
    """Knows the account in which names are looked up."""

    def __init__(self, *arguments: Any, account_id: int = 0, **options: Any) -> None:
        self.account_id = account_id
        super().__init__(*arguments, **options)


class InAccount(Filters):
    """Tells the filters which account they are in."""

    def get_filterset_kwargs(self, request: Any, queryset: QuerySet[Any], view: Any) -> dict[str, Any]:
        options: dict[str, Any] = super().get_filterset_kwargs(request, queryset, view)
        return {**options, "account_id": view.account_id}


class Conversions(Listed):
    see = do = May.SEE_RESULTS
    serializer_class = ConversionShape
    filterset_class: type[django_filters.FilterSet] = ConversionFilter
    filter_backends = (InAccount,)
    ordering = ("-time", "-goal_id", "-counter_id", "-hit_id")
    model = Conversion

    def rows(self) -> QuerySet[Conversion]:
        """Credited and uncredited; what a counting rule dropped is no conversion."""
        counted = (Conversion.Outcome.CREDITED, Conversion.Outcome.UNCREDITED)
        return selectors.conversions(account_id=self.account_id).filter(outcome__in=counted)

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
