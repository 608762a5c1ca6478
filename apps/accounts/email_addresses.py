"""The one spelling of an e-mail address: two addresses are the same if and only if these texts are equal.

Only ASCII is taken. `upper()` and `lower()` make one letter of several (a dotless i, the Kelvin sign), full-width letters
look like others, and databases differ in what they fold: an address spelt so would be somebody else's.
"""

from django.utils.translation import gettext as _

from apps.core.errors import Refused

LONGEST = 254


def canonical(text: str) -> str | None:
    """The address without blanks around it, in small letters; None for what can be nobody's."""
    text = text.strip()
    return text.lower() if text.isascii() and text.isprintable() and 0 < len(text) <= LONGEST else None


def required(text: str, field: str = "email") -> str:
    """Likewise, or Refused with words for whoever typed it. Its form is the model's to check."""
    address = canonical(text)
    if address is None:
        raise Refused.one(
            field,
            "invalid",
            _(
                "Write an e-mail address in plain ASCII letters; the name of an international domain begins with xn--."
            ),
        )
    return address
