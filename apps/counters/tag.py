"""The script that a site carries: the built tag with one counter's settings behind it."""

import gzip
import hashlib
import json
from dataclasses import dataclass
from functools import cache, lru_cache

from django.conf import settings

from apps.counters.models import Consent, WithoutConsent
from apps.counters.selectors import TagSettings

BUILT = settings.BASE_DIR / "static" / "tag" / "tag.js"
DIGITS = 8


@dataclass(frozen=True, slots=True)
class Script:
    """`version` names code and settings; the id of each hit that the script sends begins with it."""

    version: str
    body: bytes
    compressed: bytes


@lru_cache(maxsize=1024)
def script(of: TagSettings, base_url: str) -> Script:
    """The tag of this counter; `base_url` is used only where the script cannot tell where it came from."""
    told: dict[str, object] = {
        "number": of.number,
        "base": base_url,
        "origins": sorted({of.site, *of.allowed_origins}),
    }
    switches = {
        "users": of.user_ids,
        "asks": of.consent != Consent.NOT_REQUIRED,
        "cookieless": of.without_consent == WithoutConsent.COOKIELESS,
        "dnt": of.respect_dnt,
        "gpc": of.respect_gpc,
    }
    told |= {name: 1 for name, on in switches.items() if on}  # what is off is left out: each page pays for it
    version = hashlib.sha256((_built() + json.dumps(told)).encode()).hexdigest()[:DIGITS]
    body = f"{_built()}({_literal({**told, 'version': version})});\n".encode()
    return Script(version, body, gzip.compress(body, 9, mtime=0))


def snippet(*, number: int, base_url: str) -> str:
    """What goes into the head of each page: room for calls that come early, and the script."""
    return (
        "<script>window.ym=window.ym||function(){(ym.a=ym.a||[]).push(arguments)};ym.l=+new Date</script>\n"
        f'<script async src="{base_url}/tag/{number}.js"></script>'
    )


def version_of(hit_id: str) -> str | None:
    """The version of the script that sent this hit, if it was one that sent it."""
    version, dash, rest = hit_id.partition("-")
    sent = dash and rest.isalnum() and len(version) == DIGITS and set(version) <= set("0123456789abcdef")
    return version if sent else None


@cache
def _built() -> str:
    return BUILT.read_text(encoding="utf-8").strip()


def _literal(told: dict[str, object]) -> str:
    """As JavaScript that may stand anywhere, even in a page's script element; only ASCII, as `dumps` writes."""
    return json.dumps(told, separators=(",", ":")).replace("<", "\\u003c")
