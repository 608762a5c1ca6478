"""Unfold's settings: the admin's look, its navigation and the account chooser (apps/backoffice)."""

from typing import Any

from django.templatetags.static import static

PRIMARY = {
    # a pitch's green; 600 carries white text (5.6 to 1), 500 and 400 stand on the dark ground
    "50": "oklch(98% .018 155)",
    "100": "oklch(95% .042 155)",
    "200": "oklch(90% .08 155)",
    "300": "oklch(84% .12 155)",
    "400": "oklch(77% .15 155)",
    "500": "oklch(70% .15 155)",
    "600": "oklch(49% .115 155)",
    "700": "oklch(43% .1 155)",
    "800": "oklch(37% .08 155)",
    "900": "oklch(32% .065 155)",
    "950": "oklch(22% .045 155)",
}

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Goalline",
    "SITE_HEADER": "Goalline",
    "SITE_URL": None,
    "SITE_SYMBOL": "sports_score",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("backoffice/favicon.svg")}
    ],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "COLORS": {"primary": PRIMARY},
    "SIDEBAR": {"navigation": "apps.backoffice.navigation.sections"},
    "STYLES": [lambda request: static("backoffice/backoffice.css")],
    "SCRIPTS": [lambda request: static("backoffice/backoffice.js")],
}
