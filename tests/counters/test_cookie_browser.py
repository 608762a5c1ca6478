"""The page about cookies in a real browser: framed by the counter's site, and by nobody else."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, expect, sync_playwright

from apps.core import languages
from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
FLAGS.append(
    "--disable-features=LocalNetworkAccessChecks"
)  # the sites here are public to Chromium, the portal local
SITE, STRANGER = "http://shop.example", "http://stranger.example"


@pytest.fixture(scope="session", autouse=True)
def static_root() -> None:
    """Where `collectstatic` would put its files; whitenoise warns of a missing folder."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


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


@pytest.fixture
def counter():
    return factories.a_counter(factories.an_account("Shop & Söhne"), SITE, name="Web shop")


@pytest.fixture
def page(browser, live_server) -> Iterator[Page]:
    """A visitor's window in German; the two sites are made here, the portal is the real one."""
    context = browser.new_context(locale="de-DE", viewport={"width": 900, "height": 800})
    page = context.new_page()
    for site in (SITE, STRANGER):
        context.route(f"{site}/**", lambda route: route.fulfill(content_type="text/html", body=framing(page)))
    yield page
    assert context.cookies() == []
    context.close()


def framing(page: Page) -> str:
    return f'<!DOCTYPE html><title>A site</title><iframe src="{vars(page)["framed"]}" width=700 height=600>'


def test_the_counters_site_frames_it_and_its_links_leave_the_frame(page, live_server, counter):
    vars(page)["framed"] = f"{live_server.url}/cookies/{counter.pk}/?embed=1"
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(f"{SITE}/privacy")
    inside = page.frame_locator("iframe")
    expect(inside.locator("h1")).to_have_text("Cookies und die Messung von Besuchen")
    ground = inside.locator("table").first.evaluate("element => getComputedStyle(element).borderCollapse")
    assert ground == "collapse", "its style sheet has not come"
    inside.get_by_role("link", name="한국어").click()
    expect(inside.locator("html")).to_have_attribute("lang", "ko")
    inside.locator("a[href*='goalline_optout=1']").click()
    page.wait_for_url(f"{SITE}/?goalline_optout=1")
    assert wrong == []


def refused(page: Page, site: str) -> None:
    page.goto(site)
    expect(page.frame_locator("iframe").locator("h1")).to_contain_text("blocked")  # Chromium's own words
    assert page.frame_locator("iframe").locator("section").count() == 0


def test_no_other_site_frames_it(page, live_server, counter):
    for query in ("?embed=1", ""):
        vars(page)["framed"] = f"{live_server.url}/cookies/{counter.pk}/{query}"
        refused(page, f"{STRANGER}/")
    vars(page)["framed"] = f"{live_server.url}/cookies/{counter.pk}/"
    refused(page, f"{SITE}/")


def test_it_fits_any_screen_in_any_language(page, live_server, counter):
    for language in languages.PUBLIC:
        page.goto(f"{live_server.url}/cookies/{counter.pk}/?lang={language}")
        for width in (320, 390, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            over = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert over <= 0, f"{language}: it can be pushed sideways by {over} px at {width}"
            if folder := os.environ.get("COOKIE_PICTURES"):
                page.screenshot(path=f"{folder}/{language}-{width}.png", full_page=True)


def test_it_is_dark_where_the_visitor_wants_it_dark(page, live_server, counter):
    page.emulate_media(color_scheme="dark")
    page.goto(f"{live_server.url}/cookies/{counter.pk}/")
    assert page.evaluate("getComputedStyle(document.querySelector('a')).color") == "rgb(142, 193, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(255, 255, 255)"
