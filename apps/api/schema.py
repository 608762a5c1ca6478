"""The OpenAPI schema, made from the code once a process, and the page that shows it."""

from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.api.base import Options


@cache
def generated() -> Any:
    """The schema as data. Making it takes half a second, so nobody outside can ask for that again and again."""
    generator = SchemaGenerator(api_version="v1")  # type: ignore[no-untyped-call]
    return generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]


class SchemaView(Options, APIView):
    """GET: the schema in YAML or, if asked for, JSON. It holds nothing of any account: open to everybody."""

    authentication_classes = ()
    permission_classes = ()
    renderer_classes = (OpenApiYamlRenderer, OpenApiJsonRenderer, OpenApiYamlRenderer2, OpenApiJsonRenderer2)
    content_negotiation_class = DefaultContentNegotiation
    metadata_class = None

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        return Response(generated())


class DocsView(Options, SpectacularSwaggerSplitView):
    """The schema as a page one can try things on, without inline scripts."""

    authentication_classes = ()
    permission_classes = ()
    metadata_class = None
    title = "Goalline API"
    url_name = "api:schema"
