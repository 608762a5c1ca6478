"""Optional details of hits whose sender reads no answer: trimmed, cut or dropped, so that the hit itself counts. Pure.

The strict doors refuse the same details with a reason (`records.check_hit`); the rules are the same.
"""

import re
from collections.abc import Callable

from apps.intake import records
from apps.intake.records import HitIn
from apps.people.identity_values import trimmed

KINDS = {
    "V": "value",
    "C": "currency",
    "R": "referrer",
    "T": "title",
    "I": "client_id",
    "U": "user_id",
    "P": "purchase_id",
    "K": "click_ids",
    "M": "params",
    "A": "user_agent",
    "L": "url",
    "N": "name",
    "O": "consent",
    "E": "time",
}
"""What was cut or dropped: its letter in a spool record, its name on the health page."""
_LETTERS = {name: letter for letter, name in KINDS.items()}
_LONGEST = {
    "referrer": records.MAX_URL,
    "title": records.MAX_TITLE,
    "user_agent": records.MAX_AGENT,
    "url": records.MAX_URL,
}
_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")


def mend(hit: HitIn) -> str:
    """Make the hit's optional details hold, in place. Returns the letters of those that were cut or dropped."""
    changed = [
        _LETTERS[name]
        for name, mend_one in _MENDERS.items()
        if getattr(hit, name) is not None and mend_one(hit)
    ]
    return "".join(changed)


def letters_of(*names: str) -> str:
    """Returns the letters of details that a door itself could not read."""
    return "".join(_LETTERS[name] for name in names)


def _cut(name: str) -> Callable[[HitIn], bool]:
    def cut(hit: HitIn) -> bool:
        text = getattr(hit, name)
        kept = _NOT_STORABLE.sub("", text)[: _LONGEST[name]]
        setattr(hit, name, kept or None)
        return bool(kept != text)

    return cut


def _identity(name: str) -> Callable[[HitIn], bool]:
    def keep_or_drop(hit: HitIn) -> bool:
        text = trimmed(getattr(hit, name))
        good = bool(text) and records.identity_problem(name, text) is None
        setattr(hit, name, text if good else None)
        return not good

    return keep_or_drop


def _value(hit: HitIn) -> bool:
    """Without its currency an amount would be taken for one in the account's."""
    text = (hit.value or "").strip()
    currency = (hit.currency or "").strip()
    good = bool(text) and records.money_problem(text, currency or None) is None
    hit.value = text if good else None
    return not good


def _currency(hit: HitIn) -> bool:
    text = (hit.currency or "").strip()
    good = bool(text) and records.money_problem(None, text) is None
    hit.currency = text if good else None
    return not good


def _nested(name: str) -> Callable[[HitIn], bool]:
    def keep_or_drop(hit: HitIn) -> bool:
        good = records.nested_problem(name, getattr(hit, name)) is None
        if not good:
            setattr(hit, name, None)
        return not good

    return keep_or_drop


def _consent(hit: HitIn) -> bool:
    """Where consent is asked for, no word is no consent."""
    good = hit.consent in records.CONSENT
    if not good:
        hit.consent = None
    return not good


def _name_of_page_view(hit: HitIn) -> bool:
    """An event goes by its name, which is therefore left alone; a page view needs none."""
    text = hit.name or ""
    if hit.type == "event" or (len(text) <= records.MAX_NAME and not _NOT_STORABLE.search(text)):
        return False
    hit.name = None
    return True


_MENDERS: dict[str, Callable[[HitIn], bool]] = {
    "value": _value,
    "currency": _currency,
    "referrer": _cut("referrer"),
    "title": _cut("title"),
    "client_id": _identity("client_id"),
    "user_id": _identity("user_id"),
    "purchase_id": _identity("purchase_id"),
    "click_ids": _nested("click_ids"),
    "params": _nested("params"),
    "user_agent": _cut("user_agent"),
    "url": _cut("url"),
    "name": _name_of_page_view,
    "consent": _consent,
}
