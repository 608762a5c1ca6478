"""What the tag keeps in a browser and what it tells of whom, in each consent mode and with everything blocked."""

import json
import re

import pytest

from apps.counters import services
from apps.counters.cookies import DECLARED
from tests.tag.conftest import CHROMIUM, FLAGS, html, kinds

pytestmark = pytest.mark.browser

CHAT = '<a id="chat" href="https://t.me/shop_bot">Chat</a><script>addEventListener("click", e => e.preventDefault())</script>'
DNT = "Object.defineProperty(Navigator.prototype, 'doNotTrack', {get: () => '1'})"
GPC = "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})"


def kept(page) -> set[tuple[str, str]]:
    """Every cookie and key that this browser holds for the site."""
    found = {(cookie["name"], "cookie") for cookie in page.context.cookies()}
    for kind in ("localStorage", "sessionStorage"):
        found |= {(name, kind) for name in page.evaluate(f"Object.keys({kind})")}
    return found


def pairs(*names: str, both: tuple[str, ...] = ("cookie", "localStorage")) -> set[tuple[str, str]]:
    return {(name, kind) for name in names for kind in both}


def asks(shop, consent: str, without: str, *, listens: bool = False) -> None:
    services.save_counter(
        account_id=shop.portal.account.pk, user_id=None, number=shop.counter.pk,
        consent=consent, without_consent=without, respect_dnt=listens, respect_gpc=listens,
    )  # fmt: skip
    shop.site.pages["*"] = html(CHAT, head=shop.tag)


def test_a_long_session_leaves_exactly_what_is_declared(shop):
    asks(shop, "by_category", "cookieless")
    n = shop.counter.pk
    page = shop.ready(shop.open("/before?gclid=g1&q=hats"))
    page.evaluate("n => { ym(n, 'reachGoal', 'held'); history.pushState({}, '', '/still-before') }", n)
    page.click("#chat")
    assert page.get_attribute("#chat", "href") == "https://t.me/shop_bot"
    page.wait_for_timeout(500)
    before = shop.hits(2)
    assert [(hit.kind, shop.path(hit.url), hit.who, hit.detail.get("click_ids")) for hit in before] == [
        ("view", "/before?q=hats", None, None), ("view", "/still-before", None, None),
    ]  # fmt: skip
    everything = kept(page)
    assert everything == set()

    page.evaluate("n => ym(n, 'consent', {performance: true, functionality: false, targeting: false})", n)
    assert sorted(kinds(shop.hits(5))) == [
        "held",
        "messenger",
        "search",
        "view",
        "view",
    ]  # held back until the yes
    page.wait_for_function("localStorage._gl_queue === undefined")
    assert kept(page) == pairs("_gl_consent", "_ym_uid")
    page.evaluate("n => ym(n, 'consent', true)", n)
    page.click("#chat")
    page.context.set_offline(True)
    page.evaluate("n => ym(n, 'reachGoal', 'offline')", n)
    everything = kept(page)
    assert everything == pairs("_gl_consent", "_ym_uid") | pairs(
        "_gl_queue", "_gl_code", both=("localStorage",)
    )
    page.context.set_offline(False)
    page.wait_for_function("localStorage._gl_queue === undefined")

    page.evaluate("n => ym(n, 'optOut', true)", n)
    assert kept(page) == pairs("_gl_consent", "_gl_optout")
    everything |= kept(page)
    page.evaluate("n => ym(n, 'reachGoal', 'unseen')", n)
    page.goto(shop.site.origin + "/unseen")
    shop.ready(page)
    assert {(each.name, each.kind) for each in DECLARED} == everything
    page.goto(shop.site.origin + "/seen-again?goalline_optout=0")
    shop.ready(page)
    hits = shop.hits(8)
    assert sorted(kinds(hits)) == [
        "held",
        "messenger",
        "messenger",
        "offline",
        "search",
        "view",
        "view",
        "view",
    ]
    code = [hit.params.get("code") for hit in hits if hit.kind == "messenger"]
    assert code[0] is None
    assert re.fullmatch(r"[2346789ACDEFGHJKMNPQRTVWXY]{8}", code[1])
    assert kept(page) >= pairs("_gl_consent", "_ym_uid")
    page.evaluate("n => ym(n, 'consent', false)", n)
    assert kept(page) == pairs("_gl_consent")


def test_without_consent_nothing_is_sent_and_a_yes_sends_what_was_held_back(shop):
    asks(shop, "required", "nothing")
    page = shop.ready(shop.open("/a"))
    page.evaluate("n => ym(n, 'reachGoal', 'early')", shop.counter.pk)
    assert shop.hits(1, at_most=0.6) == []
    assert kept(page) == set()
    page.evaluate("n => ym(n, 'consent', true)", shop.counter.pk)
    hits = shop.hits(2)
    assert kinds(hits) == ["view", "early"]
    assert all(hit.who for hit in hits)
    refusing = shop.ready(shop.open("/b?goalline_optout=1"))
    refusing.evaluate("n => ym(n, 'consent', true)", shop.counter.pk)
    assert len(shop.hits(3, at_most=0.6)) == 2
    assert kept(refusing) == pairs("_gl_optout", "_gl_consent")


def test_a_browser_that_says_no_is_heard_only_where_the_counter_listens(shop):
    asks(shop, "not_required", "cookieless")
    told = shop.visitor()
    told.add_init_script(DNT + ";" + GPC)
    shop.ready(shop.open("/deaf", told))
    assert [bool(hit.who) for hit in shop.hits(1)] == [True]
    asks(shop, "not_required", "cookieless", listens=True)
    for script in (DNT, GPC):
        context = shop.visitor()
        context.add_init_script(script)
        page = shop.ready(shop.open("/heard", context))
        page.evaluate("n => { ym(n, 'consent', true); ym(n, 'reachGoal', 'x') }", shop.counter.pk)
        page.wait_for_timeout(300)
        assert kept(page) == pairs("_gl_consent")  # the answer that the page gave for its visitor
    hits = shop.hits(3)
    assert [(hit.kind, bool(hit.who)) for hit in hits] == [("view", True), ("view", False), ("view", False)]


@pytest.mark.parametrize("setting", ["all", "storage"])
def test_with_cookies_and_storage_blocked_it_counts_all_the_same(shop, playwright_, tmp_path, setting):
    """Really blocked by the browser's own setting; then storage alone, as some privacy modes do."""
    (tmp_path / "Default").mkdir()
    if setting == "all":
        blocked = {"profile": {"default_content_setting_values": {"cookies": 2}}}
        (tmp_path / "Default" / "Preferences").write_text(json.dumps(blocked))
    context = playwright_.chromium.launch_persistent_context(tmp_path, executable_path=CHROMIUM, args=FLAGS)
    shop.contexts.append(context)
    if setting == "storage":
        context.add_init_script(
            "for (const kind of ['localStorage', 'sessionStorage']) Object.defineProperty(window, kind,"
            " {get() { throw new DOMException('no', 'SecurityError') }})"
        )
    page = shop.ready(shop.open("/", context))
    page.evaluate("n => { document.cookie = 'probe=1'; ym(n, 'reachGoal', 'blocked') }", shop.counter.pk)
    assert ("probe=1" in page.evaluate("document.cookie")) == (setting == "storage")
    if setting == "all":
        assert (
            page.evaluate("(() => { try { return localStorage.length } catch { return 'blocked' } })()")
            == "blocked"
        )
    hits = shop.hits(2)
    assert kinds(hits) == ["view", "blocked"]
    assert len({hit.who for hit in hits}) == 1
    assert hits[0].who is not None
