"""Growing lists are paged by cursor: no counting, no drifting pages."""

from rest_framework.pagination import CursorPagination


class Cursor(CursorPagination):
    """`{"results", "next"}`, newest first; `limit` 1 to 1000."""

    page_size_query_param = "limit"
    max_page_size = 1000
    ordering = "-pk"
