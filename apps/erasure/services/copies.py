"""Copies of a person's data in rows and files that say nothing of persons: found by the person's own texts."""

import csv
import io
import logging
import mmap
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from apps.accounts.models import AuditEntry
from apps.collect.models import DeadLetter
from apps.counters.models import Counter
from apps.erasure.needles import MASK, Needles
from apps.erasure.registry import PLACES
from apps.exports.models import Export
from apps.exports.services.files import discard, opened
from apps.mail.models import Mail

log = logging.getLogger(__name__)
CHUNK = 500


def erase(account_id: int, needles: Needles, tickets: set[str]) -> int:
    """Delete or mask all copies; how many were found. Done again, it finds nothing."""
    places: tuple[Callable[[], int], ...] = (
        lambda: _letters(account_id, needles),
        lambda: _mails(account_id, needles),
        lambda: _audit(account_id, needles),
        lambda: _exports(account_id, needles, tickets),
        lambda: sum(place(account_id, needles) for place in PLACES),
        lambda: sum(
            _mask_file(path, needles)
            for folder in (settings.VAR / "log", settings.OUTBOX)
            for path in _files(folder)
        ),
    )
    return sum(place() for place in places)


def _all(rows: QuerySet) -> Iterator[Model]:
    return rows.order_by("pk").iterator(chunk_size=CHUNK)


def _letters(account_id: int, needles: Needles) -> int:
    """Letters of the account's counters, and those of which nobody knows whose they are."""
    counters = set(Counter.objects.filter(account_id=account_id).values_list("pk", flat=True))
    found = 0
    for letter in DeadLetter.objects.order_by("pk").iterator(chunk_size=CHUNK):
        ours = letter.counter_id is None or letter.counter_id in counters
        record = bytes(letter.record)
        if not ours or not (needles.spots(record) or needles.in_text(letter.reason)):
            continue
        found += 1
        letter.delete()
    return found


def _mails(account_id: int, needles: Needles) -> int:
    rows = Mail.objects.filter(account_id=account_id)
    held = [one.pk for one in rows if needles.in_value([one.subject, one.body, one.answer])]
    return rows.filter(pk__in=held).delete()[0]


def _audit(account_id: int, needles: Needles) -> int:
    """The log keeps who did what and when; the person's own words in it are masked."""
    found = 0
    for entry in AuditEntry.objects.filter(account_id=account_id).order_by("pk").iterator(chunk_size=CHUNK):
        if needles.in_value([entry.target, entry.before, entry.after]):
            found += 1
            AuditEntry.objects.filter(pk=entry.pk).update(
                target=needles.masked(entry.target),
                before=needles.masked(entry.before),
                after=needles.masked(entry.after),
            )
    return found


def _exports(account_id: int, needles: Needles, tickets: set[str]) -> int:
    """Files with a row of the person are deleted; those being made are begun anew."""
    rows = Export.objects.filter(account_id=account_id)
    rows.filter(state=Export.State.RUNNING).update(state=Export.State.QUEUED, beat_at=None)
    found = 0
    for export in rows.exclude(file="").order_by("pk"):
        if _holds(export.file, tickets):
            found += 1
            discard(export.file)
            rows.filter(pk=export.pk).update(file="", error=_("Deleted: somebody in it was erased."))
    for export in rows.exclude(error=""):
        if needles.in_text(export.error):
            rows.filter(pk=export.pk).update(error=MASK * 3)
    return found


def _holds(name: str, tickets: set[str]) -> bool:
    """Whether a zipped CSV has a cell with one of these tickets (a cell may begin with a guarding quote)."""
    try:
        with opened(name) as file, zipfile.ZipFile(file) as archive:
            for inner in archive.namelist():
                with archive.open(inner) as raw:
                    lines = csv.reader(io.TextIOWrapper(raw, "utf-8-sig", newline=""))
                    if any(cell.removeprefix("'") in tickets for row in lines for cell in row):
                        return True
    except FileNotFoundError:
        return False
    except (zipfile.BadZipFile, UnicodeDecodeError, csv.Error):
        return True  # nobody can tell, so it goes
    return False


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]


def _mask_file(path: Path, needles: Needles) -> int:
    """Write over each text in place: whoever appends to the file goes on, and nothing moves."""
    if not path.stat().st_size:
        return 0
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as view:
        spots = needles.spots(view)
        for start, end in spots:
            view[start:end] = MASK.encode() * (end - start)
        return 1 if spots else 0
