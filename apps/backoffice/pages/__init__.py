"""One module a page. Each has `paths`: its addresses below /admin/."""

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path

from apps.backoffice import converters as converters
from apps.backoffice.pages import (
    accounts,
    overview,
)
from apps.backoffice.pages.base import Page

MODULES = (
    overview,
    accounts,
)


def paths(admin_view: Callable[..., Any]) -> list[URLPattern]:
    """Every page's address, each behind the sign-in."""
    return [
        path(route, admin_view(page.as_view()), name=name)
        for module in MODULES
        for route, page, name in module.paths
    ]


__all__ = ["Page", "paths"]
