"""Page views, calls and leaving, from a page on another origin, through the real edge into the database."""

import re

import pytest

from tests.tag.conftest import html, kinds

pytestmark = pytest.mark.browser

STUB = "<script>window.ym=window.ym||function(){(ym.a=ym.a||[]).push(arguments)};ym.l=+new Date</script>"


def test_every_call_that_sites_make_is_stored_once_with_what_it_said(shop):
    n = shop.counter.pk
    shop.site.pages["/"] = html(
        head=STUB
        + f"""<script>
        ym({n}, "setUserID", "customer-17");
        ym({n}, "init", {{trackHash: true, params: {{colour: "red"}}}});
        ym({n}, "reachGoal", "early", {{order_price: 12.5, currency: "EUR", order_id: "A-1", basket: ["x"]}});
        </script>"""
        + shop.tag
    )
    page = shop.ready(shop.open("/?yclid=77&utm_source=mail"))
    page.evaluate(
        """n => new Promise(done => {
        window.said = [];
        ym(n, "params", {level: {deep: 1}});
        ym(n, "userParams", {UserID: "customer-18", vip: true});
        ym(n, "notBounce");
        ym(n, "extLink", "https://elsewhere.example/a", {params: {from: "banner"}});
        ym(n, "file", "/price.pdf");
        ym(n, "hit", "/virtual", {title: "Virtual", referer: "https://before.example/"});
        window["yaCounter" + n].hit("/old", "Old way", "https://older.example/", {step: 2});
        window["yaCounter" + n].reachGoal("by object");
        ym(n, "reachGoal", "last", {order_price: "1e3", currency: "euro"}, function () {
            said.push("called", this.name);
            ym(n, "getClientID", id => { said.push(id); done(); });
        }, {name: "context"});
        said.push(window["yaCounter" + n].getClientID());
        ym(n, "no such call"); ym("nonsense"); ym(); ym(n, "hit", {a: 1}, NaN);
        ym(n, "reachGoal", "loop", (() => { const a = {}; a.a = a; return a; })());
        })""",
        n,
    )
    hits = shop.hits(14)
    by_name = {hit.kind: hit for hit in hits if hit.kind != "view"}
    views = [hit for hit in hits if hit.kind == "view"]
    ids = page.evaluate("said")
    assert ids[1:3] == ["called", "context"]
    assert ids[0] == ids[3]
    assert re.fullmatch(r"\d{17,19}", ids[0])
    assert {shop.path(hit.url) for hit in views} == {
        "/?yclid=77&utm_source=mail",
        "/virtual",
        "/old",
        "/[object%20Object]",
    }
    assert sorted(by_name) == [
        "by object", "early", "file", "last", "loop", "notBounce", "outbound", "params", "setUserID", "userParams",
    ]  # fmt: skip
    first = views[0]
    assert (first.detail["title"], first.params, first.detail["click_ids"]) == (
        "Shop",
        {"colour": "red"},
        {"yclid": "77"},
    )
    virtual, old = views[1:3]
    assert (virtual.detail["title"], virtual.detail["referrer"]) == ("Virtual", "https://before.example/")
    assert (old.detail["title"], old.detail["referrer"], old.params) == (
        "Old way",
        "https://older.example/",
        {"step": 2},
    )
    early = by_name["early"].detail
    assert (early["value"], early["currency"], early["purchase_id"]) == ("12.5", "EUR", "A-1")
    assert early["params"]["basket"] == ["x"]
    assert "value" not in by_name["last"].detail
    assert by_name["params"].params == {"level": {"deep": 1}}
    assert by_name["outbound"].params == {"url": "https://elsewhere.example/a", "from": "banner"}
    assert by_name["file"].params == {"url": "/price.pdf"}
    assert by_name["userParams"].params == {"UserID": "customer-18", "vip": True}
    assert "params" not in by_name["loop"].detail
    assert first.who == by_name["early"].who == (2, "customer-17")
    assert by_name["setUserID"].who == by_name["last"].who == (2, "customer-18")
    assert all(re.match(r"[0-9a-f]{8}-[0-9a-z]+$", hit.id) for hit in hits)


