"""What everybody may know of each counter, in a file beside the spool: for tags, cookie pages and collection while
the database is away.

The drain keeps it up to date (`keep`), since there is one on each host that has web processes. Whoever reads it has
tried the database first: the file may be some seconds old, and a counter that is not in it may exist all the same.
"""

import logging
import os
import time
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import msgspec
from django.conf import settings
from django.db import Error, connection

from apps.counters.models import Counter

log = logging.getLogger(__name__)
EVERY = 5.0  # seconds between two looks
SHARE = 20  # a look that takes long comes seldom: at most one twentieth of the time is spent on them
MOST = 100_000


class PublicFacts(msgspec.Struct, frozen=True):
    """A counter without its history, and what its account tells the visitors of its sites."""

    number: int
    name: str
    site: str
    allowed_origins: tuple[str, ...]
    user_ids: bool
    visit_timeout_s: int
    consent: str
    without_consent: str
    respect_dnt: bool
    respect_gpc: bool
    archived: bool
    account: str
    message_text: str
    hits_days: int | None
    texts_days: int | None


def stored(number: int | None = None) -> dict[int, PublicFacts]:
    """The counter of this number as the database has it, archived or not; without a number all, newest first."""
    rows = Counter.objects.select_related("account").order_by("-id")
    if number is not None:
        rows = rows.filter(pk=number)
    return {row.pk: _facts(row) for row in rows[:MOST]}


def _facts(row: Counter) -> PublicFacts:
    return PublicFacts(
        number=row.pk,
        name=row.name,
        site=row.site,
        allowed_origins=tuple(row.allowed_origins),
        user_ids=row.user_ids,
        visit_timeout_s=row.visit_timeout_s,
        consent=row.consent,
        without_consent=row.without_consent,
        respect_dnt=row.respect_dnt,
        respect_gpc=row.respect_gpc,
        archived=row.archived_at is not None,
        account=row.account.name,
        message_text=row.account.message_text,
        hits_days=row.account.hits_days,
        texts_days=row.account.texts_days,
    )


def path() -> Path:
    """Web and drain of a host share the spool's folder, whatever else they share."""
    return Path(settings.COLLECT_SPOOL) / "counters.json"


def write() -> None:
    """Bring the file up to date; it is replaced whole, and only when something changed."""
    _replace(path(), msgspec.json.encode(list(stored().values())))


def _replace(file: Path, content: bytes) -> None:
    with suppress(FileNotFoundError):
        if file.read_bytes() == content:
            return
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(f".{os.getpid()}.new")
    draft.write_bytes(content)
    draft.replace(file)


def keep(pause: Callable[[float], bool]) -> None:
    """Write now and again and again, until `pause`, which is given seconds, says that the end has come."""
    try:
        while True:
            began = time.monotonic()
            _try_to_write()
            if pause(max(EVERY, SHARE * (time.monotonic() - began))):
                return
    finally:
        connection.close()


def _try_to_write() -> None:
    try:
        write()
    except Error:
        connection.close()  # the last good file stays; the drain says in its log that the database is away
    except OSError as error:
        log.warning("The counters' directory cannot be written: %s", error)


def known() -> dict[int, PublicFacts]:
    """What the file says; nothing where there is none."""
    try:
        now = path().stat()
    except OSError:
        return {}
    return _read(path(), now.st_mtime_ns, now.st_ino)


@lru_cache(maxsize=1)
def _read(file: Path, _changed: int, _inode: int) -> dict[int, PublicFacts]:
    try:
        return {one.number: one for one in msgspec.json.decode(file.read_bytes(), type=list[PublicFacts])}
    except (OSError, msgspec.MsgspecError):  # of another release, say
        return {}
