"""What may be kept of a hit whose visitor has, or has not, agreed to be known again. Pure."""

import re
from enum import Enum

import msgspec

from apps.intake.records import HitIn
from apps.visits.sources import CLICKS

NO_CONSENT = "no_consent"
"""Why a hit is counted and not stored."""


class Keep(Enum):
    """What of a hit may be kept."""

    ALL = "all"
    COUNT = "count"  # that a page was seen, and not by whom
    NOTHING = "nothing"


class Rules(msgspec.Struct, frozen=True, gc=False):
    """What a counter says about consent at some instant."""

    asks: bool  # consent is required, for everything or by category
    counts: bool  # those without it are counted
    respects_dnt: bool
    respects_gpc: bool

    def keep(self, hit: HitIn, *, dnt: bool = False, gpc: bool = False) -> Keep:
        """A signal of the browser outweighs what the page says; a page that says nothing has not been told yes."""
        refused = (dnt and self.respects_dnt) or (gpc and self.respects_gpc)
        silent = self.asks and hit.consent is None
        if not (refused or silent or hit.consent == "none"):
            return Keep.ALL
        return Keep.COUNT if self.counts and hit.type == "pageview" else Keep.NOTHING


def anonymous(hit: HitIn) -> HitIn:
    """The same page view, naming nobody: no identities, click or purchase IDs, and of the referrer its site alone."""
    return HitIn(
        id=hit.id,
        time=hit.time,
        type=hit.type,
        url=without_click_ids(hit.url) if hit.url else None,
        title=hit.title,
        referrer=_site(hit.referrer) if hit.referrer else None,
        ip=hit.ip,
        user_agent=hit.user_agent,
        consent="none",
    )


_CLICK = re.compile(
    rf"(?<=[?&#;])(?:{'|'.join([*CLICKS, '_ym_uid'])})=[^&#;]*(?:[&;]|(?=#)|$)",
    re.IGNORECASE,
)
_SITE = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#@]*(?=[/?#]|$)", re.IGNORECASE)


def without_click_ids(url: str) -> str:
    """The URL without the parameters by which an advertiser knows a click again."""
    short = _CLICK.sub("", url)
    if short == url:
        return url
    before, mark, after = short.partition("#")
    return before.rstrip("?&") + mark + after


def _site(url: str) -> str | None:
    found = _SITE.match(url)
    return found.group() + "/" if found else None
