"""Management commands say what a service refused, without a traceback."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.management.base import CommandError

from apps.core.errors import NotThere, Refused


def telling(handle: Callable[..., None]) -> Callable[..., None]:
    """For `handle`: refusals become the command's error message, a line for each problem."""

    @wraps(handle)
    def wrapped(*args: Any, **options: Any) -> None:
        try:
            handle(*args, **options)
        except Refused as refused:
            lines = [f"{p.field}: {p.detail}" if p.field else str(p.detail) for p in refused.problems]
            raise CommandError("\n".join(lines)) from refused
        except NotThere as missing:
            raise CommandError(str(missing) or "There is no such thing in this account.") from missing

    return wrapped
