"""Sites and origins: a scheme and a host, with a port if it is not the scheme's own."""

import ada_url
from django.utils.translation import gettext as _

from apps.accounts.checks import storable
from apps.core.errors import Problem

MAX_LENGTH = 500


def normal(value: str) -> str | None:
    """The origin of an http(s) URL as browsers write it, or None if it has none."""
    try:
        parsed = ada_url.URL(value)
    except ValueError:
        return None
    if parsed.protocol not in {"http:", "https:"} or not parsed.hostname:
        return None
    return str(parsed.origin)


def check(field: str, value: str) -> Problem | None:
    """What is wrong with `value` as an origin; the detail offers the form that would be right."""
    if problem := storable(field, value):
        return problem
    origin = normal(value)
    if origin is None:
        guess = normal(f"https://{value}") if value and "://" not in value else None
        return Problem(
            field, "no_origin", _offer(_("This is no scheme and host such as https://shop.example."), guess)
        )
    if len(value) > MAX_LENGTH:
        return Problem(field, "too_long", _("At most 500 characters are taken."))
    if value != origin:
        return Problem(field, "not_normal", _offer(_("Write scheme and host only."), origin))
    return None


def check_host(field: str, value: str) -> Problem | None:
    """What is wrong with `value` as the name of a host; the detail offers the form that would be right."""
    if problem := storable(field, value):
        return problem
    origin = normal(value if "://" in value else f"https://{value}")
    host = origin.partition("://")[2].partition(":")[0] if origin else None
    if host is None or "." not in host:
        return Problem(field, "no_host", _("This is no name of a host such as pay.example."))
    if len(value) > 253:
        return Problem(field, "too_long", _("At most 253 characters are taken."))
    if value != host:
        return Problem(field, "not_normal", _offer(_("Write the name of the host only."), host))
    return None


def _offer(why: str, form: str | None) -> str:
    return why + " " + _("Did you mean %(form)s?") % {"form": form} if form else why
