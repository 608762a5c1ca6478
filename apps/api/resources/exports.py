"""exports/: zipped CSVs that the caller asked for; the link to the file comes by mail."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from apps.accounts.roles import May
from apps.api import fields
from apps.api.base import Listed, Request, Response, one
from apps.api.filters import ChoiceFilter, NumberedFilter, filterset, period
from apps.api.idempotency import repeatable
from apps.api.problems import Named
from apps.api.resources.goal_shapes import Day
from apps.core.errors import NotThere, Problem
from apps.exports import selectors, services
from apps.exports.models import Export
from apps.goals import selectors as goals

ExportFilter = filterset(
    Export,
    {
        "goal": NumberedFilter(lambda a: goals.goals(account_id=a), field_name="goal_id", label="goal"),
        "state": ChoiceFilter(choices=Export.State.choices),
        **period("created_at"),
    },
)


class _ExportFields(fields.Shape):
    id = fields.Id(read_only=True)
    goal = fields.Id(source="goal_id")
    to = Day(source="last_day", help_text="Last day, inclusive, in the account's time zone.")
    state = fields.Choice(Export.State.choices, read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    finished_at = serializers.DateTimeField(read_only=True, allow_null=True)
    done = fields.Whole(read_only=True, help_text="Rows written.")
    total = fields.Whole(read_only=True, help_text="Rows to write.")
    complete_until = serializers.DateTimeField(read_only=True, allow_null=True)
    size = fields.Whole(read_only=True, help_text="Bytes of the file.")
    sha256 = fields.Text(read_only=True)
    expires_at = serializers.DateTimeField(read_only=True, allow_null=True)
    downloads = fields.Whole(read_only=True)
    error = fields.Text(read_only=True)


class ExportShape(_ExportFields):
    def get_fields(self) -> dict[str, Any]:
        """`from` is a word of Python's, so it is put in by name."""
        first = Day(source="first_day", help_text="First day, inclusive, in the account's time zone.")
        found: dict[str, Any] = super().get_fields()
        return {"id": found.pop("id"), "goal": found.pop("goal"), "from": first, **found}


class Exports(Listed):
    see = do = May.SEE_RESULTS
    serializer_class = ExportShape
    filterset_class = ExportFilter
    bodiless = frozenset({"cancel"})
    ordering = ("-created_at", "-id")
    model = Export

    def rows(self) -> QuerySet[Export]:
        return selectors.exports(account_id=self.account_id, user_id=self.user_id)

    def retrieve(self, request: Request, number: int) -> Response:
        return self.shown(one(self.rows(), pk=number))

    @extend_schema(responses={202: ExportShape})
    @repeatable
    def create(self, request: Request) -> Response:
        """Ask for a goal's conversions as a zipped CSV, mailed to the caller."""
        values = self.taken()
        try:
            export = services.request_export(account_id=self.account_id, user_id=self.user_id, **values)
        except NotThere:
            raise Named(Problem("goal", "unknown_goal", _("There is no such goal."))) from None
        return self.shown(export, 202)

    @extend_schema(request=None)
    @repeatable
    def cancel(self, request: Request, number: int) -> Response:
        """Stop an export that is not ready yet."""
        services.cancel_export(account_id=self.account_id, user_id=self.user_id, export_id=number)
        return self.shown(one(self.rows(), pk=number))
