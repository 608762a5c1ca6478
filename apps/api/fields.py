"""Fields that take what they say and nothing like it: a text is no number, "true" is no boolean."""

import copy
import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from apps.api.instants import instant
from apps.core.money import plain

MOST = 2**63 - 1
"""The largest number that a column of ids takes."""
MONEY = r"^[0-9]{1,10}(\.[0-9]{1,4})?$"
"""An amount that is taken as text; `SHOWN_MONEY`: one that is shown."""
SHOWN_MONEY = r"^[0-9]+(\.[0-9]+)?$"
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)


class Shape(serializers.Serializer[Any]):
    """A body whose unknown and read-only members are refused by name: what would not be done is told, not ignored.

    Inside another body an object is whole, also where PATCH sends only some of the outer one's members.
    """

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is serializers.empty or self.parent is None:
            return super().run_validation(data)
        return self._whole.run_validation(data)

    @cached_property
    def _whole(self) -> "Shape":
        """The same without a parent: DRF asks the outermost serializer whether members may be missing."""
        whole = copy.deepcopy(self)
        whole._context = self.context  # as the constructor sets it
        return whole

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if isinstance(data, Mapping) and (refused := self._refused(set(map(str, data)))):
            raise serializers.ValidationError(refused)
        values: dict[str, Any] = super().to_internal_value(data)
        return values

    def _refused(self, names: set[str]) -> dict[str, list[serializers.ErrorDetail]]:
        told = {}
        for name in sorted(names):
            if name not in self.fields:
                told[name[:100]] = [serializers.ErrorDetail(_("There is no such field."), "unknown")]
            elif self.fields[name].read_only:
                detail = _("This is answered, and cannot be sent; leave it out.")
                told[name] = [serializers.ErrorDetail(detail, "read_only")]
        return dict(list(told.items())[:20])


class Text(serializers.CharField):
    """A JSON string, taken as it is."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"trim_whitespace": False, "max_length": 255, **options})

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class Whole(serializers.IntegerField):
    """A JSON number without a fraction."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return int(super().to_internal_value(data))


class Id(Whole):
    """The number of a row."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"min_value": 1, "max_value": MOST, **options})


class Instant(serializers.DateTimeField):
    """ISO 8601 with an offset."""

    default_error_messages = {
        "invalid": gettext_lazy("Write an instant with its offset, such as 2026-11-21T09:30:00Z."),
    }

    def to_internal_value(self, value: Any) -> Any:
        found = instant(value) if isinstance(value, str) else None
        if found is None:
            self.fail("invalid")
        return found


class YesNo(serializers.BooleanField):
    """true or false."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Batch(serializers.ListField):
    """Facts, each looked at by itself: one that is no `record` is listed in the answer, the others are taken."""

    child = serializers.JSONField()

    def __init__(self, record: type[Any], **options: Any) -> None:
        super().__init__(**{"min_length": 1, **options})
        self.record = record


class Money(serializers.DecimalField):
    """An exact decimal as text ("12.50"); numbers are taken too. Shown with the decimals of the row's `currency`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_digits": 14, "decimal_places": 4, **options})

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, bool) or not isinstance(data, str | int | float):
            self.fail("invalid")
        if isinstance(data, str) and not _DECIMAL.fullmatch(data):
            self.fail("invalid")
        value: Decimal = super().to_internal_value(data)
        return value

    def get_attribute(self, instance: Any) -> Any:
        value = super().get_attribute(instance)
        if value is None:
            return None
        return value, instance["currency"] if isinstance(instance, Mapping) else instance.currency

    def to_representation(self, value: Any) -> str:
        return plain(*value)


class Choice(serializers.ChoiceField):
    """One of some words."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid_choice", input=data)
        return str(super().to_internal_value(data))
