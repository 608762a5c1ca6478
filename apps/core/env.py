"""Readers of environment variables that refuse what they do not understand."""

import os
from pathlib import Path


class BadSetting(Exception):
    """A setting that cannot be used; the message names it and says what would be right."""


def text(name: str, default: str | None = None) -> str | None:
    """`NAME`, or the content of the file that `NAME_FILE` points to."""
    if path := os.environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise BadSetting(f"{name}_FILE={path!r} cannot be read: {error.strerror}.") from error
    value = os.environ.get(name, "").strip()
    return value or default


def flag(name: str, *, default: bool) -> bool:
    """1/0, true/false, yes/no, on/off."""
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise BadSetting(f"{name}={value!r} is neither yes nor no; write 1 or 0.")


def number(name: str, default: int, *, least: int = 0) -> int:
    """A whole number not below `least`."""
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        result = int(value)
    except ValueError as error:
        raise BadSetting(f"{name}={value!r} is not a whole number.") from error
    if result < least:
        raise BadSetting(f"{name}={result} is below {least}.")
    return result


def listed(name: str, default: str = "") -> list[str]:
    """Comma-separated words."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]
