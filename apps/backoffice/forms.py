"""Forms that know the account, and how to show a service's refusal."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise

from apps.accounts.selectors import Context
from apps.core.errors import NotThere, Refused


class Form(forms.Form):
    """Input is only read here; whether it holds is the service's to say."""

    def __init__(self, *args: Any, here: Context | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.here = here
        self.use_required_attribute = False
        self.prepare()

    def prepare(self) -> None:
        """Fill in choices of the account."""

    def refuse(self, refused: Refused) -> None:
        """Show each problem at its field, or above the form."""
        for problem in refused.problems:
            field = self.place(problem.field)
            self.add_error(field, ValidationError(problem.detail, code=problem.code))

    def place(self, field: str) -> str | None:
        """The form's field for a service's field."""
        return field if field in self.fields else None


class DateInput(forms.DateInput):
    """The browser's own calendar."""

    input_type = "date"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%d", **kwargs)


class OwnedChoice(forms.ChoiceField):
    """A choice among the account's rows: another account's id is not wrong, it is not there."""

    def validate(self, value: Any) -> None:
        if value and not self.valid_value(value):
            raise NotThere
        super().validate(value)


class OwnedChoices(forms.MultipleChoiceField):
    """Several of the account's rows; likewise."""

    def validate(self, value: Any) -> None:
        if not all(self.valid_value(one) for one in value):
            raise NotThere
        super().validate(value)


def choices_of(rows: Any, empty: str | Promise | None = None) -> list[tuple[str, str | Promise]]:
    """`(pk, name)` of rows, with a first empty choice if it is named."""
    listed: list[tuple[str, str | Promise]] = [(str(row.pk), str(row)) for row in rows]
    return [("", empty), *listed] if empty is not None else listed
