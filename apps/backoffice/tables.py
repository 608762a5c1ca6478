"""Lists: columns that can be ordered by, filters, and pages that count nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase

from apps.backoffice.forms import Form
from apps.backoffice.pages.base import Page
from apps.backoffice.paging import Order, first_page, paged


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
    """A list of one page's rows (backoffice/paging.py). One more row than shown is fetched instead of counting them."""

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
        order = self._order(request.GET)
        page = paged(self.rows(wanted), order=order, query=request.GET, size=self.per_page)
        return self.show(
            rows=self.decorate(page.rows),
            headings=[self._heading(column, order.key, request.GET) for column in self.columns],
            filters=form,
            filtered=page.inside or any(value not in (None, "") for value in wanted.values()),
            before=page.before,
            after=page.after,
            order=order.key,
            **self.extra(),
        )

    def _order(self, query: QueryDict) -> Order:
        known = {column.key: column.order for column in self.columns if column.order}
        order = query.get("o", "")
        if order.removeprefix("-") not in known:
            order = self.ordering
        fields = known[order.removeprefix("-")]
        return Order(order, (*fields, *({"pk"} - {*fields})), descending=order.startswith("-"))

    def _heading(self, column: Column, order: str, query: QueryDict) -> Heading:
        key = order.removeprefix("-")
        direction = ("descending" if order.startswith("-") else "ascending") if key == column.key else ""
        turned = f"-{column.key}" if direction == "ascending" else column.key
        return Heading(
            label=column.label,
            href=first_page(query, o=turned) if column.order else "",
            sorted=direction,
            numeric=column.numeric,
        )


def _wanted(form: Form | None) -> dict[str, Any]:
    """What the filters say; a filter that makes no sense is left out (its error is shown)."""
    if form is None:
        return {}
    form.is_valid()
    return dict(form.cleaned_data)


@dataclass(frozen=True)
class RowAction:
    """An entry of a row's menu: a link to a page, or to a question shown as a dialog."""

    title: Any
    href: str
    dialog: bool = True
    danger: bool = False
