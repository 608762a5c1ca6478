"""What Django's own `check` says about the settings of this app."""

from typing import Any

import maxminddb
from django.conf import settings
from django.core import checks

from apps.intake import places


@checks.register()
def location_database(app_configs: Any, **options: Any) -> list[checks.CheckMessage]:
    """Whether the location database can be read, where one is named."""
    if not settings.GEOIP_DATABASE:
        return []
    try:
        places.open_database(settings.GEOIP_DATABASE).close()
    except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
        hint = "Hits are stored without country and city. Name a file in the MaxMind format (.mmdb), or none."
        return [checks.Warning(f"GEOIP_DATABASE cannot be read: {error}", hint=hint, id="intake.W001")]
    return []
