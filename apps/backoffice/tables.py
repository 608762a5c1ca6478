"""Lists: columns that can be ordered by, filters, and pages that count nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.db.models import F, QuerySet
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase

from apps.backoffice.forms import Form
from apps.backoffice.pages.base import Page

MAX_PAGE = 1000


@dataclass(frozen=True)
class Column:
    """A column: its key in the address, its heading, and the fields to order by (none: it cannot)."""

    key: str
    label: Any
    order: tuple[str, ...] = ()
    numeric: bool = False


@dataclass(frozen=True)
class Heading:
    """A column as shown: where a click leads and how it is ordered now."""

    label: Any
    href: str
    sorted: str  # "ascending", "descending" or ""
    numeric: bool


class TablePage(Page):
    """A list of one page's rows. One more row than shown is fetched instead of counting them."""

    columns: ClassVar[Sequence[Column]]
    filters: ClassVar[type[Form] | None] = None
    ordering: ClassVar[str] = ""  # key of the first order, with "-" for descending
    per_page: ClassVar[int] = 50

    def rows(self, wanted: dict[str, Any]) -> QuerySet:
        """The account's rows that the filters leave."""
        raise NotImplementedError

    def decorate(self, rows: list[Any]) -> list[Any]:
        """What the template shows of each row of this page."""
        return rows

    def extra(self) -> dict[str, Any]:
        """What the template needs beside the rows."""
        return {}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form = self.filters(request.GET, here=self.here) if self.filters else None
        wanted = _wanted(form)
        page = _page_number(request.GET)
        start = (page - 1) * self.per_page
        order, by = self._order(request.GET)
        found = list(self.rows(wanted).order_by(*by)[start : start + self.per_page + 1])
        return self.show(
            rows=self.decorate(found[: self.per_page]),
            headings=[self._heading(column, order, request.GET) for column in self.columns],
            filters=form,
            filtered=any(value not in (None, "") for value in wanted.values()),
            before=address(request.GET, page=page - 1) if page > 1 else None,
            after=address(request.GET, page=page + 1) if len(found) > self.per_page else None,
            page=page,
            order=order,
            **self.extra(),
        )

    def _order(self, query: QueryDict) -> tuple[str, list[Any]]:
        known = {column.key: column.order for column in self.columns if column.order}
        order = query.get("o", "")
        if order.removeprefix("-") not in known:
            order = self.ordering
        descending = order.startswith("-")
        fields = known[order.removeprefix("-")]
        return order, [_directed(field, descending=descending) for field in (*fields, "pk")]

    def _heading(self, column: Column, order: str, query: QueryDict) -> Heading:
        key = order.removeprefix("-")
        direction = ("descending" if order.startswith("-") else "ascending") if key == column.key else ""
        turned = f"-{column.key}" if direction == "ascending" else column.key
        return Heading(
            label=column.label,
            href=address(query, o=turned, page=None) if column.order else "",
            sorted=direction,
            numeric=column.numeric,
        )


def _directed(field: str, *, descending: bool) -> Any:
    return F(field).desc(nulls_last=True) if descending else F(field).asc(nulls_last=True)


def _wanted(form: Form | None) -> dict[str, Any]:
    """What the filters say; a filter that makes no sense is left out (its error is shown)."""
    if form is None:
        return {}
    form.is_valid()
    return dict(form.cleaned_data)


def _page_number(query: QueryDict) -> int:
    text = query.get("page", "1")
    return min(int(text), MAX_PAGE) if text.isascii() and text.isdigit() and int(text) else 1


def address(query: QueryDict, **changes: Any) -> str:
    """The page's address with these parameters changed; None takes one away."""
    kept = {key: query[key] for key in query if query[key]}
    kept.update({key: str(value) for key, value in changes.items() if value is not None})
    for key, value in changes.items():
        if value is None:
            kept.pop(key, None)
    return "?" + urlencode(kept)


@dataclass(frozen=True)
class RowAction:
    """An entry of a row's menu: a link to a page, or to a question shown as a dialog."""

    title: Any
    href: str
    dialog: bool = True
    danger: bool = False
