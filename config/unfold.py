"""Unfold's settings: the admin's look, its navigation and the account chooser (apps/backoffice)."""

from typing import Any

from django.templatetags.static import static

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Goalline",
    "SITE_HEADER": "Goalline",
    "SITE_URL": None,
    "SITE_SYMBOL": "sports_score",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "STYLES": [lambda request: static("backoffice/backoffice.css")],
}
