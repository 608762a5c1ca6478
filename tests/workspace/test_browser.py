"""The workspace in a real browser: what arrives while it is open, by keyboard, on a phone, with hostile texts."""

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import settings
from django.db import connection
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from apps.accounts.models import Account, Agent, Group
from apps.collect.counters import Counters
from apps.collect.drain import Drain
from apps.collect.edge import Edge
from apps.collect.limits import Limits
from apps.collect.spool import Spool
from apps.conversations.models import Channel, Conversation
from apps.core import clock
from apps.goals.drafts import ConditionDraft
from apps.goals.models import GoalVersion
from apps.hourly.services import look_at_chats
from tests.backoffice.conftest import a_goal
from tests.backoffice.test_browser import CHROMIUM, FLAGS, tab_to
from tests.collect.conftest import Door
from tests.goals.chats import a_chat_goal
from tests.workspace.stories import a_chat, a_hit, event, judge, message, take

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WITHIN = 5_000
"""ms after which what is new stands in an open page."""
PAYLOADS = (
    '"\'><img src=x x-init="window.hacked=1" onerror="window.hacked=2"><script>window.hacked=3</script>',
    '<b x-data="{}" x-text="window.hacked=4" @click="window.hacked=5">b</b><svg onload="window.hacked=6">',
    "{{ constructor.constructor('window.hacked=7')() }}{% now 'Y' %}${window.hacked=8}javascript:window.hacked=9",
    "</textarea></title></style><iframe srcdoc='<script>parent.hacked=10</script>'></iframe>",
    "\u202egpj.exe \u2066isolated\u2069 \x1b[31mred\x07 \u0000".replace("\u0000", ""),
)
HOSTILE = " ".join(PAYLOADS)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        assert not os.environ.get("CI"), "the browser tests need Chromium, and CI must not skip them"
        pytest.skip("there is no Chromium on this machine")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
        "1"  # Playwright's loop runs in the thread that asks the database
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium") or CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@dataclass
class Desk:
    """A browser window; `wrong` gathers what no page may do."""

    page: Page
    base: str
    wrong: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        self.page.goto(self.base + path)
        return self.page


@pytest.fixture
def window(browser, live_server, cast, sign_in) -> Iterator:
    contexts: list[BrowserContext] = []

    def opened(width: int = 1360, height: int = 860, who: str = "agent", **options) -> Desk:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        cookie = sign_in(who).cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        desk = Desk(context.new_page(), live_server.url)
        desk.page.on("pageerror", lambda error: desk.wrong.append(f"error: {error}"))
        desk.page.on("dialog", lambda dialog: desk.wrong.append(f"dialog: {dialog.message}"))
        desk.page.on(
            "request",
            lambda request: (
                None if request.url.startswith(live_server.url) else desk.wrong.append(request.url)
            ),
        )
        desk.page.on(
            "console",
            lambda said: desk.wrong.append(said.text) if "Content Security Policy" in said.text else None,
        )
        return desk

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def collector(cast) -> Iterator[Door]:
    """The edge with its spool, as visitors' browsers reach it."""
    spool, counters = Spool(settings.COLLECT_SPOOL), Counters()
    yield Door(Edge(spool=spool, counters=counters, limits=Limits(0)), f"/collect/{cast.counter.pk}")
    spool.close()
    counters.close()


def open_chat(desk: Desk, one: Conversation) -> Page:
    return desk.open(f"/workspace/conversations/{one.pk}/")


