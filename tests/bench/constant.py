"""What collection is compared with: granian answering a constant."""

from collections.abc import Callable, Iterable
from typing import Any


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """202 without looking."""
    start_response("202 Accepted", [("Content-Length", "0")])
    return [b""]
