"""Checks of single values, with words for whoever sent them."""

from collections.abc import Iterable
from typing import Any

from babel.numbers import list_currencies
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext as _

from apps.core import periods
from apps.core.errors import Problem, Refused

CURRENCIES = frozenset(list_currencies())


def storable(field: str, value: str) -> Problem | None:
    """PostgreSQL keeps neither NUL nor half of a surrogate pair."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return Problem(field, "not_storable", _("This holds half a surrogate pair; send valid text."))
    if "\x00" in value:
        return Problem(field, "not_storable", _("This holds a NUL character; send valid text."))
    return None


def timezone(value: str) -> Problem | None:
    if periods.is_known(value):
        return None
    return Problem(
        "timezone", "unknown_timezone", _("There is no time zone of this name; write one like Europe/Berlin.")
    )


def currency(value: str) -> Problem | None:
    if value in CURRENCIES:
        return None
    return Problem("currency", "unknown_currency", _("This is no ISO 4217 code; write one like EUR."))


def phone_country(value: str) -> Problem | None:
    from phonenumbers import SUPPORTED_REGIONS  # its tables are large, and this is asked rarely

    if not value or value in SUPPORTED_REGIONS:
        return None
    return Problem(
        "phone_country",
        "unknown_country",
        _("This is no country's two letters (ISO 3166); write them like DE, or nothing."),
    )


def clean(instance: Model, fields: Iterable[str]) -> None:
    """Check these fields of a row as its model describes them; Refused names each that is wrong."""
    wanted = set(fields)
    problems = [
        problem
        for field in sorted(wanted)
        if isinstance(value := getattr(instance, field), str) and (problem := storable(field, value))
    ]
    if problems:
        raise Refused(*problems)
    others = {field.name for field in instance._meta.fields} - wanted
    try:
        instance.clean_fields(exclude=others)
    except ValidationError as error:
        raise Refused(*problems_of(error)) from error


def problems_of(error: ValidationError) -> list[Problem]:
    """Django's way of saying it in ours."""
    listed: dict[str, Any] = error.error_dict if hasattr(error, "error_dict") else {"": error.error_list}
    return [
        Problem(field, one.code or "invalid", " ".join(one.messages))
        for field, errors in listed.items()
        for one in errors
    ]
