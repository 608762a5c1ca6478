"""Where a visit came from: its landing page's address, its referrer and its click IDs say it. Pure.

A paid click is told by its UTM medium or by an advertiser's click ID, then other UTM fields count, then the referrer.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

LONGEST = 255  # characters of a name or a UTM field
_FRONT = re.compile(r"[^:/?#]*://[^/?#]*")  # scheme and host
_ODD = re.compile(r"[\[\]\t\r\n]")  # what makes an address void, or is left out of it


class Kind(StrEnum):
    """The kinds of sources; the last two are not significant."""

    AD = "ad"
    SEARCH = "search"
    SOCIAL = "social"
    MESSENGER = "messenger"
    EMAIL = "email"
    CAMPAIGN = "campaign"  # UTM fields that say nothing more exact
    REFERRAL = "referral"
    INTERNAL = "internal"  # the site itself: a visit that went on after a pause
    DIRECT = "direct"


INSIGNIFICANT = (Kind.DIRECT, Kind.INTERNAL)


class Source(NamedTuple):
    """Kind, name (a search engine, a network, a host, what utm_source says) and campaign."""

    kind: str
    name: str = ""
    campaign: str = ""


class Origin(NamedTuple):
    """All that an entry says of where it came from; texts are empty where it says nothing."""

    source: Source
    utm_source: str = ""
    medium: str = ""
    term: str = ""
    content: str = ""
    clicks: tuple[tuple[str, str], ...] = ()  # click IDs by name


CLICKS = {
    "yclid": "yandex",
    "gclid": "google",
    "fbclid": "facebook",
    "msclkid": "bing",
    "ttclid": "tiktok",
    "ctwa_clid": "whatsapp",
}
_UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
_FREE_CLICKS = ("fbclid",)  # put on every link, paid or not

_MEDIUMS = {
    **dict.fromkeys(
        [
            "cpc",
            "ppc",
            "cpm",
            "cpv",
            "cpa",
            "cpp",
            "cpl",
            "paid",
            "paidsearch",
            "paid_search",
            "paid-search",
            "paidsocial",
            "paid_social",
            "paid-social",
            "display",
            "banner",
            "retargeting",
            "remarketing",
            "ad",
            "ads",
            "adv",
            "targeting",
        ],
        Kind.AD,
    ),
    **dict.fromkeys(["email", "e-mail", "e_mail", "mail", "newsletter", "mailing"], Kind.EMAIL),
    **dict.fromkeys(
        ["social", "social-network", "social_network", "smm", "sm", "social-media", "social_media"],
        Kind.SOCIAL,
    ),
    **dict.fromkeys(["messenger", "messengers", "chat", "im"], Kind.MESSENGER),
    "organic": Kind.SEARCH,
    "referral": Kind.REFERRAL,
}

# Names of sites under any country's ending: google.de, google.co.kr.
_BRANDS = {
    **dict.fromkeys(
        [
            "google",
            "yandex",
            "bing",
            "yahoo",
            "duckduckgo",
            "baidu",
            "naver",
            "daum",
            "ecosia",
            "qwant",
            "startpage",
            "seznam",
            "sogou",
            "ask",
            "aol",
            "rambler",
            "yep",
            "swisscows",
            "mojeek",
            "coccoc",
            "haosou",
        ],
        Kind.SEARCH,
    ),
    **dict.fromkeys(
        [
            "facebook",
            "instagram",
            "twitter",
            "linkedin",
            "pinterest",
            "reddit",
            "tiktok",
            "youtube",
            "tumblr",
            "quora",
            "weibo",
            "xing",
            "snapchat",
            "threads",
            "bsky",
            "mastodon",
            "dzen",
            "pikabu",
            "twitch",
        ],
        Kind.SOCIAL,
    ),
    **dict.fromkeys(
        ["telegram", "whatsapp", "viber", "discord", "slack", "skype", "signal", "kakao", "wechat"],
        Kind.MESSENGER,
    ),
}
# Whole domains, with all below them; these come before the names above.
_DOMAINS = {
    "mail.google.com": (Kind.EMAIL, "gmail"),
    "docs.google.com": (Kind.REFERRAL, "docs.google.com"),
    "sites.google.com": (Kind.REFERRAL, "sites.google.com"),
    "mail.yahoo.com": (Kind.EMAIL, "yahoo mail"),
    "outlook.live.com": (Kind.EMAIL, "outlook"),
    "outlook.office.com": (Kind.EMAIL, "outlook"),
    "outlook.office365.com": (Kind.EMAIL, "outlook"),
    "mail.yandex.ru": (Kind.EMAIL, "yandex mail"),
    "e.mail.ru": (Kind.EMAIL, "mail.ru"),
    "go.mail.ru": (Kind.SEARCH, "mail.ru"),
    "ya.ru": (Kind.SEARCH, "yandex"),
    "search.brave.com": (Kind.SEARCH, "brave"),
    "so.com": (Kind.SEARCH, "so.com"),
    "x.com": (Kind.SOCIAL, "twitter"),
    "t.co": (Kind.SOCIAL, "twitter"),
    "lnkd.in": (Kind.SOCIAL, "linkedin"),
    "youtu.be": (Kind.SOCIAL, "youtube"),
    "fb.me": (Kind.SOCIAL, "facebook"),
    "vk.com": (Kind.SOCIAL, "vk"),
    "vk.ru": (Kind.SOCIAL, "vk"),
    "vkontakte.ru": (Kind.SOCIAL, "vk"),
    "ok.ru": (Kind.SOCIAL, "odnoklassniki"),
    "odnoklassniki.ru": (Kind.SOCIAL, "odnoklassniki"),
    "t.me": (Kind.MESSENGER, "telegram"),
    "telegram.me": (Kind.MESSENGER, "telegram"),
    "wa.me": (Kind.MESSENGER, "whatsapp"),
    "messenger.com": (Kind.MESSENGER, "messenger"),
    "line.me": (Kind.MESSENGER, "line"),
}
# Apps for Android name themselves: android-app://org.telegram.messenger/
_APPS = {
    "com.google.android.googlequicksearchbox": (Kind.SEARCH, "google"),
    "com.google.android.gm": (Kind.EMAIL, "gmail"),
    "org.telegram.messenger": (Kind.MESSENGER, "telegram"),
    "com.whatsapp": (Kind.MESSENGER, "whatsapp"),
    "com.viber.voip": (Kind.MESSENGER, "viber"),
    "com.facebook.katana": (Kind.SOCIAL, "facebook"),
    "com.instagram.android": (Kind.SOCIAL, "instagram"),
    "com.linkedin.android": (Kind.SOCIAL, "linkedin"),
}
_SECOND_LEVEL = frozenset(["co", "com", "org", "net", "ac", "gov", "edu", "ne", "or", "go"])


def origin(
    *, url: str | None, referrer: str | None, clicks: Mapping[str, str] | None = None, site: str | None = None
) -> Origin:
    """Where an entry came from. `clicks` were sent beside the address; `site` is the counter's own."""
    said = _parameters(url)
    found = {name: said[name] for name in CLICKS if said.get(name)} if said else {}
    if clicks:
        found |= {name: _clean(text) for name, text in clicks.items() if name in CLICKS and text}
    utm_source, medium, campaign, term, content = [said.get(name, "") for name in _UTM]
    kind, name = _source(utm_source, medium, campaign, found, _referred(referrer, url, site))
    ordered = tuple((name, found[name]) for name in CLICKS if name in found) if found else ()
    return Origin(Source(str(kind), name, campaign), utm_source, medium, term, content, ordered)


