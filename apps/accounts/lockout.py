"""By which name failed sign-ins are counted: the e-mail as typed, in any letter case, on every sign-in page."""

from collections.abc import Mapping
from typing import Any

FIELD = "username"
"""Django's own name of the field, whatever the user model calls it."""


def typed_name(request: Any, credentials: Mapping[str, Any] | None = None) -> str:
    """What axes counts by, together with the address."""
    said = credentials if credentials and FIELD in credentials else getattr(request, "POST", {})
    return str(said.get(FIELD) or "").strip().lower()[:254].replace("\x00", "")
