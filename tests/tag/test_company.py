"""Beside others on the page: Metrica's own tag, its wrappers and wire form, Jivo, strict policies, another counter."""

import json
import re

import pytest

from tests import factories
from tests.guards.source import ROOT
from tests.tag.conftest import html, kinds

pytestmark = pytest.mark.browser

# Metrica's published snippet, and what its tag does with the queue, reduced to what another tag can notice.
SNIPPET = "window.ym=window.ym||function(){(ym.a=ym.a||[]).push(arguments)};ym.l=1*new Date();"
REAL = """
function realTag() {
  window.real = [];
  const Ya = window.Ya = window.Ya || {}, kept = Ya._metrika = Ya._metrika || {};
  kept.counters = kept.counters || {};
  kept.getCounters = kept.getCounters || (() => Object.keys(kept.counters).map(key => ({id: parseInt(key), type: 0})));
  Ya.Metrika2 = function (options) {
    kept.counters[options.id + ":0"] = this;
    for (const name of ["reachGoal", "hit", "params"]) this[name] = (...args) => real.push([options.id, name, ...args]);
    real.push([options.id, "init"]);
  };
  Ya.Metrika2.counters = kept.getCounters;
  const handle = call => {
    const [id, name, ...args] = call, counter = kept.counters[id + ":0"];
    if (call.executed) return;
    if (name == "init") { call.executed = true; if (!counter) window["yaCounter" + id] = new Ya.Metrika2({id}); }
    else if (counter && counter[name]) { counter[name](...args); call.executed = true; }
  };
  const queue = ym.a = ym.a || [], push = queue.push;
  queue.push = function (call) { handle(call); return push.apply(queue, arguments); };
  queue.slice().forEach(handle);
}
"""


@pytest.mark.parametrize("order", ["before", "after"])
def test_beside_a_real_metrica_tag_each_hears_its_own(shop, order):
    n = shop.counter.pk
    first, then = ("realTag();", "") if order == "before" else ("", "realTag();")
    shop.site.pages["/"] = html(
        head=f"""<script>{SNIPPET}{REAL}
        ym(55, "init", {{}}); ym(55, "reachGoal", "theirs early"); ym({n}, "reachGoal", "ours early");
        const kept = window.ym; {first}</script>{shop.tag}"""
    )
    context = shop.visitor()
    context.add_cookies([{"name": "_ym_uid", "value": "1600000000123456789", "url": shop.site.origin}])
    page = shop.ready(shop.open("/", context))
    page.evaluate(
        f"""n => {{ {then}
        ym(n, "init", {{}}); ym(n, "reachGoal", "ours"); ym(55, "reachGoal", "theirs");
        kept(n, "reachGoal", "ours by the old name"); kept(55, "reachGoal", "theirs by the old name");
        window["yaCounter" + n].reachGoal("ours by object"); yaCounter55.reachGoal("theirs by object");
        }}""",
        n,
    )
    hits = shop.hits(5)
    assert kinds(hits)[0] == "view"
    assert sorted(kinds(hits)) == ["ours", "ours by object", "ours by the old name", "ours early", "view"]
    assert {hit.who for hit in hits} == {(1, "1600000000123456789")}
    assert [cookie["value"] for cookie in context.cookies() if cookie["name"] == "_ym_uid"] == [
        "1600000000123456789"
    ]
    theirs = page.evaluate("real.filter(call => call[0] == 55).map(call => call.slice(1).join(' '))")
    assert theirs == [
        "init", "reachGoal theirs early", "reachGoal theirs", "reachGoal theirs by the old name", "reachGoal theirs by object",
    ]  # fmt: skip
    assert page.evaluate("real.filter(call => call[0] != 55)") == []
    assert sorted(page.evaluate("Ya.Metrika2.counters().map(counter => counter.id)")) == [55, n]


def test_a_number_that_a_real_tag_holds_is_left_alone_with_a_word(shop):
    n = shop.counter.pk
    shop.site.pages["/"] = html(
        head=f"<script>{SNIPPET}{REAL} ym({n}, 'init', {{}}); realTag();</script>{shop.tag}"
    )
    said: list[str] = []
    context = shop.visitor()
    context.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page = shop.open("/", context)
    page.wait_for_load_state("networkidle")
    page.evaluate("n => ym(n, 'reachGoal', 'theirs')", n)
    assert page.evaluate("real") == [[n, "init"], [n, "reachGoal", "theirs"]]
    assert said == [f"warning: Goalline: yaCounter{n} is another tag's"]
    assert shop.hits(1, at_most=0.3) == []


