"""Words and shapes of the workspace's templates."""

import unicodedata
from typing import Any

from django import template
from django.utils.translation import gettext_lazy as _

from apps.workspace.panel import status_name
from apps.workspace.timeline import Item

register = template.Library()

STATUS_WORDS = {
    "new": _("new"),
    "open": _("open"),
    "pending": _("pending"),
    "hold": _("on hold"),
    "solved": _("solved"),
    "closed": _("closed"),
}
AUTHOR_WORDS = {"person": _("Visitor"), "agent": _("Agent"), "bot": _("Bot"), "system": _("System")}
_HARMLESS = frozenset("\n\t")
_MARKS = frozenset("\u00ad\u200c\u200d\u200e\u200f\ufeff")


@register.filter
def visible(value: Any) -> str:
    """Text from outside: what has no shape of its own, or turns its neighbours around, is shown by its code."""
    text = str(value)
    if text.isprintable():
        return text
    return "".join(letter if _shows(letter) else f"⟨U+{ord(letter):04X}⟩" for letter in text)


def _shows(letter: str) -> bool:
    """Joiners and marks belong to emoji and scripts; controls, overrides and isolates are made visible."""
    if letter in _HARMLESS or letter.isprintable():
        return True
    return unicodedata.category(letter) in ("Zs", "Zl", "Zp") or letter in _MARKS


@register.filter
def status_word(status: str) -> Any:
    """A status in the reader's language."""
    return STATUS_WORDS.get(status, status)


@register.filter
def status_name_word(kind: int) -> Any:
    """The status that an event of this kind says."""
    return status_word(status_name(kind))


@register.filter
def author_word(item: Item) -> Any:
    """Who said it."""
    return AUTHOR_WORDS.get(item.author, "")


@register.filter
def side(item: Item) -> str:
    """Where an item stands: the person at the start, the shop at the end, the rest between."""
    if item.kind == "message":
        return "theirs" if item.author == "person" else "ours"
    if item.kind == "note":
        return "ours note-item"
    return "goal-item" if item.kind == "goal" else "between"
