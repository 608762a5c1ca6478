"""Where a visit came from: its landing page's address, its referrer and its click IDs say it. Pure.

That it was paid for is told by the UTM medium or an advertiser's click ID, where it came from by `utm_source`, else by the
referrer; then other UTM fields count, then the referrer alone.
"""

import re
from collections.abc import Collection, Mapping
from functools import cache, lru_cache
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from publicsuffixlist import PublicSuffixList

from apps.visits import known_sites
from apps.visits.known_sites import CLICKS, FREE_CLICKS, Kind

__all__ = [
    "CLICKS",
    "INSIGNIFICANT",
    "NO_SITES",
    "Kind",
    "Origin",
    "OwnSites",
    "Source",
    "origin",
    "own_sites",
]

LONGEST = 255  # characters of a name or a UTM field
_FRONT = re.compile(r"[^:/?#]*://[^/?#]*")  # scheme and host
_ODD = re.compile(r"[\[\]\t\r\n]")  # what makes an address void, or is left out of it
_JOINT = re.compile(r"[\s_\-+]+")

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


class OwnSites(NamedTuple):
    """What is the counter's own: hosts whole, and the registrable domains that they stand below."""

    hosts: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    additions: frozenset[str] = (
        frozenset()
    )  # sign-in and payment hosts that the counter names, with all below them


NO_SITES = OwnSites()


def own_sites(origins: Collection[str], additions: Collection[str] = ()) -> OwnSites:
    """The counter's own sites, by its site and its allowed origins; `additions` are hosts."""
    hosts = frozenset(host for one in origins if (host := _host(one)[0]))
    return OwnSites(
        hosts, frozenset(_registrable(host) for host in hosts), frozenset(one.lower() for one in additions)
    )


def origin(
    *,
    url: str | None,
    referrer: str | None,
    clicks: Mapping[str, str] | None = None,
    own: OwnSites = NO_SITES,
) -> Origin:
    """Where an entry came from. `clicks` were sent beside the address; `own` are the counter's own sites."""
    said = _parameters(url)
    found = {name: said[name] for name in CLICKS if said.get(name)} if said else {}
    if clicks:
        found |= {name: _clean(text) for name, text in clicks.items() if name in CLICKS and text}
    utm_source, medium, campaign, term, content = [said.get(name, "") for name in _UTM]
    kind, name = _source(utm_source, medium, campaign, found, _referred(referrer, url, own))
    ordered = tuple((name, found[name]) for name in CLICKS if name in found) if found else ()
    return Origin(Source(str(kind), name, campaign), utm_source, medium, term, content, ordered)


_UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")


def _source(
    utm_source: str, medium: str, campaign: str, clicks: Mapping[str, str], referred: tuple[Kind, str]
) -> tuple[Kind, str]:
    known = _medium(medium) if medium else None
    said_kind, said = _named(utm_source) if utm_source else (None, "")
    where = said or ("" if referred[0] in INSIGNIFICANT else referred[1])
    paid = [name for name in CLICKS if name in clicks and name not in FREE_CLICKS] if clicks else []
    if known is Kind.AD or said_kind is Kind.AD or paid:
        return Kind.AD, where or (CLICKS[paid[0]] if paid else medium.lower())
    if known:
        return known, where or medium.lower()
    if utm_source or medium or campaign:
        if said_kind is None and referred[0] in _PLACES:
            said_kind = referred[0]
        return said_kind or Kind.CAMPAIGN, said or medium.lower() or campaign
    if clicks:
        return Kind.SOCIAL, referred[1] if referred[0] is Kind.SOCIAL else "facebook"
    return referred


_PLACES = (Kind.SEARCH, Kind.ASSISTANT, Kind.SOCIAL, Kind.MESSENGER, Kind.EMAIL)


def _joined(text: str) -> str:
    """The text without case; blank, `_` and `-` are one, and none."""
    return _JOINT.sub("", text.lower())


@lru_cache(maxsize=1000)
def _medium(text: str) -> Kind | None:
    medium = _joined(text)
    return Kind.AD if medium.startswith("paid") else _mediums().get(medium)


