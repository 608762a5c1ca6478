"""`/collect?tid=...` in the form of Metrica's measurement protocol, for servers, and for its tag where that is built so.

| parameter | |
| --- | --- |
| `tid`, `cid`, `t` | the counter; the client ID; `pageview` or `event` |
| `dl`, `dr`, `dt` | page, referrer, title |
| `ea`, `el`, `ev`, `cu` | the event, its label, value and currency |
| `et` | when it happened, seconds since 1970; else it happens now |
| `params` | what else there is to say, as JSON |
| `uid`, `id` | beyond the original: the user ID; a name of the hit itself, by which it is known when it comes again |
| `ua`, `uip` | beyond the original: the visitor's user agent and address, which a server's own are not |
| `pa`, `ti`, `tr`, `tcc`, `pr<N>id` ... | a purchase or another action of a shop |

Without an `id`, two requests that are equal in all their parameters are one hit if they have an `et` or a random `z`;
without any of the three they are two.
"""

import re

from apps.collect import answers, metrica, requests, watch
from apps.collect.answers import Answer
from apps.collect.gate import Entry, Refusal, number_of
from apps.collect.metrica import What
from apps.intake.records import HitIn

_PRODUCT = re.compile(r"pr(\d{1,3})(id|nm|br|ca|va|pr|qt|cc|ps)", re.ASCII)
_LASTING = ("tid", "cid", "t", "ea", "el", "dl", "dr", "z", "_hid", "_rqn", "_et", "_pa")
"""What Metrica's tag says alike in another attempt to send."""
_TAGS = {"nb": "notBounce", "pa": "params", "dwl": "file", "ln": "outbound"}
"""Actions of Metrica's tag that are events here."""


def answer(entry: Entry) -> Answer:
    """Keep what is told, and answer in the way that was asked for."""
    found = requests.method(entry.environ, "GET", "POST", "OPTIONS")
    if found == "OPTIONS" and "tid=" not in (entry.environ.get("QUERY_STRING") or ""):
        raise Refusal(404, "no_counter", "A question whether one may send has to name the counter: ?tid=.")
    told = requests.parameters(entry.environ)
    if "tid" not in told:
        raise Refusal(404, "no_counter", "No counter is named: send to /collect/<counter>, or say tid.")
    site = entry.site(number_of(told["tid"]))
    if found == "OPTIONS":
        return answers.preflight(entry.headers)
    entry.admit(site)
    reply = watch.reply_of(told.get("_wmode"), told.get("callback"))
    if told.get("_nohit") != "1":
        hit = _hit(entry, told)
        entry.keep(site, hit, watch.shift_of(entry, told.get("_st")))
    return reply(entry)


def _hit(entry: Entry, told: requests.Parameters) -> HitIn:
    said = metrica.said(metrica.parameters(told.get("params") or told.get("_pa"), entry))
    what = _what(told, said)
    shop = _shop(told)
    return HitIn(
        id=told.get("id") or _id(told),
        time=metrica.seconds(told.get("et") or told.get("_et"), entry) or entry.arrived_at,
        type="event" if what.event else "pageview",
        url=what.url or entry.referer,
        name=what.event,
        client_id=told.get("cid") or None,
        user_id=told.get("uid") or said.user_id,
        purchase_id=told.get("ti") or None,
        referrer=told.get("dr") or None,
        title=told.get("dt") or None,
        value=told.get("ev") or told.get("tr") or None,
        currency=told.get("cu") or None,
        params={**what.params, **({"ecommerce": shop} if shop else {})} or None,
        ip=told.get("uip") or None,
        user_agent=told.get("ua") or None,
        consent=told.get("consent") or None,
    )


def _what(told: requests.Parameters, said: metrica.Said) -> What:
    kind, action, page = told.get("t", ""), told.get("ea") or told.get("pa") or "", told.get("dl") or None
    if kind == "pageview" or (kind == "event" and "_et" in told and action in {"pv", "wh"}):
        return What(None, page, said.params)
    if kind != "event":
        raise Refusal(400, "invalid_choice", f"t {kind[:40]!r} is neither pageview nor event.")
    if not action:
        raise Refusal(400, "required", "ea is missing: an event has a name.")
    return _event(told, action, page, said)


def _event(told: requests.Parameters, action: str, page: str | None, said: metrica.Said) -> What:
    label = told.get("el") or ""
    if action == "goal" and (found := metrica.goal(label, told.get("dr") or page)):
        found.params |= said.params
        return found
    if said.visitor is not None:
        return What("userParams", page, said.visitor)
    named = {"label": label} if label else {}
    return What(_TAGS.get(action, action), page, {**named, **said.params})


def _shop(told: requests.Parameters) -> metrica.Params:
    """An action of a shop: what was done, with which products."""
    products: dict[int, dict[str, str]] = {}
    for name, value in told.items():
        if match := _PRODUCT.fullmatch(name):
            products.setdefault(int(match[1]), {})[match[2]] = value
    found: metrica.Params = {}
    if action := told.get("pa"):
        found["action"] = action
    if coupon := told.get("tcc"):
        found["coupon"] = coupon
    if products:
        found["products"] = [products[number] for number in sorted(products)]
    return found


def _id(told: requests.Parameters) -> str:
    if not (told.get("et") or told.get("z")):
        return metrica.fresh_id()
    names = _LASTING if "_et" in told else sorted(told)
    return metrica.id_of("collect", *(f"{name}={told.get(name, '')}" for name in names))
