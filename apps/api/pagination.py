"""Growing lists are paged by cursor: no counting, no drifting pages, one index range a page."""

from collections.abc import Sequence
from typing import Any

from django.core import signing
from django.db.models import Q
from django.utils.translation import gettext as _
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from apps.api.problems import BadParameters
from apps.core.errors import Problem

MAX_LIMIT = 1000


class Cursor(BasePagination):
    """`{"results", "next"}`; `limit` 1 to 1000. A view's `ordering` is a unique key, with "-" for downwards.

    A cursor is the last row's key, signed together with the list's address: it can be neither made up nor
    used on another list.
    """

    cursor_param = "cursor"
    limit_param = "limit"
    default_limit = 100

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.request = request
        self.ordering: Sequence[str] = view.ordering
        limit = self._limit(request)
        queryset = queryset.order_by(*self.ordering)
        if cursor := request.query_params.get(self.cursor_param):
            queryset = queryset.filter(_after(self.ordering, self._read(cursor)))
        found = list(queryset[: limit + 1])
        self.ends = self._key_of(found[limit - 1]) if len(found) > limit else None
        return found[:limit]

    def begin(self, request: Request) -> tuple[int, list[Any] | None]:
        """For a list that a selector pages: how many rows, and behind which key."""
        self.request = request
        cursor = request.query_params.get(self.cursor_param)
        return self._limit(request), self._read(cursor) if cursor else None

    def end(self, rows: Any, key: list[Any] | None) -> Response:
        """The answer of such a list; `key`: of the last row, if there is more."""
        self.ends = key
        return self.get_paginated_response(rows)

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"results": data, "next": self._next()})

    def _limit(self, request: Request) -> int:
        text = request.query_params.get(self.limit_param, str(self.default_limit))
        if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= MAX_LIMIT):
            detail = _("limit is a whole number from 1 to 1000.")
            raise BadParameters(Problem(self.limit_param, "invalid", detail))
        return int(text)

    def _read(self, cursor: str) -> list[Any]:
        try:
            key: list[Any] = signing.loads(cursor, salt=f"cursor {self.request.path}")
        except signing.BadSignature:
            detail = _("This is no cursor of this list; take it from next.")
            raise BadParameters(Problem(self.cursor_param, "invalid", detail)) from None
        return key

    def _key_of(self, row: Any) -> list[str]:
        fields = row._meta.get_field
        return [fields(name.removeprefix("-")).value_to_string(row) for name in self.ordering]

    def _next(self) -> str | None:
        if self.ends is None:
            return None
        cursor = signing.dumps(self.ends, salt=f"cursor {self.request.path}")
        return replace_query_param(self.request.build_absolute_uri(), self.cursor_param, cursor)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        following = {"type": ["string", "null"], "format": "uri", "description": "Address of the next page."}
        properties = {"results": schema, "next": following}
        return {"type": "object", "required": ["results", "next"], "properties": properties}

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        limit = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": self.default_limit}
        return [
            {"name": self.limit_param, "in": "query", "required": False, "schema": limit},
            {"name": self.cursor_param, "in": "query", "required": False, "schema": {"type": "string"}},
        ]


def _after(ordering: Sequence[str], key: Sequence[Any]) -> Q:
    """Rows that come after `key`; the bound on the first column lets an index begin there."""
    after = Q()
    equal = Q()
    for name, value in zip(ordering, key, strict=True):
        column = name.removeprefix("-")
        beyond = "lt" if name.startswith("-") else "gt"
        after |= equal & Q(**{f"{column}__{beyond}": value})
        equal &= Q(**{column: value})
    first = ordering[0]
    return Q(**{f"{first.removeprefix('-')}__{'lte' if first.startswith('-') else 'gte'}": key[0]}) & after