def _source(
    utm_source: str, medium: str, campaign: str, clicks: Mapping[str, str], referred: tuple[Kind, str]
) -> tuple[Kind, str]:
    known = _MEDIUMS.get(medium.lower())
    paid = [name for name in CLICKS if name in clicks and name not in _FREE_CLICKS] if clicks else []
    if known is Kind.AD or paid:
        return Kind.AD, utm_source.lower() or (CLICKS[paid[0]] if paid else referred[1])
    if known:
        return known, utm_source.lower() or referred[1]
    if utm_source or medium or campaign:
        name = utm_source.lower() or medium.lower() or campaign
        brand = _BRANDS.get(name)
        if brand is None and referred[0] in (Kind.SEARCH, Kind.SOCIAL, Kind.MESSENGER, Kind.EMAIL):
            brand = referred[0]
        return brand or Kind.CAMPAIGN, name
    if clicks:
        return Kind.SOCIAL, "facebook"
    return referred


def _clean(text: str) -> str:
    """PostgreSQL keeps no NUL, which an address may well spell; nor does anybody need a novel."""
    return text.replace("\x00", "")[:LONGEST]


def _parameters(url: str | None) -> dict[str, str]:
    """The UTM fields and click IDs of an address, the first of each name."""
    if not url or ("utm_" not in url and "clid" not in url and "msclkid" not in url):
        return {}
    found: dict[str, str] = {}
    for piece in _query(url).split("&"):
        name, _, text = piece.partition("=")
        if "%" in name or "+" in name:
            name = _unquoted(name)
        if text and (name.startswith("utm_") or name in CLICKS) and name not in found:
            found[name] = _clean(_unquoted(text).strip())
    return found


def _query(url: str) -> str:
    if url.isascii() and not _ODD.search(url):
        return url.partition("#")[0].partition("?")[2]  # a tenth of the price of taking all of it apart
    try:
        return urlsplit(url).query
    except ValueError:
        return ""


def _unquoted(text: str) -> str:
    return unquote(text.replace("+", " "), errors="replace")


def _referred(referrer: str | None, url: str | None, site: str | None) -> tuple[Kind, str]:
    host, scheme = _host(referrer)
    if not host:
        return Kind.DIRECT, ""
    if scheme == "android-app":
        return _APPS.get(host, (Kind.REFERRAL, host))
    if any(_related(host, _host(own)[0]) for own in (site, url)):
        return Kind.INTERNAL, host
    return _known(host)


def _host(address: str | None) -> tuple[str, str]:
    """Host without www. and scheme; empty where there is none."""
    if not address:
        return "", ""
    front = _FRONT.match(address)
    return _host_of(front[0] if front else address)


@lru_cache(maxsize=10_000)
def _host_of(address: str) -> tuple[str, str]:
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return "", ""
    if parts.scheme not in {"http", "https", "android-app"}:
        return "", ""
    return _clean(host.rstrip(".").removeprefix("www.")), parts.scheme


def _related(one: str, other: str) -> bool:
    return bool(other) and (one == other or one.endswith(f".{other}") or other.endswith(f".{one}"))


@lru_cache(maxsize=10_000)
def _known(host: str) -> tuple[Kind, str]:
    labels = host.split(".")
    for start in range(len(labels) - 1):
        if found := _DOMAINS.get(".".join(labels[start:])):
            return found
    ending = 2 if len(labels) > 2 and labels[-2] in _SECOND_LEVEL and len(labels[-1]) == 2 else 1
    name = labels[-ending - 1] if len(labels) > ending else ""
    kind = _BRANDS.get(name)
    return (kind, name) if kind else (Kind.REFERRAL, host)
