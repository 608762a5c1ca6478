"""`/watch/<counter>` in the form of Metrica's open-source tag, so that it can be pointed here.

`page-url` is the page, or the goal as `goal://<host>/<name>` (then `page-ref` is the page); `browser-info` says by
keys what it is: `pv` a page view, `pa` parameters, `ln` a link away, `dl` a file, `nb` no bounce, and whose (`u`).
`site-info`, there or in the body, are the parameters. Sent again, a request has the same `hid`, `rn`, `rqn` and `et`
but another `st`, the sender's clock at sending: it is the same hit, and its time is corrected.

`wmode` says what answer is expected: 7 JSON, 5 a script that calls `callback`, else a picture. `/watch/<counter>/1` is
where Metrica's own server redirects to; it does the same here.
"""

import re
from collections.abc import Callable

from apps.collect import answers, metrica, requests
from apps.collect.answers import Answer
from apps.collect.gate import Entry, Refusal, number_of
from apps.collect.metrica import What
from apps.core.errors import Problem
from apps.intake import clocks
from apps.intake.records import HitIn

SETTINGS: dict[str, dict[str, str]] = {"settings": {}}
_CALLBACK = re.compile(r"[A-Za-z_$][\w$]{0,99}", re.ASCII)

Info = dict[str, str]


def answer(entry: Entry) -> Answer:
    """Keep what is told, and answer in the way that was asked for."""
    found = requests.method(entry.environ, "GET", "POST", "OPTIONS")
    site = entry.site(_number(entry.environ["PATH_INFO"]))
    if found == "OPTIONS":
        return answers.preflight(entry.headers)
    entry.admit(site)
    told = requests.parameters(entry.environ)
    reply = reply_of(told.get("wmode"), told.get("callback"))
    if told.get("nohit") != "1":
        hit, shift_us = _hit(entry, told)
        entry.keep(site, hit, shift_us)
    return reply(entry)


def reply_of(mode: str | None, callback: str | None) -> Callable[[Entry], Answer]:
    """How to answer; a name that is none must not become script."""
    if mode == "7":
        return lambda entry: answers.told(SETTINGS, entry.headers)
    if mode != "5":
        return lambda entry: answers.gif(entry.headers)
    if not (callback and _CALLBACK.fullmatch(callback)):
        return lambda entry: answers.called("void", SETTINGS, entry.headers)
    return lambda entry: answers.called(callback, SETTINGS, entry.headers)


def _number(path: str) -> int | None:
    return number_of(path.removeprefix("/watch/").removesuffix("/").removesuffix("/1"))


def _hit(entry: Entry, told: requests.Parameters) -> tuple[HitIn, int | None]:
    info = browser_info(told.get("browser-info", ""))
    said = metrica.said(metrica.parameters(told.get("site-info"), entry))
    what = _what(entry, told, info, said)
    time = metrica.seconds(info.get("et"), entry)
    hit = HitIn(
        id=_id(told, info),
        time=time or entry.arrived_at,
        type="event" if what.event else "pageview",
        url=what.url,
        name=what.event,
        client_id=info.get("u") or None,
        user_id=said.user_id,
        referrer=(told.get("page-ref") or None) if what.event is None else None,
        title=info.get("t") or None,
        params=what.params or None,
    )
    if what.event:
        hit.value, hit.currency = metrica.price(said.params)
    return hit, shift_of(entry, info.get("st")) if time else None


def shift_of(entry: Entry, sent: str | None) -> int | None:
    """What the sender's clock is off by, if it told it."""
    sent_at = metrica.seconds(sent, entry)
    if sent_at is None:
        return None
    shift = clocks.shift_us(sent_at=sent_at, arrived_at=entry.arrived_at)
    if isinstance(shift, Problem):
        entry.unreadable("time")
        return None
    return shift


def _what(entry: Entry, told: requests.Parameters, info: Info, said: metrica.Said) -> What:
    url, page = told.get("page-url") or entry.referer, told.get("page-ref") or None
    if found := metrica.goal(url or "", page):
        found.params |= said.params
        return found
    if "dl" in info or "ln" in info:
        found = metrica.link(url or "", page, file="dl" in info)
        found.params |= said.params
        return found
    if "pv" in info or not info:
        return What(None, url, said.params)
    if "nb" in info:
        return What("notBounce", url, said.params)
    if said.visitor is not None:
        return What("userParams", url, said.visitor)
    if said.user_id is not None and not said.params:
        return What("setUserID", url)
    if "pa" in info:
        return What("params", url, said.params)
    raise Refusal(
        400, "unknown_kind", "browser-info says neither pv, pa, nb, ln nor dl, and page-url is no goal."
    )


def _id(told: requests.Parameters, info: Info) -> str:
    if "rn" not in info:
        return metrica.fresh_id()
    same = [info.get(key, "") for key in ("hid", "rn", "rqn", "et", "u")]
    return metrica.id_of("watch", told.get("page-url", ""), told.get("site-info", ""), *same)


def browser_info(text: str) -> Info:
    """`key:value:key:value`; the title is last and may hold colons of its own."""
    parts = text.split(":")
    found: Info = {}
    for at in range(0, len(parts) - 1, 2):
        if parts[at] == "t":
            found["t"] = ":".join(parts[at + 1 :])
            break
        found.setdefault(parts[at], parts[at + 1])
    return found
