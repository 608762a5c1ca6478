"""Filters of lists: named fields over indexed columns; a parameter that no filter knows is refused."""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from django_filters import CharFilter, ChoiceFilter
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.request import Request
from rest_framework.serializers import Serializer

from apps.api.instants import instant
from apps.api.problems import BadParameters, Named
from apps.core.errors import Problem
from apps.people import selectors as people

__all__ = [
    "CharFilter",
    "ChoiceFilter",
    "Filters",
    "InstantFilter",
    "NamedFilter",
    "NumberFilter",
    "NumberedFilter",
    "PersonFilter",
    "YesNoFilter",
    "answered",
    "check",
    "check_parameters",
    "filterset",
    "period",
    "unknown",
]

Rows = Callable[[int], QuerySet[Any]]
"""The rows of an account, by its number, among which a filter's name must be."""
MOST = 10**18 - 1
"""The largest number that a filter takes: 18 digits."""
PAGING = frozenset({"limit", "cursor"})


class InstantField(forms.CharField):
    """An ISO 8601 instant with an offset."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        # A plus sign that was not escaped arrives as a space.
        head, space, tail = text.rpartition(" ")
        if space and "T" in head and tail[:1].isdigit():
            text = f"{head}+{tail}"
        found = instant(text)
        if found is None:
            raise ValidationError(
                _("Write an instant with its offset, such as 2026-11-21T09:30:00Z."), "invalid"
            )
        return found


class InstantFilter(django_filters.Filter):
    field_class = InstantField


class YesNoField(forms.CharField):
    """true or false."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        if text not in {"true", "false"}:
            raise ValidationError(_("Write true or false."), "invalid")
        return text == "true"


class YesNoFilter(django_filters.Filter):
    field_class = YesNoField


class NumberField(forms.CharField):
    """A whole number that fits a column."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= len(str(MOST))):
            raise ValidationError(_("Write a whole number."), "invalid")
        return int(text)


class NumberFilter(django_filters.Filter):
    field_class = NumberField


class NamedFilter(CharFilter):
    """A filter by a name of the account. One that the account does not have is a 404 that says so."""

    def __init__(self, rows: Rows, column: str, **options: Any) -> None:
        super().__init__(max_length=255, **options)
        self.rows, self.column = rows, column

    def filter(self, qs: QuerySet[Any], value: str | None) -> QuerySet[Any]:
        if not value:
            return qs
        named = self.rows(self.parent.account_id).filter(**{self.column: value})
        ids = list(named.values_list("pk", flat=True))
        if not ids:
            raise unknown(str(self.label), value)
        return qs.filter(**{f"{self.field_name}__in": ids})


class NumberedFilter(NumberFilter):
    """A filter by a number of the account. One that the account does not have is a 404 that says so."""

    def __init__(self, rows: Rows, **options: Any) -> None:
        super().__init__(**options)
        self.rows = rows

    def filter(self, qs: QuerySet[Any], value: int | None) -> QuerySet[Any]:
        if value is None:
            return qs
        self.check(value)
        return qs.filter(**{self.field_name: value})

    def check(self, value: int) -> None:
        """Refuse a number that the account does not have."""
        if not self.rows(self.parent.account_id).filter(pk=value).exists():
            raise unknown(str(self.label), value)


class PersonFilter(NumberFilter):
    """A filter by a person's number. An old number, of somebody who was merged into another, asks for that one."""

    def filter(self, qs: QuerySet[Any], value: int | None) -> QuerySet[Any]:
        if value is None:
            return qs
        person = people.owner_of(account_id=self.parent.account_id, person_id=value)
        if person is None:
            raise unknown(str(self.label), value)
        return self.of(qs, person)

    def of(self, qs: QuerySet[Any], person: int) -> QuerySet[Any]:
        """The rows of whoever the number means now."""
        return qs.filter(**{self.field_name: person})


def unknown(what: str, value: str | int) -> Named:
    """A 404 that says what the account has not."""
    detail = _("There is no %(what)s %(name)s.") % {"what": what, "name": str(value)[:100]}
    return Named(Problem(what, "unknown", detail))


class InAccount(django_filters.FilterSet):
    """Knows the account in which names are looked up."""

    def __init__(self, *arguments: Any, account_id: int = 0, **options: Any) -> None:
        self.account_id = account_id
        super().__init__(*arguments, **options)


def filterset(
    model: type[Model], filters: Mapping[str, django_filters.Filter]
) -> type[django_filters.FilterSet]:
    """A filter set of these named filters and no others; by a function because `from` is a word of Python's."""
    meta = type("Meta", (), {"model": model, "fields": ()})
    name = f"{model.__name__}Filter"
    made: type[django_filters.FilterSet] = type(django_filters.FilterSet)(
        name, (InAccount,), {**filters, "Meta": meta}
    )
    return made


def period(column: str) -> dict[str, django_filters.Filter]:
    """`from` inclusive, `to` exclusive."""
    return {
        "from": InstantFilter(field_name=column, lookup_expr="gte"),
        "to": InstantFilter(field_name=column, lookup_expr="lt"),
    }


class Filters(DjangoFilterBackend):
    """Problems name the parameter; names are looked up in the account of the request."""

    def get_filterset_kwargs(self, request: Request, queryset: QuerySet[Any], view: Any) -> dict[str, Any]:
        options: dict[str, Any] = super().get_filterset_kwargs(request, queryset, view)
        return {**options, "account_id": view.account_id}

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        filterset: Any = self.get_filterset(request, queryset, view)
        if filterset is None:
            check_parameters(request, PAGING)
            return queryset
        check(request, filterset)
        found: QuerySet[Any] = filterset.qs
        return found


def check(request: Request, filterset: Any) -> dict[str, Any]:
    """What the parameters of a list say; refused by name where one of them cannot be used."""
    check_parameters(request, PAGING | set(filterset.filters))
    if not filterset.is_valid():
        raise BadParameters(
            *(
                Problem(name, error.code or "invalid", " ".join(error.messages))
                for name, errors in filterset.errors.as_data().items()
                for error in errors
            )
        )
    said: dict[str, Any] = filterset.form.cleaned_data
    return said


def answered(request: Request, question: type[Serializer[Any]], *, paged: bool = False) -> dict[str, Any]:
    """What the parameters of a report say, by a serializer with a field for each of them."""
    asked = question(data=request.query_params.dict())
    check_parameters(request, set(asked.fields) | (PAGING if paged else frozenset()))
    if paged:
        asked.initial_data = {name: value for name, value in asked.initial_data.items() if name not in PAGING}
    asked.is_valid(raise_exception=True)
    values: dict[str, Any] = asked.validated_data
    return values


def check_parameters(request: Request, known: AbstractSet[str]) -> None:
    """Refuse what nobody knows (a misspelt filter would show everything), what says nothing, and what is said twice."""
    problems = []
    for name, values in sorted(request.query_params.lists()):
        if name not in known:
            listed = ", ".join(sorted(known - PAGING)) or _("none")
            detail = _("There is no such parameter; known are: %(known)s.") % {"known": listed}
            problems.append(Problem(name[:100], "unknown", detail))
        elif len(values) > 1:
            problems.append(Problem(name, "repeated", _("Name this parameter once.")))
        elif not values[0].strip():
            problems.append(Problem(name, "blank", _("Give this parameter a value, or leave it out.")))
    if problems:
        raise BadParameters(*problems[:20])