@lru_cache(maxsize=1000)
def _named(utm_source: str) -> tuple[Kind | None, str]:
    """What a value of `utm_source` stands for: a network by its long or short name or one of its hosts, or itself."""
    name = utm_source.strip().lower()
    if ad := known_sites.AD_NAMES.get(_joined(name)):
        return Kind.AD, ad
    name = known_sites.SHORT_NAMES.get(name, name)
    if kind := _kinds().get(_joined(name)):
        return kind
    if "." in name:
        host = _host("https://" + name.removeprefix("https://").removeprefix("http://"))[0]
        place, service = _known(host)
        if place in _PLACES:
            return place, service
    return None, name


@cache
def _mediums() -> dict[str, Kind]:
    return {word: kind for kind, words in known_sites.MEDIUMS.items() for word in words.split()}


@cache
def _kinds() -> dict[str, tuple[Kind, str]]:
    """Every service by its own name."""
    named = {_joined(name): (kind, name) for kind in _PLACES for name in known_sites.SERVICES[kind]}
    return {"google": (Kind.SEARCH, "google"), **named}


@cache
def _hosts() -> dict[str, tuple[Kind, str]]:
    """Hosts as the tables write them, `=` in front of those that stand for themselves alone."""
    return {
        host: (kind, name)
        for kind, services in known_sites.SERVICES.items()
        for name, hosts in services.items()
        for host in hosts.split()
    }


@cache
def _apps() -> dict[str, tuple[Kind, str]]:
    return {
        app: (kind, name)
        for kind, services in known_sites.APPS.items()
        for name, apps in services.items()
        for app in apps.split()
    }


def _clean(text: str) -> str:
    """PostgreSQL keeps no NUL, which an address may well spell; nor does anybody need a novel."""
    return text.replace("\x00", "")[:LONGEST]


def _parameters(url: str | None) -> dict[str, str]:
    """The UTM fields and click IDs of an address, the first of each name."""
    if not url or not ("utm_" in url or "clid" in url or "clkid" in url or "braid" in url):
        return {}
    found: dict[str, str] = {}
    for piece in _query(url).split("&"):
        name, _, text = piece.partition("=")
        if "%" in name or "+" in name:
            name = _unquoted(name)
        name = name.removeprefix("amp;")  # the address was copied out of a page's source
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


def _referred(referrer: str | None, url: str | None, own: OwnSites) -> tuple[Kind, str]:
    host, scheme = _host(referrer)
    if not host:
        return Kind.DIRECT, ""
    if scheme == "android-app":
        return _apps().get(host, (Kind.REFERRAL, host))
    page = _host(url)[0]
    if (
        host in own.hosts
        or host == page
        or any(host == one or host.endswith("." + one) for one in own.additions)
    ):
        return Kind.INTERNAL, host
    known = _listed(host)
    if known:
        return known
    domain = _registrable(host)
    if domain in own.domains or (page and domain == _registrable(page)):
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


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


@lru_cache(maxsize=10_000)
def _registrable(host: str) -> str:
    """The domain that somebody registered, or a platform's customer has; the host itself where there is none."""
    return _suffixes().privatesuffix(host) or host


@lru_cache(maxsize=10_000)
def _known(host: str) -> tuple[Kind, str]:
    """What kind of place a host is that is not the counter's own."""
    if listed := _listed(host):
        return listed
    labels = host.split(".")
    if len(labels) > 2 and labels[0] in known_sites.MAIL_LABELS:
        return Kind.EMAIL, host
    if len(labels) > 2 and labels[0] in known_sites.SIGN_IN_LABELS:
        return Kind.INTERNAL, host
    return Kind.REFERRAL, host


@lru_cache(maxsize=10_000)
def _listed(host: str) -> tuple[Kind, str] | None:
    """The service whose host this is; whoever may have a host below a service's is not that service."""
    for alone in (f"={host}", f"=www.{host}"):
        if found := _hosts().get(alone):
            return found
    labels = host.split(".")
    for start in range(len(labels) - 1):
        if found := _hosts().get(".".join(labels[start:])):
            return found[0], found[1] or host
    return _of_country_brand(host)


def _of_country_brand(host: str) -> tuple[Kind, str] | None:
    domain = _registrable(host)
    brand = domain.partition(".")[0]
    before = known_sites.COUNTRY_BRANDS.get(brand)
    if before is None:
        return None
    kind = before.get(host.removesuffix(domain).rstrip("."))
    return (kind, brand) if kind else None
