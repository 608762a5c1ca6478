"""Facts are stored here: hits and conversation events, with what follows from them, in one transaction."""

from apps.intake.services.arriving import Arrivals
from apps.intake.services.clocks import forget_moved
from apps.intake.services.events import take_events
from apps.intake.services.hits import HitsStored, prepare, store_hits, take_hits
from apps.intake.services.logs import LogImport, import_access_log
from apps.intake.services.merging import merge_people, undo_merge
from apps.intake.services.people import (
    KnownLink,
    link_identity,
    redo_link,
    relink_identity,
    take_links,
    take_pairs,
    undo_link,
    unlink_identity,
)
from apps.intake.services.visitors import forget_salts

__all__ = [
    "Arrivals",
    "HitsStored",
    "KnownLink",
    "LogImport",
    "forget_moved",
    "forget_salts",
    "import_access_log",
    "link_identity",
    "merge_people",
    "prepare",
    "redo_link",
    "relink_identity",
    "store_hits",
    "take_events",
    "take_hits",
    "take_links",
    "take_pairs",
    "undo_link",
    "undo_merge",
    "unlink_identity",
]
