"""One text file in a zip, written as it comes: memory stays flat whatever the size. Pure."""

import hashlib
import os
import zipfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

LEVEL = 6


class Made(NamedTuple):
    size: int  # bytes of the archive
    sha256: str


def write_zip(path: Path, member: str, at: datetime, chunks: Iterable[str]) -> Made:
    """Write the archive whole and to the disk; `at` is the member's local time."""
    info = zipfile.ZipInfo(member, date_time=at.timetuple()[:6])
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    with path.open("wb") as file:
        with (
            zipfile.ZipFile(file, "w", compresslevel=LEVEL) as archive,
            archive.open(info, "w", force_zip64=True) as out,
        ):
            for chunk in chunks:
                out.write(chunk.encode())
        file.flush()
        os.fsync(file.fileno())
    with path.open("rb") as file:  # read again: the zip's headers were mended after the fact
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Made(path.stat().st_size, digest)
