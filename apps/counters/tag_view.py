"""`/tag/<counter>.js`: what every page of a site loads."""

from django.conf import settings
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
        words = f'console.warn("Goalline: there is no counter {number} in use");\n'
        headers = {"Cache-Control": "public, max-age=60", **ANYWHERE}
        return HttpResponse(words, KIND, status=404, headers=headers)
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
