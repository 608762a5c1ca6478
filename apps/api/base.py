"""What the views of the API share."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar
from urllib.parse import quote

from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpResponse
from rest_framework import mixins, viewsets
from rest_framework.exceptions import AuthenticationFailed, NotAcceptable, Throttled
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.checks import storable
from apps.accounts.roles import May
from apps.accounts.selectors import Context
from apps.api.callers import caller, here
from apps.api.conditions import Conditions, PreconditionFailed, conditions, tag_of
from apps.api.fields import Shape
from apps.api.filters import Filters, check_parameters
from apps.api.negotiation import JSON, accepts
from apps.api.openapi import Schema
from apps.api.parsers import LengthRequired
from apps.api.permissions import Needs
from apps.api.throttles import Quota, count_request
from apps.core.errors import NotThere
from apps.core.retry import retrying


class Nothing(Shape):
    """The body of a POST that takes none."""


class Options(APIView):
    """OPTIONS says which methods an address has, to everybody: the schema says so too."""

    def options(self, request: Any, *_args: Any, **_kwargs: Any) -> Any:
        return HttpResponse(status=204)  # with Allow, as every answer


class Resource(viewsets.GenericViewSet[Any], Options):
    """One resource. `see` and `do` say what reading and writing take; `needs_by_action` where an action differs.

    `asks`: the actions that take parameters, and check them; `bodiless`: the POSTs that take no body; `produces`:
    media types beside JSON.
    """

    see: ClassVar[May]
    do: ClassVar[May]
    needs_by_action: ClassVar[dict[str, Needs]] = {}
    asks: ClassVar[frozenset[str]] = frozenset({"list"})
    bodiless: ClassVar[frozenset[str]] = frozenset()
    produces: ClassVar[tuple[str, ...]] = ()
    ordering: ClassVar[tuple[str, ...]] = ("id",)
    filter_backends = (Filters,)
    metadata_class = None
    schema = Schema()
    format_kwarg = None
    quota: Quota | None = None
    conditions: Conditions | None = None

    def initial(self, request: Request, *_args: Any, **_kwargs: Any) -> None:
        """Who asks is counted before anything is refused; then: what they may, and whether they can be understood."""
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        if self.action == "metadata":
            return  # everybody may ask for the methods
        try:
            self.perform_authentication(request)
        except AuthenticationFailed:
            self._count(request)
            raise
        self._count(request)
        self.check_permissions(request)
        if not self.action:
            return  # a method that the address has not
        if self.action not in self.asks:
            check_parameters(request, frozenset())
        self.conditions = conditions(request)
        if request.method not in SAFE_METHODS:
            self._check_writing(request)

    def _count(self, request: Request) -> None:
        self.quota = count_request(request)
        if self.quota and self.quota.used > self.quota.limit:
            raise Throttled(self.quota.ends_in_s)

    def _check_writing(self, request: Request) -> None:
        """Whatever would be refused after something was done is refused before."""
        if not self._accepts(request):
            raise NotAcceptable
        if "HTTP_TRANSFER_ENCODING" in request.META and not request.META.get("CONTENT_LENGTH"):
            raise LengthRequired
        if self.action in self.bodiless:
            Nothing(data=request.data).is_valid(raise_exception=True)

    def _accepts(self, request: Request) -> bool:
        return accepts(request.headers.get("Accept", ""), (*JSON, *self.produces))

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        if response.status_code == 200 and request.method in SAFE_METHODS:
            response = self._as_asked(request, response)
        response = super().finalize_response(request, response, *args, **kwargs)
        if self.quota:
            for name, value in self.quota.headers().items():
                response[name] = value
        return response

    def _as_asked(self, request: Request, response: Any) -> Any:
        """What a GET answers, where the caller takes it and has not got it already."""
        if not self._accepts(request):
            return self.handle_exception(NotAcceptable())
        tag = response.headers.get("ETag")
        if tag is None or self.conditions is None:
            return response
        if self.conditions.unchanged(tag):
            return Response(status=304, headers={"ETag": tag})
        try:
            self.conditions.check(tag)
        except PreconditionFailed as error:
            return self.handle_exception(error)
        return response

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
        """A row with its tag; where it was written, with its address too."""
        return self.tagged(self.get_serializer(instance).data, status)

    def tagged(self, shown: Any, status: int = 200) -> Response:
        if status not in {200, 201}:
            return Response(shown, status)
        headers = {"ETag": tag_of(shown)}
        if self.action == "create":
            key = shown["external_id"] if "external_id" in shown else shown["id"]
            headers["Location" if status == 201 else "Content-Location"] = (
                f"{self.request.path}{quote(str(key), safe='')}/"
            )
        elif self.action in {"update", "partial_update"}:
            headers["Content-Location"] = self.request.path
        return Response(shown, status, headers=headers)

    @contextmanager
    def editing(self, **named: Any) -> Iterator[None]:
        """Within: the row that these name is as the request's conditions have it (412), and stays so until it is changed.

        A change of some fields holds the row without conditions too: what it leaves as it is was read before.
        """
        with transaction.atomic():
            if self.conditions or self.action == "partial_update":
                self.hold(**named)
            row = _row(self.rows(), **named)
            if row is None and self.action != "create":
                raise NotThere
            if self.conditions:
                self.conditions.check(None if row is None else tag_of(self.get_serializer(row).data))
            yield

    def hold(self, **named: Any) -> None:
        """Take, to the transaction's end, what services take first to write such a row: never in another order."""
        _row(self.rows().select_for_update(of=("self",), no_key=True), **named)

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
    found = _row(rows, **named)
    if found is None:
        raise NotThere
    return found


def _row(rows: QuerySet[Any], **named: Any) -> Any:
    if any(isinstance(value, str) and storable("", value) for value in named.values()):
        return None
    return rows.filter(**named).first()


__all__ = ["Listed", "Request", "Resource", "Response", "one"]
