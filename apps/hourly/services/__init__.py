"""What is written here: the ledger of runs, their shares, and signs of life."""

from apps.hourly.services.chats import SITTING, hint_at_chats, look_at_chats
from apps.hourly.services.heart import beat
from apps.hourly.services.housekeeping import keep
from apps.hourly.services.ledger import open_hour, request_run
from apps.hourly.services.shares import run_now, work
from apps.hourly.services.sweeping import sweep, sweep_runs

__all__ = [
    "SITTING",
    "beat",
    "hint_at_chats",
    "keep",
    "look_at_chats",
    "open_hour",
    "request_run",
    "run_now",
    "sweep",
    "sweep_runs",
    "work",
]
