"""Country and city of an address, from the offline database that the operator brings. Addresses are not kept.

The file is `GEOIP_DATABASE`, in the MaxMind format; without one nothing is known of any address. A file that is
missing or broken costs no hit: the log says so once, and again when it has changed. A new file is taken up within a
batch; put it there by renaming, since the old one is mapped into memory.
"""

import logging
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import maxminddb
from django.conf import settings

log = logging.getLogger(__name__)

_LONGEST = 80  # characters of a city's name


class Place(NamedTuple):
    """Where an address is: ISO 3166-1 alpha-2, and the city's English name."""

    country: str | None = None
    city: str | None = None


NOWHERE = Place()
_Stamp = tuple[str, int, int, int]
_seen: _Stamp | None = None
_reader: Any = None


def refresh() -> None:
    """Look whether there is another database than before. Once a batch."""
    global _seen, _reader  # noqa: PLW0603 (the file that this process has open)
    found = _stamp(settings.GEOIP_DATABASE)
    if found == _seen:
        return
    _seen, _reader = found, None
    place.cache_clear()
    if found is None:
        return
    try:
        _reader = open_database(found[0])
    except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
        log.error("GEOIP_DATABASE %s: %s. Hits are stored without country and city.", found[0], error)  # noqa: TRY400 (one line)


def open_database(path: str) -> Any:
    """The database's reader. Raises OSError, ValueError or InvalidDatabaseError."""
    return maxminddb.open_database(path)


def _stamp(path: str | None) -> _Stamp | None:
    if not path:
        return None
    try:
        found = Path(path).stat()
    except (OSError, ValueError):
        return path, 0, 0, 0
    return path, found.st_ino, found.st_mtime_ns, found.st_size


@lru_cache(maxsize=100_000)
def place(address: str | None) -> Place:
    """Where the address is, as far as the database says."""
    if _reader is None or not address:
        return NOWHERE
    try:
        found = _reader.get(address)
    except (ValueError, maxminddb.InvalidDatabaseError):
        return NOWHERE  # no address, one of another family than the database's, or a broken record
    return _read(found) if isinstance(found, dict) else NOWHERE


def _read(found: dict[str, Any]) -> Place:
    country, city = found.get("country"), found.get("city")
    code = country.get("iso_code") if isinstance(country, dict) else country  # some vendors write it flat
    names = city.get("names") if isinstance(city, dict) else {"en": city}
    name = names.get("en") if isinstance(names, dict) else None
    return Place(
        code.upper() if isinstance(code, str) and len(code) == 2 and code.isalpha() else None,
        name[:_LONGEST] if isinstance(name, str) and name and "\x00" not in name else None,
    )
