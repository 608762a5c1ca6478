"""A site on one origin, the portal with its real edge on another, and a browser between them."""

import contextlib
import os
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.db import connection
from django.test import override_settings
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from apps.accounts.models import Account, Member
from apps.accounts.roles import Role
from apps.collect import edge
from apps.collect.drain import Drain
from apps.counters.models import Counter
from apps.people import known_names
from apps.people.models import Identity
from apps.visits.models import Hit
from tests import factories

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def playwright_() -> Iterator[Any]:
    if CHROMIUM is None:
        assert not os.environ.get("CI"), "the browser tests need Chromium, and CI must not skip them"
        pytest.skip("there is no Chromium on this machine")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
        "1"  # Playwright's loop runs in the thread that asks the database
    )
    with sync_playwright() as playwright:
        yield playwright
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="module")
def browser(playwright_: Any) -> Iterator[Browser]:
    with playwright_.chromium.launch(executable_path=CHROMIUM, args=FLAGS) as browser:
        yield browser


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.0"  # a connection kept open would keep one to the database open

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@dataclass
class Portal:
    """Everything that config.wsgi serves, the edge among it, with an account; one for all tests of a module."""

    url: str
    spool: Path
    account: Account
    owner: Member

    def drain(self) -> None:
        """Store what the edge has taken."""
        Drain(self.spool, lanes=1).run(once=True)


@pytest.fixture(scope="module")
def db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Open to all threads for a whole module, and emptied behind it: these tests commit.

    Instead of pytest-django's of this name, which begins anew with each test; by the name it knows who needs one.
    """
    with django_db_blocker.unblock(), contextlib.closing(connection):
        yield
        known_names.forget()
        with connection.cursor() as cursor:
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            kept = {"django_migrations", "django_content_type", "auth_permission"}
            tables = {name for (name,) in cursor.fetchall()} - kept
            cursor.execute(f"TRUNCATE {', '.join(sorted(tables))} CASCADE")
            _wait_until_alone(cursor)


def _wait_until_alone(cursor: Any) -> None:
    """Threads that answered the browser's last requests close their connections a little later."""
    others = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    for _ in range(50):
        cursor.execute(others)
        if cursor.fetchone() == (0,):
            return
        time.sleep(0.1)


@pytest.fixture(scope="module")
def portal(db: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    folder = tmp_path_factory.mktemp("portal")
    server = ThreadedWSGIServer(("127.0.0.1", 0), _Quiet)
    url = f"http://127.0.0.1:{server.server_address[1]}"
    with override_settings(COLLECT_SPOOL=folder / "spool", STATIC_ROOT=folder, BASE_URL=url):
        from config.wsgi import application  # Django looks for its folders, which are there by now

        edge._forget()
        made = edge._make()
        server.set_app(application)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        account = factories.an_account("Shop")
        yield Portal(
            url, folder / "spool", account, factories.a_member(account, Role.OWNER, "owner@shop.example")
        )
        server.shutdown()
        server.server_close()
        made.counters.close()
        made.limits.close()
        edge._forget()


@dataclass
class Site:
    """A small web server; `pages` says what stands at a path: HTML, or HTML with headers."""

    origin: str
    pages: dict[str, str | tuple[str, dict[str, str]]] = field(default_factory=dict)


@pytest.fixture
def site() -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = made.pages.get(self.path.split("?")[0], made.pages.get("*", ""))
            text, headers = (found, {}) if isinstance(found, str) else found
            self.send_response(200)
            for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("localhost", 0), Handler)
    made = Site(f"http://localhost:{server.server_address[1]}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


def html(body: str = "", *, head: str = "", title: str = "Shop") -> str:
    """A page."""
    return f"<!doctype html><html><head><meta charset=utf-8><title>{title}</title>{head}</head><body>{body}</body></html>"


@dataclass
class Shop:
    """A counter whose site carries the tag, and what a visitor's browser made of it."""

    portal: Portal
    site: Site
    counter: Counter
    browser: Browser
    wrong: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    @property
    def tag(self) -> str:
        return f'<script async src="{self.portal.url}/tag/{self.counter.pk}.js"></script>'

    def visitor(self, **options: Any) -> BrowserContext:
        """A browser that has never been here."""
        context = self.browser.new_context(**options)
        self.contexts.append(context)
        return context

    def open(self, path: str = "/", context: BrowserContext | None = None) -> Page:
        """A page of the site, with the tag at work."""
        page = (context or self.visitor()).new_page()
        self.watch(page)
        page.goto(self.site.origin + path)
        return page

    def watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.wrong.append(str(error)))

    def ready(self, page: Page) -> Page:
        """Wait for the tag."""
        page.wait_for_function(f"!!(window.yaCounter{self.counter.pk} && window._goalline)", timeout=15_000)
        return page

    def hits(self, count: int, *, counter: Counter | None = None, at_most: float = 8) -> list["Seen"]:
        """The stored hits, in order, once there are so many; more or fewer are told of by the caller's comparison."""
        end = time.monotonic() + at_most
        while True:
            self.portal.drain()
            rows = Hit.objects.filter(counter_id=(counter or self.counter).pk).order_by("time", "kind", "id")
            if len(found := [Seen(row) for row in rows]) >= count or time.monotonic() > end:
                return found
            time.sleep(0.1)

    def path(self, url: str | None) -> str:
        return (url or "").removeprefix(self.site.origin)


class Seen:
    """A stored hit as tests compare it."""

    def __init__(self, row: Hit) -> None:
        self.row, self.id, self.time, self.url = row, row.id, row.time, row.url
        self.kind = "view" if row.kind == Hit.Kind.PAGEVIEW else row.name
        self.detail: dict[str, Any] = row.detail or {}
        self.who = Identity.objects.filter(pk=row.identity_id or 0).values_list("kind", "value").first()

    @property
    def params(self) -> Any:
        return self.detail.get("params")

    def __repr__(self) -> str:
        return f"<{self.kind} {self.url} {self.detail}>"


def kinds(hits: list[Seen]) -> list[str]:
    return [str(hit.kind) for hit in hits]


@pytest.fixture
def shop(browser: Browser, portal: Portal, site: Site) -> Iterator[Shop]:
    made = Shop(portal, site, factories.a_counter(portal.account, site.origin), browser)
    site.pages["*"] = html(head=made.tag)
    yield made
    for context in made.contexts:
        context.close()
    assert made.wrong == []
