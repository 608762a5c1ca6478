"""Takes the documentation's pictures from a running portal: `make up` in one window, `make pictures` in another.

The account shown is the one that the signed-in user sees first: after `make demo` the demo's shop.
"""

import argparse
import os
import shutil
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "img"
SIZES = {"desktop": (1360, 860), "phone": (390, 844)}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def main() -> None:
    """Sign in once, then take each picture in both themes and sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default=f"http://localhost:{os.environ.get('PORT', '8000')}")
    parser.add_argument(
        "--link", help="a one-time login link; without it one is made in this folder's database"
    )
    parser.add_argument("--to", type=Path, default=FOLDER)
    asked = parser.parse_args()
    link = asked.link or _link(asked.url)
    asked.to.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        state = asked.to / ".session.json"
        try:
            goal = _sign_in(browser, link, asked.url, state)
            for theme in ("light", "dark"):
                for size in SIZES:
                    _take(browser, asked.url, goal, theme, size, state, asked.to)
        finally:
            state.unlink(missing_ok=True)
            browser.close()


def _link(url: str) -> str:
    """A login link from the database that this folder's settings name."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from apps.accounts.services import make_login_link

    return make_login_link(base_url=url)


def _sign_in(browser: Browser, link: str, url: str, state: Path) -> str:
    """Use the link, keep the session, and return the address of the goal with the most conversions."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(link)
    page.click("form button[type=submit]")
    page.goto(f"{url}/admin/goals/?o=-conversions")
    goal = page.locator(".gl-table tbody th a").first.get_attribute("href")
    assert goal, "there is no goal to take a picture of; run make demo first"
    context.storage_state(path=state)
    context.close()
    return goal


def _take(browser: Browser, url: str, goal: str, theme: str, size: str, state: Path, folder: Path) -> None:
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if theme == "dark" else "light",
        storage_state=state,
    )
    page = context.new_page()
    for name, path in (
        ("goals", "/admin/goals/"),
        ("form", goal),
        ("health", "/admin/health/"),
        ("chat-goals", "/admin/chat-goals/"),
        ("rates", "/admin/chat-analytics/"),
    ):
        page.goto(f"{url}{path}")
        _keep(page, folder / f"{name}-{theme}-{size}.png")
    page.goto(f"{url}/admin/conversions/?outcome=1")
    page.get_by_role("link", name="Why?").first.click()
    _keep(page, folder / f"explanation-{theme}-{size}.png")
    page.goto(f"{url}/workspace/?reached=on")
    page.screenshot(path=folder / f"workspace-{theme}-{size}.png")
    page.locator(".rows a").first.click()
    page.locator(".goal summary").first.click()
    page.screenshot(path=folder / f"conversation-{theme}-{size}.png")
    context.close()


def _keep(page: Page, file: Path) -> None:
    page.wait_for_load_state("networkidle")
    page.wait_for_function("window.Alpine && !document.documentElement.hasAttribute('x-cloak')")
    page.evaluate("document.activeElement.blur()")
    page.screenshot(path=file)
    print(file)


if __name__ == "__main__":
    main()
