"""From where the present request came: the audit log's "from where", without threading it through every call."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from apps.core.addresses import forwarded, parse

_address: ContextVar[str | None] = ContextVar("origin_address", default=None)


def address() -> str | None:
    """The address of the request being answered, if there is one."""
    return _address.get()


@contextmanager
def acting_from(value: str | None) -> Iterator[None]:
    """Within the block the audit log names this address."""
    token = _address.set(value)
    try:
        yield
    finally:
        _address.reset(token)


class OriginMiddleware:
    """Notes the client's address: the peer's, or the one that the configured number of proxies reports."""

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        from django.conf import settings

        self.get_response = get_response
        self.proxies: int = settings.REST_FRAMEWORK["NUM_PROXIES"]  # type: ignore[assignment]

    def __call__(self, request: Any) -> Any:
        with acting_from(client_address(request.META, self.proxies)):
            return self.get_response(request)


def client_address(meta: dict[str, Any], proxies: int) -> str | None:
    """Whatever a client itself writes into X-Forwarded-For is never believed."""
    peer = str(meta.get("REMOTE_ADDR") or "")  # a Unix socket has none
    if not proxies:
        return parse(peer)
    listed = str(meta.get("HTTP_X_FORWARDED_FOR") or "")
    hops = listed.split(",") if listed.strip() else forwarded(str(meta.get("HTTP_FORWARDED") or ""))
    return parse(hops[-min(proxies, len(hops))] if hops else peer)
