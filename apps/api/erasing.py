"""Kept answers to repeated requests may quote what a person was called."""

from typing import Any

from apps.api.models import Answer
from apps.erasure.needles import Needles


def forget_answers(account_id: int, needles: Needles) -> int:
    """Empty those that do: the key stays known, so the request is not done again. A key that does is forgotten."""
    rows = Answer.objects.filter(account_id=account_id)
    named = [one.pk for one in rows if needles.in_text(one.key)]
    quoting = [one.pk for one in rows.exclude(body=None) if _quotes(one.body, needles)]
    rows.filter(pk__in=quoting).update(body=None)
    rows.filter(pk__in=named).delete()
    return len({*named, *quoting})


def _quotes(body: Any, needles: Needles) -> bool:
    """What was refused was never stored, so nobody knows whose it is: answers that quote some are emptied too."""
    return needles.in_value(body) or bool(isinstance(body, dict) and body.get("rejected"))
