"""The web entry: collection goes to its own edge, everything else to Django."""

import os
from collections.abc import Callable, Iterable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.core.wsgi import get_wsgi_application

from apps.core.startup import refusals

with refusals():
    django_application = get_wsgi_application()

    from apps.collect.edge import application as collect_application
    from apps.core.database import patience
    from config.services import use_services

    use_services()

patience.watch_the_server()  # a web process has few threads; none may wait for a frozen database

COLLECTION = ("/collect/", "/watch/", "/pixel/")


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """WSGI callable of the whole portal."""
    path = environ["PATH_INFO"]
    if path.startswith(COLLECTION) or path == "/collect":
        return collect_application(environ, start_response)
    return django_application(environ, start_response)
