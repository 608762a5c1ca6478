"""One module a page. Each has `paths`: its addresses below /admin/."""

import contextlib
from collections.abc import Callable
from importlib import import_module
from typing import Any

from django.urls import URLPattern, path

from apps.backoffice import converters as converters

MODULES = (
    "overview",
    "goals",
    "goal_form",
    "goal_actions",
    "goal_history",
    "conversions",
    "explanation",
    "exports",
    "agents",
    "groups",
    "channels",
    "counters",
    "members",
    "tokens",
    "account_settings",
    "audit",
    "runs",
    "health",
    "outbox",
    "accounts",
    "password",
)


def paths(admin_view: Callable[..., Any]) -> list[URLPattern]:
    """Every page's address, each behind the sign-in."""
    found = []
    for name in MODULES:
        with contextlib.suppress(ImportError):  # until every app below is there
            module = import_module(f"apps.backoffice.pages.{name}")
            found += [
                path(route, admin_view(page.as_view()), name=name) for route, page, name in module.paths
            ]
    return found
