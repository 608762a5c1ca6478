"""Facts are stored here: hits and conversation events, with what follows from them, in one transaction."""

from apps.intake.services.events import take_events
from apps.intake.services.hits import HitsStored, prepare, store_hits, take_hits

__all__ = ["HitsStored", "prepare", "store_hits", "take_events", "take_hits"]