def test_two_counters_on_a_page_count_each_for_itself(shop):
    other = factories.a_counter(shop.portal.account, shop.site.origin, name="Other")
    tag = shop.tag.replace(str(shop.counter.pk), str(other.pk))
    shop.site.pages["/"] = html(head=shop.tag + tag)
    page = shop.ready(shop.open("/"))
    page.wait_for_function(f"!!window.yaCounter{other.pk}")
    page.evaluate(
        "([a, b]) => { ym(a, 'reachGoal', 'for a'); ym(b, 'setUserID', 'u1'); ym(b, 'reachGoal', 'for b');"
        " history.pushState({}, '', '/next') }",
        [shop.counter.pk, other.pk],
    )
    page.wait_for_timeout(400)
    mine, theirs = shop.hits(3), shop.hits(4, counter=other)
    assert kinds(mine) == ["view", "for a", "view"]
    first, *between, last = kinds(theirs)
    assert (first, last) == ("view", "view")
    assert sorted(between) == ["for b", "setUserID"]  # within a millisecond
    assert mine[0].who == theirs[0].who
    assert [hit.who[0] for hit in (mine[2], theirs[3])] == [1, 2]


def test_under_a_strict_policy_it_needs_a_nonce_or_its_host_and_nothing_else(shop):
    policy = "default-src 'none'; connect-src {portal}; script-src {scripts}; base-uri 'none'; require-trusted-types-for 'script'"
    seen = "<script nonce=n1>window.wrong = []; addEventListener('securitypolicyviolation', e => wrong.push(e.violatedDirective))</script>"
    isolated = {"Cross-Origin-Embedder-Policy": "require-corp", "Cross-Origin-Opener-Policy": "same-origin"}
    for path, scripts, tag in [
        ("/nonce", "'nonce-n1' 'strict-dynamic'", shop.tag.replace("<script", "<script nonce=n1")),
        ("/host", f"'nonce-n1' {shop.portal.url}", shop.tag),
    ]:
        said = policy.format(portal=shop.portal.url, scripts=scripts)
        shop.site.pages[path] = (html(head=seen + tag), {"Content-Security-Policy": said, **isolated})
        page = shop.ready(shop.open(path))
        page.evaluate("n => ym(n, 'reachGoal', 'strict')", shop.counter.pk)
        page.wait_for_timeout(400)
        assert page.evaluate("[self.crossOriginIsolated, ...wrong]") == [True]
    assert kinds(shop.hits(4)) == ["view", "strict"] * 2


def test_the_react_wrapper_from_npm_reports_here(shop):
    folder = ROOT / "tests" / "vendor" / "react-yandex-metrika"
    modules = {f"./{path.stem}": path.read_text(encoding="utf-8") for path in folder.glob("*.js")}
    shim = """
    const made = {}, types = new Proxy(() => types, {get: (target, name) => name == "default" ? types : types});
    const React = {Component: function (props) { this.props = props; }, createElement: () => null};
    function require(name) {
      if (name == "react") return React;
      if (name == "prop-types") return types;
      if (!made[name]) { const module = made[name] = {exports: {}}; new Function("exports", "require", sources[name])(module.exports, require); }
      return made[name].exports;
    }
    const wrapper = require("./index");
    function mount(accounts, version) {
      const it = new wrapper.YMInitializer({accounts, version, options: {trackHash: true}, attrs: {}});
      it.insertPoint = document.body; it.componentDidMount();
    }"""
    scripts = f"<script>const sources = {json.dumps(modules)};{shim}</script>"
    n = shop.counter.pk
    for version, late in (("1", False), ("2", True)):
        mounts = f"mount([{n}], '{version}'); wrapper.default('reachGoal', 'at once');"
        soon = (
            ""
            if late
            else f"<script>document.addEventListener('DOMContentLoaded', () => {{ {mounts} }})</script>"
        )
        shop.site.pages[f"/v{version}"] = html(head=scripts + soon + shop.tag)
        context = shop.visitor()
        context.route(re.compile("mc.yandex.ru"), lambda route: route.abort())
        page = shop.ready(shop.open(f"/v{version}", context))
        if late:
            page.evaluate(mounts)
        page.evaluate("n => { wrapper.default('hit', '/cart'); wrapper.withId(n)('params', {a: 1}) }", n)
    hits = shop.hits(8)
    assert kinds(hits[:2]) == ["view", "at once"]
    assert sorted(kinds(hits)) == ["at once", "at once", "params", "params", "view", "view", "view", "view"]
    assert sorted(shop.path(hit.url) for hit in hits if hit.kind == "view") == [
        "/cart",
        "/cart",
        "/v1",
        "/v2",
    ]


