"""`/tag/<counter>.js`: what every page of a site loads."""

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.views.decorators.http import require_safe

from apps.core.errors import NotThere
from apps.counters.selectors import tag_settings
from apps.counters.tag import script

SOON = "public, max-age=600, stale-while-revalidate=86400"
FOR_EVER = "public, max-age=31536000, immutable"
KIND = "text/javascript; charset=utf-8"
ANYWHERE = {"Cross-Origin-Resource-Policy": "cross-origin", "Access-Control-Allow-Origin": "*"}
"""A site that isolates itself from other origins may load it, and so may one that checks its hash."""


@require_safe
def tag(request: HttpRequest, number: int, version: str = "") -> HttpResponse:
    """The script of a counter. With its version in the address it may be kept for ever; an old one gets the present."""
    try:
        made = script(tag_settings(number=number), settings.BASE_URL)
    except NotThere:
        return _warning(404, f"there is no counter {number} in use", {"Cache-Control": "public, max-age=60"})
    except (OperationalError, InterfaceError):
        later = {"Cache-Control": "no-store", "Retry-After": "5"}
        return _warning(503, f"counter {number} cannot be looked up now", later)
    headers = {
        "ETag": f'W/"{made.version}"',
        "Cache-Control": FOR_EVER if version == made.version else SOON,
        "Vary": "Accept-Encoding",
        **ANYWHERE,
    }
    if made.version in request.headers.get("If-None-Match", ""):
        return HttpResponseNotModified(headers=headers)
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        return HttpResponse(made.compressed, KIND, headers={**headers, "Content-Encoding": "gzip"})
    return HttpResponse(made.body, KIND, headers=headers)


def _warning(status: int, words: str, headers: dict[str, str]) -> HttpResponse:
    """For whoever looks why nothing is counted: a script that says so in the browser's console."""
    body = f'console.warn("Goalline: {words}");\n'
    return HttpResponse(body, KIND, status=status, headers={**headers, **ANYWHERE})
