"""How a person's card and the links between their names look in the API."""

import dataclasses
from collections.abc import Callable
from datetime import datetime
from typing import Any, get_type_hints

from rest_framework import serializers

from apps.reports.visitors import VisitorCard

_FIELDS: dict[Any, Callable[[], serializers.Field[Any, Any, Any, Any]]] = {
    str: serializers.CharField,
    int: serializers.IntegerField,
    bool | None: lambda: serializers.BooleanField(allow_null=True),
    datetime | None: lambda: serializers.DateTimeField(allow_null=True),
    dict[str, str]: lambda: serializers.DictField(child=serializers.CharField()),
    tuple[str, ...]: lambda: serializers.ListField(child=serializers.CharField()),
}


class CardShape(serializers.Serializer[Any]):
    """What is known of a person; null and empty: nothing was said of it."""

    def get_fields(self) -> dict[str, Any]:
        types = get_type_hints(VisitorCard)
        return {one.name: _FIELDS[types[one.name]]() for one in dataclasses.fields(VisitorCard)}


class PairShape(serializers.Serializer[Any]):
    """Two identities that were named together."""

    one = serializers.IntegerField(help_text="Id of an identity.")
    other = serializers.IntegerField(help_text="Id of an identity.")
    times = serializers.IntegerField()
    first_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()
    sources = serializers.ListField(child=serializers.CharField(), help_text="By whom.")
    undone_until = serializers.DateTimeField(allow_null=True, help_text="Undone, up to this instant.")
