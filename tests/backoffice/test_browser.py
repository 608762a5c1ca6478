"""The admin in a real browser: by keyboard alone, on a phone, with hostile names, without the outside world."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from apps.accounts.models import Account, Agent, Group, User
from apps.conversations.models import Channel
from apps.counters.models import Counter
from apps.goals.models import GoalVersion
from tests.backoffice import addresses
from tests.backoffice.addresses import PAGES, World
from tests.backoffice.conftest import a_goal, typed

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PAYLOAD = (
    '"\'><img src=x x-init="window.hacked=1" onerror="window.hacked=2">'
    '<script>window.hacked=3</script><b x-data="{}" x-text="window.hacked=4"></b>'
    "{{ constructor.constructor('window.hacked=5')() }}${window.hacked=6}javascript:window.hacked=7"
)
SHELL = {
    "chat_analytics_csv",
    "counter_live",
    "goal_try_url",
    "export_progress",
    "run_progress",
}
"""No pages: files, and answers to scripts and forms."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        assert not os.environ.get("CI"), "the browser tests need Chromium, and CI must not skip them"
        pytest.skip("there is no Chromium on this machine")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
        "1"  # Playwright's loop runs in the thread that asks the database
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@dataclass
class Desk:
    """A browser window of the owner's; `wrong` gathers what no page may do."""

    page: Page
    base: str
    wrong: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        self.page.goto(self.base + path)
        return self.page


@pytest.fixture
def window(browser, live_server, cast, sign_in) -> Iterator:
    contexts: list[BrowserContext] = []

    def opened(width: int = 1360, height: int = 860, who: str = "owner") -> Desk:
        context = browser.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        cookie = sign_in(who).cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        desk = Desk(context.new_page(), live_server.url)
        desk.page.on("pageerror", lambda error: desk.wrong.append(f"error: {error}"))
        desk.page.on("dialog", lambda dialog: desk.wrong.append(f"dialog: {dialog.message}"))
        desk.page.on("request", lambda request: _inside(desk, request.url))
        desk.page.on("console", lambda message: _quiet(desk, message))
        return desk

    yield opened
    for context in contexts:
        context.close()


def _inside(desk: Desk, url: str) -> None:
    if not url.startswith((desk.base, "data:")):
        desk.wrong.append(f"outside: {url}")


