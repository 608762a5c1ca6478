"""The web entry: collection goes to its own edge, everything else to Django."""

import os
from collections.abc import Callable, Iterable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application
from django.utils.http import parse_header_parameters

from apps.core.startup import refusals

with refusals():
    django_application = get_wsgi_application()

    from apps.collect.edge import application as collect_application
    from apps.core.database import patience
    from config.services import use_services

    use_services()

patience.watch_the_server()  # a web process has few threads; none may wait for a frozen database

COLLECTION = ("/collect/", "/watch/", "/pixel/")


class Utf8Request(WSGIRequest):
    """A request whose address and forms are UTF-8, whatever charset its body names.

    Django reads the query by it, and fails where it is no charset of texts, or is written as RFC 2231 has it.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        text = meta.get("CONTENT_TYPE", "")
        try:
            self.content_type, self.content_params = parse_header_parameters(text)
        except ValueError:
            self.content_type, self.content_params = text.partition(";")[0].strip().lower(), {}


django_application.request_class = Utf8Request


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """WSGI callable of the whole portal."""
    path = environ["PATH_INFO"]
    if path.startswith(COLLECTION) or path == "/collect":
        return collect_application(environ, start_response)
    return django_application(environ, start_response)
