"""The one list of what the tag keeps in a visitor's browser.

The tag sets nothing that is not in it (a test compares the two in a real browser), and the cookie page of
each counter is made from it. Names of cookies and of keys that the tag only reads do not belong here.
"""

from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Kind = Literal["cookie", "localStorage", "sessionStorage"]
Category = Literal["necessary", "performance", "functionality", "targeting"]
CATEGORIES: tuple[Category, ...] = ("necessary", "performance", "functionality", "targeting")


@dataclass(frozen=True)
class Declared:
    """One cookie or one key of a storage; purpose and lifetime are texts for visitors."""

    name: str
    kind: Kind
    purpose: str | Promise
    lifetime: str | Promise
    category: Category


_YEAR = _("1 year")
_BROWSER = _(
    "A random number that distinguishes this browser from others, so that visits, pages and returning "
    "visitors can be counted and a chat can be joined to the visit it belongs to."
)
_REFUSAL = _("Remembers that you do not want to be counted.")
_ANSWER = _("Remembers what you agreed to and what you refused.")

DECLARED: tuple[Declared, ...] = (
    Declared("_gl_consent", "cookie", _ANSWER, _YEAR, "necessary"),
    Declared("_gl_consent", "localStorage", _ANSWER, _YEAR, "necessary"),
    Declared("_gl_optout", "cookie", _REFUSAL, _YEAR, "necessary"),
    Declared("_gl_optout", "localStorage", _REFUSAL, _("Until you undo it"), "necessary"),
    Declared("_ym_uid", "cookie", _BROWSER, _YEAR, "performance"),
    Declared("_ym_uid", "localStorage", _BROWSER, _YEAR, "performance"),
    Declared(
        "_gl_queue",
        "localStorage",
        _(
            "Holds what is to be counted until the server has received it, so that nothing is lost when you "
            "are offline."
        ),
        _("Until it is sent, at most 7 days"),
        "performance",
    ),
    Declared(
        "_gl_code",
        "localStorage",
        _("A code that joins a chat that you start in a messenger to your visit to this site."),
        _("90 days"),
        "functionality",
    ),
)
