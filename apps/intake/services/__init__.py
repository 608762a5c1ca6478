"""Facts are stored here: hits and conversation events, with what follows from them, in one transaction."""

from apps.intake.services.events import take_events
from apps.intake.services.hits import HitsStored, prepare, store_hits, take_hits
from apps.intake.services.logs import LogImport, import_access_log
from apps.intake.services.people import KnownLink, take_links

__all__ = [
    "HitsStored",
    "KnownLink",
    "LogImport",
    "import_access_log",
    "prepare",
    "store_hits",
    "take_events",
    "take_hits",
    "take_links",
]
