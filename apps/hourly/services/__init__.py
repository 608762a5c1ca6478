"""What is written here: the ledger of runs, their shares, and signs of life."""

from apps.hourly.services.heart import beat
from apps.hourly.services.housekeeping import keep
from apps.hourly.services.ledger import open_hour, request_run
from apps.hourly.services.shares import run_now, work
from apps.hourly.services.sweeping import sweep, sweep_runs

__all__ = ["beat", "keep", "open_hour", "request_run", "run_now", "sweep", "sweep_runs", "work"]
