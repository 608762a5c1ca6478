"""Opening the link of a mail."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.files import File
from django.db.models import F

from apps.accounts.models import User
from apps.core import clock
from apps.core.errors import NotThere, Refused
from apps.exports import selectors
from apps.exports.errors import Gone
from apps.exports.models import Export
from apps.exports.services.asking import may_export
from apps.exports.services.files import opened
from apps.exports.services.making import digest


@dataclass(frozen=True)
class Opened:
    """What lies behind a link. `file` is open for reading if the file itself was asked for."""

    export: Export
    file_name: str
    size: int
    rows: int
    complete_until: datetime | None
    expires_at: datetime
    file: "File[Any] | None" = None


def open_link(*, user: User, token: str, post: bool) -> Opened:
    """What the link leads to; with `post` the file, and the download is counted.

    NotThere for everybody but the member it was made for, and for that one without the role; Gone once it ended.
    """
    found = Export.objects.select_related("goal__current", "account").filter(token_digest=digest(token))
    return _open(found.filter(user_id=user.pk).first(), post=post)


def open_file(*, account_id: int, user_id: int, export_id: int) -> Opened:
    """The same without the mail's token, for the member's own list of exports and the API."""
    return _open(selectors.export(account_id=account_id, user_id=user_id, export_id=export_id), post=True)


def _open(export: Export | None, *, post: bool) -> Opened:
    if export is None or not export.expires_at:
        raise NotThere
    try:
        may_export(account_id=export.account_id, user_id=export.user_id)
    except Refused as refused:
        raise NotThere from refused
    if clock.now() >= export.expires_at or not export.file or export.goal.deleted_at:
        raise Gone
    return Opened(
        export=export,
        file_name=selectors.file_name(export=export),
        size=export.size,
        rows=export.total,
        complete_until=export.complete_until,
        expires_at=export.expires_at,
        file=_download(export) if post else None,
    )


def _download(export: Export) -> "File[Any]":
    try:
        file = opened(export.file)
    except FileNotFoundError:
        raise Gone from None
    Export.objects.filter(pk=export.pk).update(downloads=F("downloads") + 1)
    return file
