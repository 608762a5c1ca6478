"""The file: written beside its place, moved there whole, deleted when its time is over."""

import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.core import clock, csvsafe, periods
from apps.core.errors import NotThere, Refused
from apps.exports.archive import write_zip
from apps.exports.errors import AbandonedError, ExportError
from apps.exports.models import Export
from apps.exports.names import file_stem
from apps.exports.reading import Wanted, snapshot
from apps.exports.rows import HEADINGS, Credited, cells
from apps.exports.services.asking import may_export
from apps.goals import selectors as goals
from apps.hourly import selectors as hourly

CHUNK = 1000  # rows between two looks at the clock
NOTED_EVERY = 1.0  # seconds
MAKING = ".making"  # files that are not whole yet


class Made(NamedTuple):
    """A file in the storage."""

    name: str
    size: int
    sha256: str


class Progress:
    """Notes on the row, in transactions of its own, how far the file is; raises once the row is not ours."""

    def __init__(self, held: QuerySet[Export]) -> None:
        self.held = held
        self.done = 0
        self.noted = time.monotonic()

    def note(self, **values: object) -> None:
        self.noted = time.monotonic()
        if not self.held.update(done=self.done, beat_at=clock.now(), **values):
            raise AbandonedError

    def add(self, rows: int) -> None:
        self.done += rows
        if time.monotonic() - self.noted >= NOTED_EVERY:
            self.note()


def write_file(export: Export, *, held: QuerySet[Export]) -> Made:
    """The export's zip, in the storage. Raises ExportError if it cannot be made and AbandonedError if it is not wanted."""
    name = _goal_name(export)
    zone = periods.zone(export.account.timezone)
    # Asked before the rows are: what a run adds in between is there and not promised.
    export.complete_until = hourly.complete_until(account_id=export.account_id)
    start, end = periods.days(export.first_day, export.last_day, zone)
    now = clock.now()
    wanted = Wanted(account_id=export.account_id, goal_id=export.goal_id, start=start, end=end, now=now)
    stem = file_stem(name, export.first_day, export.last_day, export.complete_until)
    progress = Progress(held)
    with snapshot() as moment, _draft() as draft:
        progress.note(total=moment.count(wanted), complete_until=export.complete_until)
        with closing(moment.rows(wanted)) as rows:
            chunks = _chunks(rows, zone, progress)
            made = write_zip(draft, f"{stem}.csv", now.astimezone(zone), chunks)
        progress.note(total=progress.done)
        return Made(_keep(draft, export), made.size, made.sha256)


def _goal_name(export: Export) -> str:
    try:
        may_export(account_id=export.account_id, user_id=export.user_id)
        goal = goals.goal(account_id=export.account_id, goal_id=export.goal_id)
    except Refused as refused:
        raise ExportError(str(refused.problems[0].detail)) from refused
    except NotThere:
        raise ExportError(_("The goal was deleted, or you are no member of the account any more.")) from None
    return str(goal)


def _chunks(rows: Iterator[Credited], zone: ZoneInfo, progress: Progress) -> Iterator[str]:
    yield csvsafe.BOM + csvsafe.lines([HEADINGS])
    while some := list(islice(rows, CHUNK)):
        yield csvsafe.lines(cells(row, zone) for row in some)
        progress.add(len(some))


@contextmanager
def _draft() -> Iterator[Path]:
    """A file to write to, on the storage's own disk where it has one; whatever is left of it goes at the end."""
    storage = _storage()
    folder = None
    if isinstance(storage, FileSystemStorage):
        folder = Path(storage.location) / MAKING
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(suffix=".zip", dir=folder)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


class _Whole(File):
    """A finished file: storages on the same disk move it, others copy it."""

    def temporary_file_path(self) -> str:
        return str(self.name)


def _keep(draft: Path, export: Export) -> str:
    """Move the draft into the storage under a name that nobody can guess."""
    storage = _storage()
    with draft.open("rb") as file:
        name = storage.save(
            f"{export.pk}-{export.attempts}-{secrets.token_hex(8)}.zip", _Whole(file, str(draft))
        )
    if isinstance(storage, FileSystemStorage):
        folder = os.open(storage.location, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    return name


def discard(name: str) -> None:
    """Delete a file that nothing points to."""
    with suppress(FileNotFoundError):
        _storage().delete(name)


def opened(name: str) -> File:
    """The file for reading; FileNotFoundError if it is gone."""
    return _storage().open(name, "rb")


def _storage() -> Storage:
    return storages["exports"]
