"""What a client takes: JSON in every answer, a zip where there is one. Nothing is chosen between, only refused."""

import re
from collections.abc import Sequence
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation

JSON = ("application/json", "application/problem+json")
_RANGE = re.compile(r"\s*([\w!#$&^.+-]+|\*)/([\w!#$&^.+-]+|\*)\s*(;.*)?", re.DOTALL)
_REFUSED = re.compile(r";\s*[qQ]\s*=\s*0(\.0{0,3})?\s*(;|$)")
_MOST = 64  # media ranges that are looked at


class Negotiation(DefaultContentNegotiation):
    """Always the first renderer: `accepts` is asked only where something is to be answered with."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> tuple[Any, str]:
        return renderers[0], renderers[0].media_type


def accepts(header: str, produced: Sequence[str]) -> bool:
    """Whether an Accept header lets one of these media types through; the closest range to each decides.

    A header that is missing, empty or not made of media ranges asks for nothing.
    """
    ranges: dict[str, bool] = {}
    for part in header.split(",")[:_MOST]:
        if found := _RANGE.fullmatch(part):
            kind, sort, parameters = found.groups()
            ranges[f"{kind}/{sort}".lower()] = not _REFUSED.search(parameters or "")
    if not ranges:
        return True
    return any(_closest(ranges, media_type) for media_type in produced)


def _closest(ranges: dict[str, bool], media_type: str) -> bool:
    kind = media_type.partition("/")[0]
    return next((ranges[name] for name in (media_type, f"{kind}/*", "*/*") if name in ranges), False)
