"""From where the present request came: the audit log's "from where", without threading it through every call."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from ipaddress import ip_network
from typing import Any

from apps.core.addresses import forwarded, parse

_device: ContextVar[str] = ContextVar("origin_device", default="")
_address: ContextVar[str | None] = ContextVar("origin_address", default=None)


def address() -> str | None:
    """The address of the request being answered, if there is one."""
    return _address.get()


def device() -> str:
    """What the request being answered says of its browser, cut to 300 characters; empty outside of one."""
    return _device.get()


def network() -> str | None:
    """What one sender can take every address of: the address itself, of IPv6 its network of 64 bits."""
    value = _address.get()
    if value is None or ":" not in value:
        return value
    return str(ip_network((value, 64), strict=False))


@contextmanager
def acting_from(value: str | None, device: str = "") -> Iterator[None]:
    """Within the block the audit log names this address, and a session this device."""
    token, other = _address.set(value), _device.set(device)
    try:
        yield
    finally:
        _address.reset(token)
        _device.reset(other)


class OriginMiddleware:
    """Notes the client's address: the peer's, or the one that the configured number of proxies reports."""

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        from django.conf import settings

        self.get_response = get_response
        self.proxies: int = settings.REST_FRAMEWORK["NUM_PROXIES"]  # type: ignore[assignment]

    def __call__(self, request: Any) -> Any:
        agent = request.META.get("HTTP_USER_AGENT", "").replace("\x00", "")[:300]
        with acting_from(client_address(request.META, self.proxies), agent):
            return self.get_response(request)


def client_address(meta: dict[str, Any], proxies: int) -> str | None:
    """Whatever a client itself writes into X-Forwarded-For is never believed."""
    peer = str(meta.get("REMOTE_ADDR") or "")  # a Unix socket has none
    if not proxies:
        return parse(peer)
    listed = str(meta.get("HTTP_X_FORWARDED_FOR") or "")
    hops = listed.split(",") if listed.strip() else forwarded(str(meta.get("HTTP_FORWARDED") or ""))
    return parse(hops[-min(proxies, len(hops))] if hops else peer)
