"""The page about cookies, for everybody: no login, no script, no cookie of its own."""

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.core import languages
from apps.core.errors import NotThere
from apps.counters import cookie_page, selectors
from apps.counters.cookie_page import Document

MINUTES = 5
"""How long an answer may be kept by browsers and caches."""
_PLAIN_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]+)?")
"""An origin that can stand in a policy; others (an IPv6 address, say) may not frame the page."""


@dataclass(frozen=True)
class Shown:
    """A document with what its writing down needs."""

    document: Document
    language: str
    right_to_left: bool
    embedded: bool

    @property
    def direction(self) -> str:
        return "rtl" if self.right_to_left else "ltr"


@require_safe
def cookies(request: HttpRequest, number: int) -> HttpResponse:
    """What a counter's site keeps, in the visitor's language.

    `lang` asks for a language, `embed=1` for the page in a frame of the counter's sites, `format` for `page`,
    `fragment` (HTML without a head) or `json`.
    """
    write = WRITERS.get(request.GET.get("format", "page"))
    if write is None:
        return HttpResponseBadRequest(
            f"format is {request.GET['format'][:40]!r}; it is one of {', '.join(WRITERS)}.",
            content_type="text/plain; charset=utf-8",
        )
    try:
        facts = selectors.cookie_facts(number=number)
    except NotThere:
        raise Http404
    embedded = request.GET.get("embed") == "1"
    language = languages.chosen(
        wanted=request.GET.get("lang", ""), accepts=request.headers.get("Accept-Language", "")
    )
    with translation.override(language):
        document = cookie_page.document(facts)
        shown = Shown(document, language, translation.get_language_bidi(), embedded)
        response = write(shown)
    _head(response, language, [origin for _name, origin in facts.sites] if embedded else [])
    return response


def _page(shown: Shown) -> HttpResponse:
    choices = {"languages": languages.PUBLIC, "choose": _("Language")}
    return HttpResponse(render_to_string("counters/cookies.html", {"shown": shown, **choices}))


def _fragment(shown: Shown) -> HttpResponse:
    return _open_to_scripts(
        HttpResponse(render_to_string("counters/cookies_fragment.html", {"shown": shown}))
    )


def _json(shown: Shown) -> HttpResponse:
    said = {"language": shown.language, "direction": shown.direction, **asdict(shown.document)}
    return _open_to_scripts(JsonResponse(said, json_dumps_params={"ensure_ascii": False}))


WRITERS: dict[str, Callable[[Shown], HttpResponse]] = {"page": _page, "fragment": _fragment, "json": _json}


def _open_to_scripts(response: HttpResponse) -> HttpResponse:
    """Any site may read it: it is public, and the answer depends on nobody's session."""
    response["Access-Control-Allow-Origin"] = "*"
    return response


def _head(response: HttpResponse, language: str, framers: Sequence[str]) -> None:
    response["Content-Language"] = language
    patch_vary_headers(response, ["Accept-Language"])
    patch_cache_control(response, public=True, max_age=MINUTES * 60)
    allowed = " ".join(origin for origin in framers if _PLAIN_ORIGIN.fullmatch(origin)) or "'none'"
    response["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors {allowed}"
    )
    response.xframe_options_exempt = allowed != "'none'"