def test_the_wire_form_of_metricas_open_tag_is_stored(shop):
    page = shop.open("/elsewhere")
    page.goto("about:blank")  # it is another page's own tag that speaks now, by image and by fetch
    page.goto(shop.site.origin + "/metrica")
    page.evaluate(
        """async ([portal, n]) => {
        const watch = said => `${portal}/watch/${n}?` + new URLSearchParams(said);
        const at = Math.floor(Date.now() / 1000), browser = `u:1700000000987654321:et:${at}:st:${at}:hid:77:`;
        const view = watch({"page-url": location.href, "page-ref": "https://search.example/", charset: "utf-8",
                            "browser-info": "pv:1:" + browser + "rn:1:t:Page of Metrica"});
        await new Promise(done => { const image = new Image(); image.onload = image.onerror = done; image.src = view; });
        await fetch(view, {mode: "no-cors"});  // sent again
        await fetch(watch({"page-url": "goal://" + location.hostname + "/order", "page-ref": location.href, wmode: "7",
                           "site-info": JSON.stringify({n: 1}), "browser-info": "ar:1:" + browser + "rn:2"}));
        }""",
        [shop.portal.url, shop.counter.pk],
    )
    hits = [hit for hit in shop.hits(4) if hit.who == (1, "1700000000987654321")]
    assert [(hit.kind, shop.path(hit.url)) for hit in hits] == [("view", "/metrica"), ("order", "/metrica")]
    assert hits[0].detail["referrer"] == "https://search.example/"


JIVO = """
window.tokens = []; window.order = [];
window.jivo_onLoadCallback = function () { order.push("page's own"); };
document.cookie = "jivo_visitor_id=Ab12"; document.cookie = "jv_visits_count_Ab12=3"; document.cookie = "jv_utm_Ab12=source%3Dmail";
localStorage.jv_enter_ts_Ab12 = "1795000000"; localStorage.jv_client_id_Ab12 = "991"; sessionStorage.jv_pages_count_Ab12 = "5";
localStorage.unrelated = "private";
function loadJivo() {
  window.jivo_api = {setUserToken: token => tokens.push(token)};
  jivo_onLoadCallback();
  const say = [], look = (how, find) => { let found; try { found = find() } catch (error) { say.push(how + ": " + error) } return found };
  const byName = Object.keys(window).map(name => (/^yaCounter(\\d+)$/.exec(name) || [])[1]).find(Boolean);
  look("by name", () => window["yaCounter" + byName].reachGoal("Jivo_Client_initiate_chat"));
  look("by queue", () => ym.l && ym(ym.a[0][0], "reachGoal", "Jivo_Proactive_invitation_accepted"));
  look("by list", () => window["yaCounter" + Ya.Metrika2.counters()[0].id].reachGoal("Jivo_Client_answer_on_agent_request", {by: "list"}));
  look("by old list", () => ym((Ya.Metrika.counters() || Ya._metrika.getCounters())[0].id, "reachGoal", "Jivo_Offline_message_sent"));
  look("by all", () => { if (new Set([+byName, ym.a[0][0], Ya.Metrika2.counters()[0].id, Ya._metrika.getCounters()[0].id]).size != 1) throw "many" });
  return say;
}
"""


def test_a_widget_made_for_metrica_finds_the_tag_and_its_four_events_arrive(shop):
    shop.site.pages["/"] = html(head=f"<script>{JIVO}</script>{shop.tag}")
    page = shop.ready(shop.open("/"))
    assert page.evaluate("loadJivo()") == []
    hits = shop.hits(6)
    assert sorted(kinds(hits)) == [
        "Jivo_Client_answer_on_agent_request", "Jivo_Client_initiate_chat", "Jivo_Offline_message_sent",
        "Jivo_Proactive_invitation_accepted", "jivo_visitor", "view",
    ]  # fmt: skip
    (said,) = [hit for hit in hits if hit.kind == "jivo_visitor"]
    assert said.params == {
        "jivo": {
            "visitor_id": "Ab12", "visits_count": "3", "utm": "source=mail", "enter_ts": "1795000000",
            "client_id": "991", "pages_count": "5",
        }
    }  # fmt: skip
    assert page.evaluate("tokens") == [said.who[1]]
    assert page.evaluate("order") == ["page's own"]
