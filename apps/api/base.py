"""What the views of the API share."""

from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from rest_framework import mixins, viewsets
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.checks import storable
from apps.accounts.roles import May
from apps.accounts.selectors import Context
from apps.api.callers import caller, here
from apps.api.filters import Filters
from apps.api.openapi import Schema
from apps.api.permissions import Needs
from apps.core.errors import NotThere
from apps.core.retry import retrying


class Resource(viewsets.GenericViewSet[Any]):
    """One resource. `see` and `do` say what reading and writing take; `needs_by_action` where an action differs."""

    see: ClassVar[May]
    do: ClassVar[May]
    needs_by_action: ClassVar[dict[str, Needs]] = {}
    ordering: ClassVar[tuple[str, ...]] = ("id",)
    filter_backends = (Filters,)
    metadata_class = None
    schema = Schema()

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Have what is written done again, whole, where another request came first: with its key and conditions."""
        method = str(request.method).lower()
        handler = getattr(self, method, None)
        if handler and request.method not in SAFE_METHODS:
            setattr(self, method, lambda *given, **named: retrying(lambda: handler(*given, **named)))
        return super().dispatch(request, *args, **kwargs)

    def needs_now(self) -> Needs:
        return self.needs_by_action.get(self.action or "", Needs(self.see, self.do))

    @property
    def here(self) -> Context:
        """The account and role of the request."""
        return here(self.request)

    @property
    def account_id(self) -> int:
        return self.here.account.pk

    @property
    def user_id(self) -> int:
        return caller(self.request).user.pk

    def taken(self, *, partial: bool = False) -> dict[str, Any]:
        """The body, checked."""
        serializer = self.get_serializer(data=self.request.data, partial=partial)
        serializer.is_valid(raise_exception=True)
        values: dict[str, Any] = serializer.validated_data
        return values

    def shown(self, instance: Any, status: int = 200) -> Response:
        return Response(self.get_serializer(instance).data, status)

    def rows(self) -> QuerySet[Any]:
        """All rows of the account that this resource shows."""
        raise NotImplementedError

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):  # the schema is made without a request
            return self.fake_rows()
        return self.rows()

    def fake_rows(self) -> QuerySet[Any]:
        model: type[Model] | None = getattr(self, "model", None)
        assert model is not None, f"{type(self).__name__} names its model for the schema"
        return model._default_manager.none()


class Listed(mixins.ListModelMixin, Resource):
    """GET of the list."""


def one(rows: QuerySet[Any], **named: Any) -> Any:
    """The row that the address names, in this account or not at all."""
    if any(isinstance(value, str) and storable("", value) for value in named.values()):
        raise NotThere
    found = rows.filter(**named).first()
    if found is None:
        raise NotThere
    return found


__all__ = ["Listed", "Request", "Resource", "Response", "one"]