def test_a_single_page_app_is_followed_without_counting_anything_twice(shop):
    page = shop.ready(shop.open("/start?q=red+shoes"))
    page.evaluate(
        """async n => {
        const pause = ms => new Promise(done => setTimeout(done, ms));
        document.title = "Two"; history.pushState({}, "", "/two"); ym(n, "reachGoal", "on two");
        history.replaceState({}, "", "/two"); history.pushState({}, "", "/two#part");
        await pause(400);
        history.pushState({}, "", "/three"); ym(n, "hit", "/three-as-the-page-says");
        await pause(400);
        ym(n, "hit", "/four"); history.pushState({}, "", "/four");
        await pause(400);
        history.replaceState({}, "", "/five"); setTimeout(() => document.title = "Five", 50);
        await pause(400);
        history.back();
        await pause(600);
        }""",
        shop.counter.pk,
    )
    hits = shop.hits(8)
    told = [(hit.kind, shop.path(hit.url), shop.path(hit.detail.get("referrer"))) for hit in hits]
    assert told == [
        ("view", "/start?q=red+shoes", ""),
        ("search", "/start?q=red+shoes", ""),
        ("view", "/two", "/start?q=red+shoes"),
        ("on two", "/two", ""),
        ("view", "/three-as-the-page-says", "/two"),
        ("view", "/four", "/three-as-the-page-says"),
        ("view", "/five", "/four"),
        ("view", "/three", "/five"),
    ]
    assert hits[1].params == {"query": "red shoes"}
    assert [hit.detail["title"] for hit in hits if hit.kind == "view"] == [
        "Shop",
        "Two",
        "Two",
        "Two",
        "Five",
        "Five",
    ]


def test_what_happens_just_before_a_page_closes_is_not_lost(shop):
    """By closing the tab, by leaving for another site, and by a reload in the same instant."""
    n = shop.counter.pk
    context = shop.visitor()
    page = shop.ready(shop.open("/closing", context))
    page.evaluate("n => { ym(n, 'reachGoal', 'closed') }", n)
    page.close()
    page = shop.ready(shop.open("/leaving", context))
    page.evaluate(
        "n => { history.pushState({}, '', '/left'); ym(n, 'reachGoal', 'left'); setTimeout(() => { location = 'about:blank' }) }",
        n,
    )
    page = shop.ready(shop.open("/reloading", context))
    page.evaluate("n => { ym(n, 'reachGoal', 'reloaded'); setTimeout(() => location.reload()) }", n)
    assert sorted(kinds(shop.hits(8))) == ["closed", "left", "reloaded", *["view"] * 5]


def test_what_happens_offline_is_sent_later_with_its_own_time(shop):
    n = shop.counter.pk
    context = shop.visitor()
    page = shop.ready(shop.open("/online", context))
    (first,) = shop.hits(1)
    context.set_offline(True)
    page.evaluate("n => { ym(n, 'reachGoal', 'offline') }", n)
    page.wait_for_timeout(600)
    context.set_offline(False)
    offline = shop.hits(2)[1]
    # Taken by the browser, and lost with the connection; closing a page ends Playwright's own way of being offline.
    page.evaluate("() => { navigator.sendBeacon = () => true; window.fetch = () => new Promise(() => {}) }")
    happened = page.evaluate("n => { ym(n, 'reachGoal', 'unsent'); return Date.now() }", n)
    page.close()
    assert len(shop.hits(3, at_most=0.5)) == 2
    page = shop.ready(shop.open("/again", context))
    hits = shop.hits(4)
    assert kinds(hits) == ["view", "offline", "unsent", "view"]
    assert abs(hits[2].time.timestamp() * 1000 - happened) < 50
    assert {hit.who for hit in hits} == {first.who} == {offline.who}
    page.wait_for_function("localStorage._gl_queue === undefined")
