"""How an address carries its account: in links that are made within a request, below a prefix, in threads at once."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import pytest
from django.core import signals
from django.db import close_old_connections
from django.test import Client, RequestFactory
from django.urls import (
    clear_script_prefix,
    get_script_prefix,
    resolvers,
    reverse,
    set_script_prefix,
    set_urlconf,
)

from apps.accounts.addresses import (
    AccountAddressMiddleware,
    account_number,
    account_url,
    portal_url,
    public_account_url,
    public_url,
)
from tests.cast import Cast


@pytest.fixture
def portal_prefix() -> Iterator[str]:
    """The portal below /portal/ of a host that has other things, too."""
    ends = (signals.request_started, signals.request_finished)
    for signal in ends:  # it would close the connection that holds the test's transaction
        signal.disconnect(close_old_connections)
    set_script_prefix("/portal/")
    yield "/portal"
    clear_script_prefix()
    for signal in ends:
        signal.connect(close_old_connections)


def within(path: str, ask: Any) -> Any:
    """What `ask` answers inside the request for this path."""

    def view(request: Any) -> Any:
        set_urlconf(getattr(request, "urlconf", None))
        try:
            return ask(request)
        finally:
            set_urlconf(None)

    return AccountAddressMiddleware(view)(RequestFactory().get(path))


def test_links_made_in_a_request_keep_its_account() -> None:
    def ask(request: Any) -> tuple[Any, ...]:
        return (
            account_number(request),
            request.path,
            request.path_info,
            reverse("admin:goal", args=[5]),
            reverse("admin:login"),
            account_url("workspace", 7, "conversations"),
            account_url("admin", 8, "goals"),
            portal_url("counters:cookies", 5),
            portal_url("admin:index"),
        )

    assert within("/admin/a/7/goals/?q=x", ask) == (
        7,
        "/admin/a/7/goals/",
        "/goals/",
        "/admin/a/7/goals/5/",
        "/admin/a/7/login/",
        "/workspace/a/7/",
        "/admin/a/8/goals/",
        "/cookies/5/",
        "/admin/",
    )
    assert within("/workspace/a/7/", lambda _: reverse("workspace:conversation", args=[5])) == (
        "/workspace/a/7/conversations/5/"
    )
    assert get_script_prefix() == "/"


def test_a_request_that_fails_leaves_no_account_behind() -> None:
    def ask(request: Any) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        within("/admin/a/7/goals/", ask)
    assert (get_script_prefix(), portal_url("admin:index")) == ("/", "/admin/")


def test_whole_addresses_begin_with_the_base_url_alone(settings: Any, portal_prefix: str) -> None:
    settings.BASE_URL = "https://goals.example/portal/"
    urls = within(
        "/admin/a/7/", lambda _: (public_url("counters:cookies", 5), public_account_url("admin", 9, "goals"))
    )
    assert urls == (
        "https://goals.example/portal/cookies/5/",
        "https://goals.example/portal/admin/a/9/goals/",
    )


def test_requests_at_once_each_keep_their_own() -> None:
    together = threading.Barrier(16)

    def ask(request: Any) -> list[str]:
        together.wait(timeout=20)
        links = [reverse("admin:goals") for _ in range(200)]
        together.wait(timeout=20)
        return [*set(links), portal_url("admin:index"), reverse("admin:goals")]

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda number: within(f"/admin/a/{number}/", ask), range(1, 17)))
    assert answers == [[f"/admin/a/{n}/goals/", "/admin/", f"/admin/a/{n}/goals/"] for n in range(1, 17)]


def sizes() -> list[int]:
    """How much Django has cached of addresses."""
    caches: list[Any] = [vars(resolvers)[name] for name in ("_get_cached_resolver", "get_ns_resolver")]
    return [cache.cache_info().currsize for cache in caches]


def test_nothing_is_kept_for_each_account() -> None:
    within("/admin/a/1/", lambda _: (reverse("admin:goals"), portal_url("admin:goals")))
    kept = sizes()
    for number in range(2, 300):
        within(f"/admin/a/{number}/", lambda _: (reverse("admin:goals"), portal_url("admin:goals")))
    assert sizes() == kept


def served(client: Client, path: str) -> tuple[str, str, str]:
    """Status, Location and page of the whole application, as a web server asks for it below a prefix."""
    cookies = client.cookies.output(attrs=[], header="", sep=";").strip()
    request = RequestFactory(SCRIPT_NAME=get_script_prefix().rstrip("/")).get(
        path, headers={"cookie": cookies}
    )
    started: list[Any] = []

    def start(status: str, headers: Any) -> None:
        started.append((status, dict(headers)))

    from config.wsgi import (
        django_application,
    )  # WhiteNoise looks for its folder, which is the test's own by now

    application: Any = django_application
    body = application(request.environ, start)
    page = BytesIO(b"".join(body)).getvalue().decode()
    body.close()
    ((status, headers),) = started
    return status[:3], headers.get("Location", ""), page


def test_below_a_prefix_of_the_deployment_everything_keeps_it(cast: Cast, portal_prefix: str) -> None:
    number, client = cast.account.pk, Client()
    own = f"/portal/admin/a/{number}/"
    login = ("302", f"{own}login/?next={own}goals/%3Fq%3D1")
    assert served(client, f"/admin/a/{number}/goals/?q=1")[:2] == login
    client.force_login(cast.owner.user)
    assert served(client, "/")[:2] == ("302", "/portal/admin/")
    assert served(client, "/admin/goals/?q=1")[:2] == ("302", f"{own}goals/?q=1")
    assert served(client, f"/admin/a/{number}/goals")[:2] == ("301", f"{own}goals/")
    status, _, page = served(client, f"/admin/a/{number}/counters/")
    assert status == "200"
    assert f'href="{own}counters/add/"' in page
    assert f'href="/portal/cookies/{cast.counter.pk}/"' in page
    assert f'href="/portal/workspace/a/{number}/"' in page
    assert f'href="{own}"' in served(client, f"/admin/a/{number}/goals/999999/")[2]  # the error page
    status, _, page = served(client, f"/workspace/a/{number}/")
    assert status == "200"
    assert f'href="{own}"' in page