def test_a_purchase_appears_in_the_open_conversation_with_who_and_why(window, cast, sign_in, collector):
    a_goal(cast, transaction_value=Decimal("49.90"), days_ago=1)
    one = a_chat(cast.account, at=clock.now() - timedelta(minutes=3))
    with clock.set_back(timedelta(days=1)):
        a_chat_goal(one.channel, condition=ConditionDraft("contains", "/thank-you"))
    desk = window()
    page = open_chat(desk, one)
    expect(page.locator("#history > li")).to_have_count(3)
    page.wait_for_timeout(3500)  # it has asked once: nothing new
    bought = {
        "id": "buy", "time": clock.now().isoformat(), "type": "pageview", "client_id": "1700000000123456",
        "url": "https://shop.example/thank-you?order=17",
    }  # fmt: skip
    assert collector.send({"hits": [bought]}, HTTP_ORIGIN="https://shop.example").status == 202
    Drain(settings.COLLECT_SPOOL).run(once=True)
    judge(cast)
    look_at_chats(account_id=cast.account.pk)
    run_ended = time.monotonic()
    goal = page.locator(".goal")
    expect(goal).to_be_visible(timeout=WITHIN)
    expect(page.locator("#standing")).to_contain_text("Purchase", timeout=WITHIN)
    assert time.monotonic() - run_ended < WITHIN / 1000
    expect(goal).to_contain_text("Credited to Ana (Sales)")
    expect(goal).to_contain_text("49.90 EUR")
    expect(goal).to_contain_text("https://shop.example/thank-you?order=17")
    goal.locator("summary").click()
    expect(goal).to_contain_text("Ana (Sales) earned the credit: the conversation was active.")
    expect(page.locator("#standing")).to_contain_text("Achieved")
    page.wait_for_timeout(3500)
    expect(goal.locator("details")).to_have_attribute("open", "")  # polling does not close what was opened
    assert desk.wrong == []

    Agent.objects.get(pk=cast.ana.pk).groups.clear()
    stranger = a_chat(cast.account, "T-2", agent="ben", group="support", client="5555")
    client = sign_in("agent")
    for path in ("", "news/"):
        assert client.get(f"/workspace/conversations/{stranger.pk}/{path}").status_code == 404
    for path in ("", "timeline/"):
        assert client.get(f"/api/v1/conversations/{stranger.pk}/{path}").status_code == 404
    assert "T-2" not in client.get("/workspace/").content.decode()


def test_late_facts_come_to_their_place_and_what_is_there_stays(window, cast):
    at = clock.now() - timedelta(minutes=5)
    one = a_chat(cast.account, at=at)
    desk = window()
    page = open_chat(desk, one)
    page.evaluate("document.querySelector('#history > li').dataset.mine = 'kept'")
    take(cast.account, event("T-1", 60, at, **message("person", "the newest")))
    take(cast.account, event("T-1", -60, at, **message("system", "the oldest")))
    expect(page.get_by_text("the newest")).to_be_visible(timeout=WITHIN)
    texts = page.locator("#history .text").all_text_contents()
    assert texts == ["the oldest", "Is it true to size?", "It is.", "the newest"]
    assert page.locator("[data-mine=kept]").count() == 1
    assert desk.wrong == []


def test_a_long_history_is_read_in_parts(window, cast):
    at = clock.now() - timedelta(hours=3)
    one = a_chat(cast.account, at=at)
    for start in range(0, 120, 60):
        take(
            cast.account,
            *(
                event("T-1", 10 + n, at, **message("person", f"message {n}."))
                for n in range(start, start + 60)
            ),
        )
    desk = window()
    page = open_chat(desk, one)
    expect(page.locator("#history > li")).to_have_count(50)
    for shown in (100, 123):
        page.locator("[data-earlier]").click()
        expect(page.locator("#history > li")).to_have_count(shown)
    take(cast.account, event("T-1", 500, at, **message("person", "and now?")))
    expect(page.get_by_text("and now?")).to_be_visible(timeout=WITHIN)
    expect(page.locator("#history > li")).to_have_count(124)
    assert page.locator("#history .text").first.text_content() == "Is it true to size?"
    assert desk.wrong == []


def test_everything_is_reached_by_keyboard(window, cast):
    one = a_chat(cast.account)
    desk = window()
    page = desk.open("/workspace/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip").first).to_be_focused()
    tab_to(page, ".rows a")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(one.ticket)
    tab_to(page, ".menu.end > summary")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(page.locator(".menu.end > summary")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, ".menu-list button")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Sign in to your conversations")).to_be_visible()
    assert desk.wrong == []


