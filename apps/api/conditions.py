"""Conditional requests (RFC 9110, 13): the tag of a row as it is shown, and what If-Match and If-None-Match ask."""

import hashlib
from dataclasses import dataclass
from typing import Any

from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from apps.api.refusals import BadHeader

ANY = "*"


class PreconditionFailed(APIException):
    """412."""

    status_code = 412
    default_code = "precondition_failed"


def tag_of(shown: Any) -> str:
    """The strong tag of a row as it is answered: every change that can be seen changes it, and nothing else does."""
    return f'"{hashlib.sha256(JSONRenderer().render(shown)).hexdigest()[:32]}"'


@dataclass(frozen=True)
class Conditions:
    """What a request asks of the row that it names: one of these tags, or none of those."""

    match: tuple[str, ...] | None
    none_match: tuple[str, ...] | None

    def check(self, tag: str | None) -> None:
        """412 unless the row's tag (None: there is no such row) is as asked. If-Match compares strong tags only."""
        if self.match is not None and not _names(self.match, tag, weak=False):
            raise PreconditionFailed(
                _("It was changed since: read it again, and send what is to change now.")
            )
        if self.none_match is not None and _names(self.none_match, tag, weak=True):
            raise PreconditionFailed(_("It is there already as If-None-Match has it."))

    def unchanged(self, tag: str) -> bool:
        """Whether a reader has this very answer already: 304."""
        return self.none_match is not None and _names(self.none_match, tag, weak=True)


def conditions(request: Request) -> Conditions | None:
    """What the request asks; None where it asks nothing."""
    match, none_match = _tags(request, "If-Match"), _tags(request, "If-None-Match")
    return None if match is None and none_match is None else Conditions(match, none_match)


def _tags(request: Request, header: str) -> tuple[str, ...] | None:
    text = request.headers.get(header)
    if text is None:
        return None
    tags = parse_etags(text)
    if not tags:
        raise BadHeader(header, "invalid", _('Write an ETag as it was answered, such as "9f86d081", or *.'))
    return tuple(tags)


def _names(tags: tuple[str, ...], tag: str | None, *, weak: bool) -> bool:
    if tag is None:
        return False
    if weak:
        tags = tuple(each.removeprefix("W/") for each in tags)
    return ANY in tags or tag in tags