def _quiet(desk: Desk, message: ConsoleMessage) -> None:
    """What the content policy forbids is an error of the console, and so is what Alpine cannot evaluate."""
    if message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource"):
        desk.wrong.append(f"console: {message.text}")


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until this element has the focus."""
    for _ in range(80):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reaches {selector}")


def test_a_goal_is_made_by_keyboard_alone(window, cast):
    desk = window()
    page = desk.open("/admin/goals/add/")
    keys = page.keyboard
    expect(page.locator("#id_name")).to_be_focused()
    keys.type("Purchase")
    expect(page.locator("#dates")).to_be_hidden()
    tab_to(page, "[name=conditions-0-value]")
    keys.type("/thank-you")
    tab_to(page, "[data-add-condition]")
    keys.press("Enter")
    keys.type("/danke")  # the new row has the focus
    tab_to(page, "#id_try_url")
    keys.type("https://shop.example/danke?x=1")
    keys.press("Enter")
    expect(page.locator("#try-answer")).to_contain_text("Condition 2 is met")
    tab_to(page, "#id_active")
    keys.press("Space")
    expect(page.locator("#dates")).to_be_visible()
    expect(page.locator("[data-tracked]")).to_contain_text("without an end, in the time zone UTC")
    tab_to(page, f"[name=groups][value='{cast.sales.pk}']")
    keys.press("Space")
    tab_to(page, "button[type=submit].gl-primary")
    keys.press("Enter")
    expect(page.get_by_text("Purchase is saved.")).to_be_visible()
    version = GoalVersion.objects.get()
    assert version.active
    assert list(version.conditions.values_list("value", flat=True)) == ["/thank-you", "/danke"]
    assert desk.wrong == []


def test_the_row_menu_and_its_dialog_work_by_keyboard(window, cast):
    a_goal(cast)
    desk = window()
    page = desk.open("/admin/goals/")
    tab_to(page, ".gl-row-menu > summary")
    page.keyboard.press("Enter")
    tab_to(page, ".gl-row-menu a.gl-danger-text")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("This cannot be undone.")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator(".gl-row-menu > summary")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, ".gl-row-menu a[href$='deactivate/']")
    page.keyboard.press("Enter")
    tab_to(page, "dialog button[type=submit]")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Purchase is inactive.")).to_be_visible()
    assert desk.wrong == []


def test_a_refused_form_keeps_its_rows_and_marks_the_wrong_one(window, cast):
    desk = window()
    page = desk.open("/admin/goals/add/")
    page.fill("#id_name", "Purchase")
    page.fill("[name=conditions-0-value]", "/thank-you")
    page.click("[data-add-condition]")
    page.select_option("[name=conditions-1-operator]", "is")
    page.fill("[name=conditions-1-value]", "shop.example/x")
    page.click("text=Save")
    expect(page.locator(".gl-condition.gl-wrong")).to_have_count(1)
    expect(page.locator(".gl-condition.gl-wrong .gl-error")).to_contain_text("did you mean")
    page.click(".gl-condition.gl-wrong [data-drop-condition]")
    expect(page.locator(".gl-condition")).to_have_count(1)
    expect(page.locator("[name=conditions-0-value]")).to_have_value("/thank-you")


@pytest.fixture
def hostile(transactional_db, cast, settings) -> World:
    """Something of everything, and whatever has a name is called by a payload or by 255 letters."""
    settings.EMAIL_BACKEND = "apps.mail.outbox.OutboxBackend"
    world = addresses.make(cast)
    hostile = PAYLOAD[:255]
    Group.objects.filter(pk=cast.sales.pk).update(name=hostile)
    Group.objects.filter(pk=cast.support.pk).update(name="W" * 255)
    Agent.objects.filter(account=cast.account).update(name=hostile)
    Channel.objects.filter(account=cast.account).update(name=hostile, external_id=hostile)
    Counter.objects.filter(account=cast.account).update(name=hostile)
    GoalVersion.objects.update(name=hostile, description=PAYLOAD)
    a_goal(cast, "N" * 255)
    a_goal(cast, "شراء من المتجر بعد محادثة مع الموظف", active=False)
    Account.objects.filter(pk=cast.account.pk).update(name=hostile)
    User.objects.filter(pk=cast.owner.user_id).update(name=hostile)
    with_sql = "UPDATE conversions_conversion SET agent_name = %s"
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(with_sql, [hostile])
        cursor.execute("UPDATE conversations_conversation SET ticket = %s", [PAYLOAD[:250]])
        cursor.execute("UPDATE visits_hit SET url = %s", [f"https://shop.example/{PAYLOAD}" + "x" * 4000])
        cursor.execute("UPDATE accounts_auditentry SET target = %s, actor = %s", [hostile, hostile])
        cursor.execute("UPDATE goals_condition SET value = %s", [PAYLOAD])
        cursor.execute("UPDATE exports_export SET error = %s, state = 'failed'", [PAYLOAD])
        cursor.execute("UPDATE hourly_run SET error = %s, state = 'failed'", [PAYLOAD])
    return world


@pytest.mark.parametrize("width", [390, 1360])
def test_no_name_ever_runs_nor_pushes_a_page_sideways(window, hostile, width):
    """Alpine and HTML payloads in every field that comes from outside, on every page there is."""
    desk = window(width=width)
    operator = window(width=width, who="operator")
    for name in PAGES:
        if name in SHELL:
            continue
        at = operator if name in {"accounts", "new_account", "outbox"} else desk
        page = at.open(hostile.address(name))
        page.wait_for_function("window.Alpine && !document.documentElement.hasAttribute('x-cloak')")
        _sound(page, name)
        for link in page.locator("a[data-dialog]").all()[:3]:
            page.evaluate("link => link.click()", link.element_handle())
            page.wait_for_selector("dialog[open]")
            _sound(page, f"{name}: a dialog")
            page.keyboard.press("Escape")
        assert at.wrong == [], name


def _sound(page: Page, name: str) -> None:
    assert page.evaluate("window.hacked") is None, name
    too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert too_wide <= 0, f"{name} can be pushed sideways by {too_wide} px"


def test_a_dark_window_is_dark_and_the_side_bar_comes_and_goes(window, cast):
    desk = window()
    page = desk.open("/admin/goals/")
    page.click(".gl-user > summary")
    page.click("text=Dark")
    ground = page.evaluate("getComputedStyle(document.querySelector('#main')).backgroundColor")
    assert "0.21" in ground or "rgb(1" in ground
    page.reload()
    expect(page.locator("html")).to_have_class("dark")
    page.click(".gl-burger")
    expect(page.locator("#nav-sidebar")).to_be_hidden()
    page.reload()
    expect(page.locator("#nav-sidebar")).to_be_hidden()
    page.set_viewport_size({"width": 390, "height": 800})
    page.click(".gl-burger")
    expect(page.locator("#nav-sidebar")).to_be_visible()
    page.reload()
    page.click(".gl-user > summary")
    page.click("text=Sign out")
    expect(page.locator("#id_username")).to_be_visible()
    page.get_by_text("dark_mode").first.click()  # the sign-in page is Unfold's own, its switch of colours too
    page.get_by_text("Light", exact=True).click()
    expect(page.locator("html")).to_have_class("light")
    assert desk.wrong == []


def test_the_api_s_document_is_a_page_to_read(window):
    desk = window()
    page = desk.open("/api/docs/")
    expect(page.locator(".opblock").first).to_be_visible(timeout=30_000)  # it is long, and made by its script
    assert page.locator(".opblock").count() > 60
    page.locator(".opblock-summary-control").first.click()
    expect(page.locator(".opblock-body").first).to_contain_text("Responses", timeout=30_000)
    assert desk.wrong == []


def test_the_form_says_so_when_scripts_are_off(browser, live_server, sign_in, cast):
    """Everything but live text works without scripts: the form is sent as it is."""
    context = browser.new_context(java_script_enabled=False)
    client = sign_in("owner")
    context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    page = context.new_page()
    page.goto(f"{live_server.url}/admin/goals/add/")
    expect(page.locator("#id_start_date")).to_be_visible()
    assert "are tracked, from the start date to the end date" in page.content()
    client.post("/admin/goals/add/", typed(cast))
    assert GoalVersion.objects.count() == 1
    context.close()