@pytest.fixture
def hostile(transactional_db, cast) -> Conversation:
    """A conversation in which everything that comes from outside is a payload."""
    a_goal(cast, days_ago=1)
    at = clock.now() - timedelta(minutes=5)
    said = message("person", HOSTILE) | {
        "person": {"client_id": HOSTILE[:200]},
        "link": "https://chat.example/%22%3E",
    }
    rating = {"score": PAYLOADS[0][:60], "comment": HOSTILE}
    take(
        cast.account,
        event("T-1", 0, at, **said),
        event("T-1", 1, at, type="assignment", agent="ana", group="sales"),
        event("T-1", 2, at, **message("agent", HOSTILE, "ana")),
        event("T-1", 3, at, public=False, **message("agent", HOSTILE, "ana")),
        event("T-1", 4, at, type="rating", rating=rating),
        event("T-1", 5, at, type="tag", tag=PAYLOADS[1]),
        event("T-1", 6, at, **message("person", "مرحبا، هل المقاس صحيح؟")),
    )
    url = f"https://shop.example/thank-you?utm_campaign={PAYLOADS[0]}&x={HOSTILE}" + "y" * 3000
    a_hit(
        cast,
        client=HOSTILE[:200],
        url=url,
        title=HOSTILE,
        referrer=url[:4000],
        click_ids={"yclid": PAYLOADS[1]},
    )
    a_hit(cast, "e", client=HOSTILE[:200], url=url, type="event", name=PAYLOADS[1])
    judge(cast)
    Account.objects.filter(pk=cast.account.pk).update(name=HOSTILE[:255])
    for rows in (Agent.objects.all(), Group.objects.all(), Channel.objects.all()):
        rows.update(name=HOSTILE[:255])
    GoalVersion.objects.update(name=HOSTILE[:255])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE conversions_conversion SET agent_name = %s", [HOSTILE])
        cursor.execute("UPDATE conversations_conversation SET ticket = %s", [HOSTILE[:255]])
    return Conversation.objects.get(account=cast.account)


@pytest.mark.parametrize("width", [390, 1360])
@pytest.mark.parametrize("who", ["agent", "owner"])
def test_hostile_texts_are_shown_and_never_run_nor_push_a_page_sideways(window, hostile, width, who):
    desk = window(width=width, who=who)
    page = desk.open("/workspace/")
    paths = ["/workspace/", "/workspace/?q=%22%3E%3Cimg+src%3Dx+onerror%3Dwindow.hacked%3D1%3E"]
    for path in [*paths, f"/workspace/conversations/{hostile.pk}/"]:
        page = desk.open(path)
        sound(page, path)
    for details in page.locator("details").all():
        details.evaluate("one => one.open = true")
    for place in page.locator("#history *, .rows *").all()[:60]:
        place.dispatch_event("click") if place.evaluate("one => !one.closest('a, button, summary')") else None
    page.wait_for_timeout(3500)  # what polling brings is put in as it was
    sound(page, "after polling")
    content = page.locator("#history").inner_text()
    for text in ("<script>window.hacked=3</script>", "{{ constructor.constructor(", "⟨U+202E⟩", "⟨U+001B⟩"):
        assert text in content, text
    assert desk.wrong == []


def sound(page: Page, name: str) -> None:
    assert page.evaluate("window.hacked") is None, name
    too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert too_wide <= 0, f"{name} can be pushed sideways by {too_wide} px"


def test_right_to_left_and_dark_windows_stand_as_they_should(window, cast, hostile):
    desk = window(width=390, color_scheme="dark")
    page = open_chat(desk, hostile)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    arabic = page.get_by_text("مرحبا، هل المقاس صحيح؟")
    assert arabic.evaluate("one => getComputedStyle(one).direction") == "rtl"
    page.evaluate("document.documentElement.dir = 'rtl'")
    sound(page, "right to left")


def test_it_says_so_when_one_is_signed_out_meanwhile(window, cast):
    one = a_chat(cast.account)
    desk = window()
    page = open_chat(desk, one)
    page.context.clear_cookies()
    expect(page.get_by_text("You are signed out")).to_be_visible(timeout=WITHIN)
